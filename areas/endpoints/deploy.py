"""The three requests that stand between a trained model and its predictions."""

import re
from types import ModuleType

from areas.index import modules
from catalog.models import Record
from jobs.models import Run

PATTERN = r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
CARRIED, RUN_TAG = "atelier:", "atelier:run"  # the Run that made a thing made only that
VARIANT = "AllTraffic"
PLURAL = {"Endpoint": "endpoint", "EndpointConfig": "endpointConfig"}


def models_area() -> ModuleType:
    """The models area's ``from_job``, by name: no area imports another."""
    return modules("from_job")[0]


def check_name(kind: str, name: str) -> str:
    """The service's sentence if ``name`` can't name an Endpoint or EndpointConfig, else nothing."""
    if re.fullmatch(PATTERN[1:], name):
        return ""
    return (
        f"Value '{name}' at '{PLURAL[kind]}Name' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {PATTERN}"
    )


def is_taken(connection, kind: str, name: str) -> bool:
    return (
        Record.objects.filter(connection=connection, kind=kind, name=name).exists()
        or Run.objects.filter(connection=connection, kind=kind, name=name, state__in=Run.OPEN).exists()
    )


def carried_tags(record: Record | None) -> list[dict]:
    """The Studio's own tags of a record, to go with what is made from it."""
    if record is None:
        return []
    return [
        {"Key": tag.key, "Value": tag.value}
        for tag in record.tags.all()
        if tag.key.startswith(CARRIED) and tag.key != RUN_TAG
    ]


def config_request(name: str, variants: list[dict], tags: list[dict]) -> dict:
    """CreateEndpointConfig for ``[{"model", "variant", "instance_type", "count", "weight"}]``."""
    request = {
        "EndpointConfigName": name,
        "ProductionVariants": [
            {
                "VariantName": one.get("variant") or VARIANT,
                "ModelName": one.get("model", ""),
                "InstanceType": one.get("instance_type") or "ml.m5.large",
                "InitialInstanceCount": int(one.get("count") or 1),
                "InitialVariantWeight": float(1 if one.get("weight") in (None, "") else one["weight"]),
            }
            for one in variants
        ],
    }
    return request | ({"Tags": tags} if tags else {})


def endpoint_request(name: str, config: str, tags: list[dict]) -> dict:
    return {"EndpointName": name, "EndpointConfigName": config} | ({"Tags": tags} if tags else {})


def plan_of(requests: list[tuple[str, dict]]) -> list[dict]:
    return [{"call": operation, "request": request} for operation, request in requests]
