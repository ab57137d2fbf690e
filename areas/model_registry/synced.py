"""Model packages of an AWS account that somebody else changed are told of like our own."""

from areas.model_registry.events import emit
from areas.model_registry.resource import PACKAGE
from catalog.models import Record


def changed(record: Record, before: dict | None) -> None:
    if record.kind == PACKAGE.noun:
        emit(record, before)
