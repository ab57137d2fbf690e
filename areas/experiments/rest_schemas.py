"""What the routes of runs take and give."""

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema

Number = float | Literal["NaN", "Infinity", "-Infinity"]
MOST_POINTS = 1000  # of a request
MOST_COLUMNS = 50


class RunsQuery(Schema):
    q: str = Field("", max_length=5000, description="The query language of the table of runs.",
                   examples=["metrics.auc > 0.9 AND params.depth = 6"])  # fmt: skip
    sort: str = Field("-created", max_length=400, examples=["-metrics.auc.max"])
    columns: str = Field(
        "", max_length=20_000, examples=["metrics.auc.max,params.depth"],
        description=f"Values to add to each run, commas between, {MOST_COLUMNS} at most: fields, params.…, tags.…, metrics.… "
        "(.last, .min, .max, .best, .mean, .count). A name with a comma, in quotes.",
    )  # fmt: skip
    archived: bool = Field(False, description="Archived runs too.")
    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", max_length=5000)


class ExperimentRunLine(Schema):
    """A run as a table shows it; ``values`` are those of the columns that were asked for: null where it has none, or NaN."""

    name: str
    label: str
    status: str
    owner: str
    created: datetime
    values: dict[str, Any]


class ExperimentRunPage(Schema):
    items: list[ExperimentRunLine]
    next_cursor: str | None = None


class RunMetric(Schema):
    """A metric of a run in numbers; null is NaN, or that there is none."""

    name: str
    count: int
    last: Number | None
    last_step: int | None
    min: Number | None
    min_step: int | None
    max: Number | None
    max_step: int | None
    mean: Number | None
    higher_is_better: bool


class RunPointsQuery(Schema):
    keep: int = Field(0, ge=0, le=1_000_000, description="At most so many points, peaks among them; 0: all.")
    steps: str = Field("", max_length=100, examples=["100,200"], description="Only steps from … to, both included.")


class RunPointsOut(Schema):
    """Points of a metric, in the order of step and time: three lists of one length. A value of null is NaN."""

    name: str
    step: list[int | None]
    time: list[float] = Field(description="Epoch seconds.")
    value: list[Number | None]
    count: int = Field(description="How many there are in all.")
    thinned: bool


class RunPointIn(Schema):
    name: str = Field(max_length=255, min_length=1, pattern=".+")
    value: Number
    step: int | None = Field(None, ge=0, le=2**31 - 1)
    time: datetime | None = Field(None, description="Now, without it.")


class RunPointsIn(Schema):
    points: list[RunPointIn] = Field(min_length=1, max_length=MOST_POINTS)

    model_config = {"json_schema_extra": {"examples": [{"points": [{"name": "auc", "value": 0.91, "step": 3}]}]}}


class RunPointsAdded(Schema):
    added: int


class RunParametersPatch(Schema):
    """Parameters to set; null takes one away. Those that aren't named stay."""

    parameters: dict[str, float | str | None] = Field(max_length=300)

    model_config = {"json_schema_extra": {"examples": [{"parameters": {"depth": 6, "optimizer": "adam", "old": None}}]}}


class RunParametersOut(Schema):
    parameters: dict[str, Number | str]


class RunNote(Schema):
    note: str = Field(max_length=20_000, description="Markdown; empty takes it away.")

    model_config = {"json_schema_extra": {"examples": [{"note": "Best so far, see `depth`."}]}}


class RunChanged(Schema):
    changed: bool


class DeletedRun(Schema):
    """A run in the bin. ``gone`` is when it can't be brought back any more."""

    id: int
    name: str
    label: str
    deleted: datetime
    by: str
    gone: datetime


class DeletedRunPage(Schema):
    items: list[DeletedRun]
    next_cursor: str | None = None
