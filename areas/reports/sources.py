"""Whose eyes a report is seen with, and the runs that its blocks ask for."""

from dataclasses import dataclass
from functools import cache
from types import ModuleType

from django.db.models import QuerySet

from areas.index import modules
from areas.reports.errors import ReportError
from areas.reports.models import Report
from catalog.access import Access, access_of
from catalog.models import Connection

RUN = "TrialComponent"
GONE = "What this block shows is not there any more, or {who} may not see it."


@dataclass(frozen=True)
class Both:
    """What two people may both do: stands where an Access does."""

    one: Access
    other: Access

    @property
    def user(self) -> str:
        return self.one.user

    @property
    def is_everything(self) -> bool:
        return self.one.is_everything and self.other.is_everything

    def may(self, *args, **kwargs) -> bool:
        return self.one.may(*args, **kwargs) and self.other.may(*args, **kwargs)

    def visible(self, rows: QuerySet, *args, **kwargs) -> QuerySet:
        return self.other.visible(self.one.visible(rows, *args, **kwargs), *args, **kwargs)


@dataclass(frozen=True)
class Eyes:
    """Who looks: a signed-in person with their own rights, or a stranger, who sees what the report's owner and the author of
    a block may both see at this moment."""

    connection: Connection
    access: Access
    who: str  # in the sentence of a block that can't be shown: "you"
    is_stranger: bool = False

    def at(self, block: dict) -> Access | Both:
        """What may be seen in a block."""
        author = block.get("by", "")
        if not self.is_stranger or not author or author == self.access.user:
            return self.access
        return Both(self.access, access_of(author, self.connection.id))


def strangers_eyes(report: Report) -> Eyes:
    """Those of whoever has a link."""
    owner = report.owner
    access = access_of(owner.get_username(), report.connection_id) if owner else Access("")
    return Eyes(report.connection, access, "the report's owner", is_stranger=True)


@cache
def run_data() -> ModuleType:
    """The area that keeps runs: how they are chosen and read for charts."""
    return modules("run_data")[0]


def params_of(block: dict) -> dict[str, str]:
    """A block's runs, as the addresses of comparisons and charts name them."""
    params = {"most": str(block["most"])}
    if block["runs"]:
        params["runs"] = ",".join(block["runs"][: block["most"]])
    else:
        params |= {"experiment": block["experiment"], "q": block["query"], "sort": block.get("sort", "")}
    return {key: value for key, value in params.items() if value}


def chosen_runs(block: dict, eyes: Eyes):
    """The runs of a block, as ``chosen.Chosen``. Raises ReportError with what to show in its place."""
    data, access = run_data(), eyes.at(block)
    if not access.may("view", RUN):
        raise ReportError(GONE.format(who=eyes.who))
    if not (block["runs"] or block["experiment"] or block["query"]):
        raise ReportError("This block names no runs yet: choose an experiment, or write names of runs.")
    try:
        chosen = data.choose(eyes.connection, access, params_of(block))
    except data.Refused as refused:
        raise ReportError(GONE.format(who=eyes.who) if eyes.is_stranger else str(refused)) from refused
    if not chosen.runs and block["runs"]:
        raise ReportError(GONE.format(who=eyes.who))
    return chosen
