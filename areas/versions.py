"""Versions of datasets as other areas need them, found by name: no area imports another, and forms go on without datasets."""

import re
from dataclasses import dataclass

from django.apps import apps

from areas.allowed import visible_here


@dataclass(frozen=True)
class Choice:
    value: str  # "penguins/v1", as in the tag atelier:dataset
    label: str
    title: str


def choices(connection) -> list[Choice]:
    """The usable versions of a connection's datasets, newest of each dataset first."""
    if not apps.is_installed("areas.datasets"):
        return []
    versions = apps.get_model("datasets", "DatasetVersion").objects.filter(
        dataset__connection=connection, state__in=("Ready",)
    )
    versions = visible_here(connection, versions, "Dataset", name="dataset__name")
    found = versions.order_by("dataset__name", "-number").values_list(
        "dataset__name", "number", "rows", "dataset__title"
    )
    return [
        Choice(f"{name}/v{number}", f"{name} v{number}, {rows:,} rows", title) for name, number, rows, title in found
    ]


def find_version(connection, value: str):
    """The version that ``penguins/v1`` names on this connection, or None."""
    named = re.fullmatch(r"(.+)/v(\d+)", value or "")
    if not named or not apps.is_installed("areas.datasets"):
        return None
    versions = apps.get_model("datasets", "DatasetVersion").objects.select_related("dataset", "dataset__connection")
    found = versions.filter(dataset__connection=connection, dataset__name=named[1], number=int(named[2]))
    return visible_here(connection, found, "Dataset", name="dataset__name").first()
