"""What the control plane asks of the runner: the goal of an endpoint, written in one transaction with its record."""

import copy
from collections.abc import Callable, Iterable

from django.conf import settings
from django.db import transaction

from areas.spec import Resource
from catalog.models import Record
from engine import store
from engine.errors import AwsError
from engine.models import Work
from engine.runtime.wake import poke


def plan(config: dict, models: dict[str, dict]) -> dict:
    """All that the runner needs to start a fleet.

    ``config`` is an EndpointConfig's document, ``models`` are ContainerDefinitions by model name. Returns ``{"config":
    name, "variants": [{"name", "model", "container", "weight", "count", "patience" (seconds until /ping), "routing"}]}``.
    """
    return {
        "config": config["EndpointConfigName"],
        "variants": [
            {
                "name": variant["VariantName"],
                "model": variant["ModelName"],
                "container": models[variant["ModelName"]],
                "weight": variant["InitialVariantWeight"],
                "count": variant["InitialInstanceCount"],
                "patience": variant.get("ContainerStartupHealthCheckTimeoutInSeconds"),
                "routing": variant.get("RoutingConfig", {}).get("RoutingStrategy", ""),
            }
            for variant in config["ProductionVariants"]
        ],
    }


def size(plan: dict) -> int:
    return sum(variant["count"] for variant in plan["variants"])


def summaries(plan: dict, status: str = "", since: float = 0.0, current: dict[str, int] | None = None) -> list[dict]:
    """The ProductionVariants of a Describe for a fleet; ``current`` are the servers that are up by variant."""
    found = []
    for variant in plan["variants"]:
        uri = variant["container"]["Image"]
        summary = {
            "VariantName": variant["name"],
            "DeployedImages": [{"SpecifiedImage": uri, "ResolvedImage": uri}],
            "CurrentWeight": variant["weight"],
            "DesiredWeight": variant["weight"],
            "CurrentInstanceCount": (current or {}).get(variant["name"], 0),
            "DesiredInstanceCount": variant["count"],
        }
        if variant["routing"]:
            summary["RoutingConfig"] = {"RoutingStrategy": variant["routing"]}
        if status:
            summary["VariantStatus"] = [{"Status": status, "StartTime": since}]
        found.append(summary)
    return found


@transaction.atomic
def create(
    context, resource: Resource, name: str, document: dict, plan: dict, traffic: dict, *, tags: Iterable[dict] = ()
) -> Record:
    """Store a new endpoint as Creating, with what the runner is to do."""
    if store.find(context, resource, name):
        raise store.duplicate(resource, name, resource.arn(context.account, context.region, name))
    _check_capacity(size(plan))
    record = store.create(context, resource, name, document, status="Creating", tags=tags)
    goal = {"serial": 1, "kind": "deploy", "plan": plan, "traffic": traffic, "instances": size(plan)}
    Work.objects.create(record=record, kind="endpoint", phase="running", goal=goal)
    transaction.on_commit(wake)
    return record


@transaction.atomic
def give(record: Record, resource: Resource, edit: Callable[[dict], dict], now: float) -> None:
    """Change an endpoint's document and goal together. ``edit`` gets the document and returns the goal, or raises."""
    work = Work.objects.select_for_update().filter(record=record).first()
    if work is None:  # deleted since it was looked up
        raise store.missing(resource, record.name, record.arn)
    goal = {}

    def change(document: dict) -> None:
        goal.update(copy.deepcopy(edit(document)))

    store.change(record.id, change, resource, now=now)
    _check_capacity(goal["instances"] - work.goal.get("instances", 0))
    goal["serial"] = work.goal.get("serial", 0) + 1
    Work.objects.filter(id=work.id).update(goal=goal)
    transaction.on_commit(wake)


def _check_capacity(more: int) -> None:
    """The machine's limit of model servers, over all accounts. What a failed endpoint asked for doesn't count."""
    goals = Work.objects.filter(kind="endpoint").exclude(record__status="Failed").values_list("goal", flat=True)
    used = sum(goal.get("instances", 0) for goal in goals)
    limit = settings.ENGINE_INSTANCES
    if more > 0 and used + more > limit:
        raise AwsError(
            "ResourceLimitExceeded",
            "The account-level service limit 'Number of instances across active endpoints' is "
            f"{limit} Instances, with current utilization of {used} Instances and a request delta of {more} Instances. "
            "Delete an endpoint that is not needed, or set ENGINE_INSTANCES to allow more.",
        )


def wake() -> None:
    poke(settings.RUN_DIR)
