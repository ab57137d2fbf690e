"""Which runs a comparison, a chart or a report is of: named ones, or what a query finds in an experiment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from areas.words import whole
from catalog.access import Access, access_here
from catalog.models import Connection, Record
from catalog.runs import RunRow

RUN = "TrialComponent"
MOST = 100  # runs, where the address says no other number
LIMIT = 500


class Refused(ValueError):
    """What the address asks for can't be read; the text is for people."""


@dataclass
class Chosen:
    """Runs in the order in which they were asked for, and what of them isn't there."""

    runs: list[Record]
    missing: list[str] = field(default_factory=list)  # deleted meanwhile, or nobody may view them here
    found: int = 0  # how many the query finds, of which ``runs`` are the first
    experiment: Record | None = None

    @property
    def names(self) -> list[str]:
        return [run.name for run in self.runs]


def choose(connection: Connection, access: Access, params: Mapping[str, str]) -> Chosen:
    """``runs=a,b,c``, or ``experiment=<name>&q=<query>&sort=&most=100`` with ``also=`` runs and ``without=`` some;
    ``baseline=<run>`` comes first. Raises Refused with what is wrong.

    A few statements, whatever the number of runs. Runs that ``access`` may not view are as good as not there.
    """
    experiment = None
    if name := params.get("experiment", "").strip():
        experiments = Record.objects.filter(connection=connection, kind="Experiment", name=name)
        experiment = access.visible(experiments, "Experiment").first()
        if experiment is None:
            raise Refused(f"There is no experiment {name} on {connection.name}.")
    most = max(whole(params.get("most"), MOST, LIMIT), 1)
    asked = names_in(params.get("runs", ""))
    if not asked and experiment is None and not params.get("q"):
        return Chosen([])
    if asked:
        chosen = Chosen([], found=len(asked), experiment=experiment)
    else:
        chosen = _search(connection, access, experiment, params, most)
    named = [*asked, *names_in(params.get("also", ""))]
    if len(named) + len(chosen.runs) > LIMIT:
        raise Refused(f"{len(named) + len(chosen.runs)} runs are asked for; at most {LIMIT} can be compared at once.")
    if named:
        by_name = {run.name: run for run in _runs(connection, access).filter(name__in=named)}
        there = {*chosen.names}
        chosen.runs += [by_name[name] for name in named if name in by_name and name not in there]
        chosen.missing = [name for name in named if name not in by_name]
    without, baseline = names_in(params.get("without", "")), params.get("baseline", "")
    chosen.runs = [run for run in chosen.runs if run.name not in without]
    chosen.runs.sort(key=lambda run: run.name != baseline)
    return chosen


def names_in(text: str) -> list[str]:
    """Names with commas between, each once."""
    return list(dict.fromkeys(name for name in text.split(",") if name))


def _search(connection, access, experiment, params, most) -> Chosen:
    from catalog.query_language import QueryError
    from catalog.run_search import RunSearch

    try:
        found = RunSearch(
            connection, params.get("q", ""), experiment=experiment.id if experiment else None, access=access,
            sort=params.get("sort") or "-created", archived=params.get("archived") == "1",
        )  # fmt: skip
        numbers = found.ids(most)
    except QueryError as error:
        raise Refused(f"The query can't be read: {error}") from error
    by_id = _runs(connection, access).in_bulk(numbers)
    runs = [by_id[number] for number in numbers if number in by_id]
    return Chosen(runs, [], found.count if len(numbers) == most else len(runs), experiment)


def _runs(connection: Connection, access: Access) -> QuerySet[Record]:
    return access.visible(Record.objects.filter(connection=connection, kind=RUN), RUN)


def label_of(run: Record) -> str:
    """What people call a run: its display name."""
    return run.document.get("DisplayName") or run.name


def status_of(run: Record) -> str:
    return run.status or (run.document.get("Status") or {}).get("PrimaryStatus", "")


def has_ended(run: Record) -> bool:
    """Whether nothing more is to come. A run that never said how it stands may still go on."""
    return status_of(run) in ("Completed", "Failed", "Stopped")


def jobs_of(runs: Sequence[Record]) -> dict[int, Record]:
    """Run → the Record of the job that it stands for, where whoever acts may view that; two statements."""
    if not runs:
        return {}
    sources = dict(RunRow.objects.filter(record__in=runs, source__isnull=False).values_list("record", "source"))
    jobs = (
        access_here(runs[0].connection_id).visible_kinds(Record.objects.filter(id__in=set(sources.values()))).in_bulk()
    )
    return {run: jobs[source] for run, source in sources.items() if source in jobs}
