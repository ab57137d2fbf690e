"""Charges follow the records: written in the transaction of the change that ends a job or gives an endpoint instances."""

import logging

from django.db import InterfaceError, OperationalError, transaction

from areas.costs import metering
from engine.changes import Change, on_change

log = logging.getLogger(__name__)


@on_change(*metering.JOBS, "Endpoint", late=True)
def meter(change: Change) -> None:
    """A fault of ours costs nobody their job: it is logged."""
    record = change.record
    if record.kind != "Endpoint" and (change.is_removal or record.status not in metering.ENDED):
        return
    try:
        with transaction.atomic():
            metering.meter(record, is_gone=change.is_removal)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("%s could not be charged", record)
