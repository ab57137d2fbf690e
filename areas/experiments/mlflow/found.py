"""Experiments and runs by the ids that MLflow's clients use, in the bin or not, for whoever may."""

from django.db.models import Q

from areas.experiments.mlflow.asked import Asked
from areas.experiments.mlflow.errors import MlflowError, missing
from areas.experiments.resource import EXPERIMENT, TRIAL_COMPONENT
from catalog.bin import PREFIX
from catalog.models import Record, RunRow, Tag, TrialMember

DEFAULT_ID, DEFAULT_NAME = "0", "Default"


def is_deleted(record: Record) -> bool:
    return record.kind.startswith(PREFIX)


def may(asked: Asked, verb: str, record: Record) -> bool:
    """Whether the caller may do it to an experiment or a run, wherever it is."""
    return asked.access.may(verb, record.kind.removeprefix(PREFIX), record.name, lambda: tags_of(record))


def require(asked: Asked, verb: str, noun: str, name: str = "", tags: dict | None = None) -> None:
    """PERMISSION_DENIED unless the caller may. Without a name: on any of them."""
    if not asked.access.may(verb, noun, name, tags or {}):
        raise denied(asked, verb, noun, name)


def denied(asked: Asked, verb: str, noun: str, name: str = "") -> MlflowError:
    who = asked.caller.user or asked.caller.principal
    return MlflowError(
        "PERMISSION_DENIED",
        f"{who} may not {verb} {noun} {name}".rstrip()
        + f" on connection {asked.connection.name}: no role, or not with "
        "this token.",
    )


def tags_of(record: Record) -> dict[str, str]:
    return dict(Tag.objects.filter(record_id=record.id).values_list("key", "value"))


def experiment_of(asked: Asked, given: str, verb: str = "view") -> Record:
    """The experiment of an id, for somebody who may do ``verb`` to it; "0" is the one called Default, made when first asked for.

    RESOURCE_DOES_NOT_EXIST where there is none, or none that they may view.
    """
    if given == DEFAULT_ID:
        from areas.experiments.mlflow.experiments import default

        found = default(asked)
    else:
        rows = Record.objects.filter(connection_id=asked.connection.id, kind__in=_kinds(EXPERIMENT.noun))
        found = rows.filter(id=int(given)).first() if given.isdecimal() and len(given) < 19 else None
    if found is None or not may(asked, "view", found):
        raise missing(f"No Experiment with id={given} exists")
    if verb != "view" and not may(asked, verb, found):
        raise denied(asked, verb, EXPERIMENT.noun, found.name)
    return found


def run_of(asked: Asked, run_id: str, verb: str = "view", *, is_active: bool = False) -> Record:
    """The run of an id, for somebody who may do ``verb`` to it. ``is_active``: refuse it in the bin.

    RESOURCE_DOES_NOT_EXIST where there is none, or none that they may view; INVALID_PARAMETER_VALUE in the bin.
    """
    rows = Record.objects.filter(
        connection_id=asked.connection.id, kind__in=_kinds(TRIAL_COMPONENT.noun), name=run_id
    ).order_by("-kind")  # one that is not in the bin first
    found = rows.first()
    if found is None or not may(asked, "view", found):
        raise missing(f"Run with id={run_id} not found")
    if verb != "view" and not may(asked, verb, found):
        raise denied(asked, verb, TRIAL_COMPONENT.noun, found.name)
    if is_active and is_deleted(found):
        raise in_bin("run", run_id)
    return found


def in_bin(what: str, given: str) -> MlflowError:
    return MlflowError(
        "INVALID_PARAMETER_VALUE", f"The {what} {given} must be in the 'active' state. Current state is deleted."
    )


def experiment_ids(records: list[Record]) -> dict[int, int]:
    """Id of a run's Record → id of its experiment's, 0 where it has none; in the bin, the one that it was in."""
    found = dict(RunRow.objects.filter(record__in=[one.id for one in records]).values_list("record", "experiment"))
    lost = [one for one in records if not found.get(one.id)]
    if not lost:
        return found
    members = TrialMember.objects.filter(component__in=[one.id for one in lost]).order_by("-id")
    parents = dict(members.values_list("component", "trial__parent"))
    names = Q(name__in=set(parents.values())) & Q(connection_id=lost[0].connection_id)
    kinds = [EXPERIMENT.noun, PREFIX + EXPERIMENT.noun]
    numbers = dict(Record.objects.filter(names, kind__in=kinds).order_by("kind").values_list("name", "id"))
    for one in records:
        found[one.id] = found.get(one.id) or numbers.get(parents.get(one.id, ""), 0)
    return found


def _kinds(noun: str) -> tuple[str, str]:
    return noun, PREFIX + noun
