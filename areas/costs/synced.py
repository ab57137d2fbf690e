"""Charges of jobs and endpoints on AWS accounts, as a sync hears of their changes."""

from areas.costs import metering
from catalog.models import Record


def changed(record: Record, before: dict | None) -> None:
    metering.meter(record)
