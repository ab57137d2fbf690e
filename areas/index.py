"""The areas, by name. Adding an area adds its word here, and nothing anywhere else."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from areas.spec import Resource

AREAS = (
    "datasets", "training", "tuning", "debugger", "processing", "algorithms", "gallery", "models", "endpoints", "transform",
    "model_registry", "model_cards", "lineage", "experiments", "reports", "approvals", "webhooks", "audit",
    "notifications", "costs",
)  # fmt: skip


def modules(part: str) -> list[ModuleType]:
    """The modules ``areas.<area>.<part>`` of the areas that have one, in the order of AREAS."""
    names = [f"areas.{area}.{part}" for area in AREAS]
    return [import_module(name) for name in names if find_spec(name)]


@cache
def resources() -> dict[str, Resource]:
    """Every declared Resource by its noun."""
    found = {}
    for module in modules("resource"):
        for value in vars(module).values():
            if isinstance(value, Resource):
                found[value.noun] = value
    return found


@cache
def area_of(noun: str) -> str:
    """The area that declares a Resource: ``area_of("TrainingJob") == "training"``."""
    declaring = (m for m in modules("resource") if resources()[noun] in vars(m).values())
    return next(declaring).__name__.split(".")[1]


def resource_for_slug(slug: str) -> Resource | None:
    return next((resource for resource in resources().values() if resource.slug == slug), None)
