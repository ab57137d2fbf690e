"""How an area declares itself. Standard library only: every room and every job process may import it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property


def _words(noun: str) -> list[str]:
    return re.findall(r"[A-Z][a-z0-9]*|[A-Z]+(?![a-z])", noun)


@dataclass(frozen=True)
class Column:
    """A column of the list page. ``path`` is a dotted path into the Describe document, or a Record's own field."""

    path: str
    label: str
    kind: str = "text"  # text, code, number, bytes, time, duration, status, link:<Noun>, metric
    priority: int = 1  # 3 leaves first on a narrow screen


@dataclass(frozen=True)
class Panel:
    """A card of the detail page: a template, or a list of (label, path, kind) rows."""

    title: str
    rows: tuple[tuple[str, str, str], ...] = ()
    template: str = ""
    aside: bool = True


@dataclass(frozen=True)
class Field:
    """A field of the create form. ``path`` is where the value goes in the Create request."""

    path: str
    label: str
    kind: str = "text"  # text, number, select, textarea, json, tags, s3, role, image, map
    help: str = ""
    required: bool = False
    default: object = ""
    choices: tuple[tuple[str, str], ...] = ()
    advanced: bool = False


@dataclass(frozen=True)
class Action:
    """A button on the list and the detail page. ``when`` are the statuses it works in (empty: all)."""

    verb: str  # "Stop"
    operation: str  # "StopTrainingJob"
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    danger: bool = False
    warning: str = ""  # what is lost, and what depends on it


@dataclass(frozen=True)
class Place:
    """A page that an area adds to the sidebar beside its Resources: listed in PLACES of ``areas/<area>/shell.py``."""

    section: str  # "Data"
    label: str  # "Datasets"
    url: str  # name of the address, without arguments: "datasets"
    icon: str = ""
    count: Callable[[object], int] | None = None  # (connection) -> how many there are; one cheap query


@dataclass(frozen=True)
class Hit:
    """Something that the search found: what ``find(connection, text, limit)`` of ``areas/<area>/shell.py`` returns."""

    kind: str  # "Datasets": hits of a kind stand together
    label: str
    url: str
    note: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Resource:
    """One noun of SageMaker's: all that the generic verbs, pages and REST routes need to know of it."""

    noun: str  # "TrainingJob"
    section: str  # the sidebar's group: "Train"
    icon: str = ""
    label: str = ""  # the sidebar's word, if it isn't the title
    words: str = ""  # what people call one, if not by the noun's own words: "tuning job"
    purpose: str = ""  # one sentence for the empty page
    name_field: str = ""
    arn_field: str = ""
    arn_path: str = ""
    status_field: str = ""  # "" where the noun has no status
    created_field: str = "CreationTime"
    modified_field: str = "LastModifiedTime"
    terminal: tuple[str, ...] = ()
    failed: tuple[str, ...] = ("Failed",)
    missing: tuple[str, str] = ("ValidationException", "Requested resource not found.")
    duplicate: tuple[str, str] = ("ResourceInUse", "{noun} {name} already exists.")
    sort: tuple[str, str] = ("CreationTime", "Ascending")  # of its List operation, when the client names none
    page_size: int = 10
    search: str = ""  # the resource's word in Search, if it can be searched for
    parent_field: str = ""  # the member that names the thing it is numbered in: its record is called as its ARN ends
    listing: dict = field(default_factory=dict)  # what its List operation must be asked to list all there are
    watched: bool = False  # on AWS, the catalog follows it though no Run waits for it
    # Where a List filter (less its Equals or Contains) or summary member is in the document, if not under its own name.
    paths: dict[str, str] = field(default_factory=dict)
    columns: tuple[Column, ...] = ()
    panels: tuple[Panel, ...] = ()
    fields: tuple[Field, ...] = ()
    actions: tuple[Action, ...] = ()
    metrics: bool = False
    logs: str = ""  # the log group, with {name}: "/aws/sagemaker/TrainingJobs"
    extra: dict = field(default_factory=dict)

    def __post_init__(self):
        dashed = "-".join(_words(self.noun)).lower()
        for attribute, value in (
            ("name_field", f"{self.noun}Name"),
            ("arn_field", f"{self.noun}Arn"),
            ("arn_path", dashed),
        ):
            if not getattr(self, attribute):
                object.__setattr__(self, attribute, value)

    @cached_property
    def plural(self) -> str:
        """AWS's plural, as in ``ListTrainingJobs``."""
        return f"{self.noun[:-1]}ies" if self.noun.endswith("y") else f"{self.noun}s"

    @cached_property
    def slug(self) -> str:
        """``TrainingJob`` → ``training-jobs``: the word in page and REST addresses."""
        return "-".join(_words(self.plural)).lower()

    @cached_property
    def singular(self) -> str:
        """``training job``"""
        return self.words or " ".join(_words(self.noun)).lower()

    @cached_property
    def title(self) -> str:
        """``Training jobs``"""
        return f"{self.words}s".capitalize() if self.words else self.slug.replace("-", " ").capitalize()

    @cached_property
    def codename(self) -> str:
        """``training_job``, as in the permission ``view_training_job``."""
        return "_".join(_words(self.noun)).lower()

    @cached_property
    def query_words(self) -> dict[str, str]:
        """What the headings of its columns mean in a query (``duration > 60``), in lower case."""
        headings = {column.label.lower(): column.path for column in self.columns}
        return {**headings, "started": "created", "dataset": "tags.atelier:dataset"}

    def name_of(self, arn: str) -> str:
        """What its record is called: ``churn/3`` of ``arn:…:model-package/churn/3``."""
        return arn.partition(f":{self.arn_path}/")[2]

    def arn(self, account: str, region: str, name: str) -> str:
        return f"arn:aws:sagemaker:{region}:{account}:{self.arn_path}/{name}"
