"""Warm start: what earlier tuning jobs have learnt.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-warm-start.html
"""

from areas.tuning.models import Trial
from catalog.models import Record

IDENTICAL = "IdenticalDataAndAlgorithm"


def names(document: dict) -> list[str]:
    """The names of the tuning jobs that this one goes on from."""
    given = document.get("WarmStartConfig", {}).get("ParentHyperParameterTuningJobs", ())
    return [one["HyperParameterTuningJobName"] for one in given]


def is_identical(document: dict) -> bool:
    return document.get("WarmStartConfig", {}).get("WarmStartType") == IDENTICAL


def parents(record: Record) -> list[Record]:
    """Those of them that are still there."""
    if not (wanted := names(record.document)):
        return []
    return list(Record.objects.filter(connection_id=record.connection_id, kind=record.kind, name__in=wanted))


def trials(record: Record) -> list[Trial]:
    """What they tried, in the order in which they tried it."""
    if not names(record.document):
        return []
    return list(Trial.objects.filter(tuning__in=parents(record)).defer("curve").order_by("created", "id"))
