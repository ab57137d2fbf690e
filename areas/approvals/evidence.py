"""What a reviewer looks at: the version beside the champion, and where it comes from."""

from dataclasses import dataclass, field

from areas.permissions import of_arn
from catalog import model_cards
from catalog.models import Connection, Record
from registry import artifacts
from registry.approvals import ApprovalRequest
from registry.cards import card_of
from registry.checks.case import CannotMeasure, read_json
from registry.checks.metric import find_jobs, numbers_of
from registry.requests import find_champion

SHOWN = 60  # rows of a table: more are counted
LOWER_IS_BETTER = ("loss", "error", "rmse", "mse", "mae", "rmsle", "mape", "latency", "logloss", "merror")


@dataclass
class Side:
    """A version and what is known of it."""

    record: Record
    job: Record | None
    metrics: dict[str, float]
    problem: str = ""  # why its metrics can't be read

    @property
    def document(self) -> dict:
        return self.record.document

    @property
    def number(self) -> int:
        return self.document.get("ModelPackageVersion", 0)

    @property
    def parameters(self) -> dict[str, str]:
        return self.job.document.get("HyperParameters") or {} if self.job else {}

    @property
    def data(self) -> dict[str, str]:
        """Channel → S3 URI of the training job's data."""
        channels = self.job.document.get("InputDataConfig") or () if self.job else ()
        return {
            one["ChannelName"]: ((one.get("DataSource") or {}).get("S3DataSource") or {}).get("S3Uri", "")
            for one in channels
        }


@dataclass
class Row:
    """A line of the comparison; ``change`` is the difference of two numbers, ``verdict`` good, bad or ""."""

    label: str
    theirs: object
    mine: object
    change: str = ""
    verdict: str = ""

    @property
    def differs(self) -> bool:
        return self.theirs != self.mine


@dataclass
class Evidence:
    mine: Side
    theirs: Side | None  # the champion
    metrics: list[Row] = field(default_factory=list)
    parameters: list[Row] = field(default_factory=list)
    data: list[Row] = field(default_factory=list)
    bias: list[tuple[str, str]] = field(default_factory=list)  # (what, S3 URI)
    card_filled: int = 0
    card_wanted: int = 0
    card_missing: list[str] = field(default_factory=list)
    files: list[tuple[str, str]] = field(default_factory=list)  # (S3 URI, ETag when the votes began)
    images: list[str] = field(default_factory=list)
    source: str = ""  # what MetadataProperties.GeneratedBy names, if that isn't a training job


def gather(request: ApprovalRequest) -> Evidence | None:
    """The evidence about the request's version; None if it is gone."""
    record = Record.objects.filter(connection=request.connection, kind="ModelPackage", arn=request.arn).first()
    if record is None:
        return None
    champion = find_champion(request.connection, request.group, but=request.arn)
    mine = _side(request.connection, record)
    theirs = _side(request.connection, champion) if champion else None
    document = record.document
    found = Evidence(mine, theirs)
    found.metrics = _compare_numbers(theirs.metrics if theirs else {}, mine.metrics)
    found.parameters = _compare(theirs.parameters if theirs else {}, mine.parameters)
    found.data = _compare(theirs.data if theirs else {}, mine.data)
    bias = (document.get("ModelMetrics") or {}).get("Bias") or {}
    found.bias = [(what, one["S3Uri"]) for what, one in bias.items() if one.get("S3Uri")]
    _add_card(found, request, document)
    found.files = [(uri, request.artifacts.get(uri, "")) for uri in artifacts.container_uris(document)]
    containers = (document.get("InferenceSpecification") or {}).get("Containers", ())
    found.images = sorted({one["Image"] for one in containers if one.get("Image")})
    made_by = (document.get("MetadataProperties") or {}).get("GeneratedBy", "")
    found.source = "" if of_arn(made_by)[0] == "TrainingJob" else made_by
    return found


def _side(connection: Connection, record: Record) -> Side:
    jobs = find_jobs(connection, record.document)
    job = jobs[0] if jobs else None
    metrics, problem = {}, ""
    final = job.document.get("FinalMetricDataList") or () if job else ()
    metrics |= {one["MetricName"]: float(one["Value"]) for one in final}
    quality = ((record.document.get("ModelMetrics") or {}).get("ModelQuality") or {}).get("Statistics") or {}
    if quality.get("S3Uri"):
        try:
            metrics |= numbers_of(read_json(connection, quality["S3Uri"]))
        except CannotMeasure as error:
            problem = str(error)
    return Side(record, job, metrics, problem)


def _compare_numbers(theirs: dict[str, float], mine: dict[str, float]) -> list[Row]:
    rows = []
    for name in sorted({*theirs, *mine}):
        before, after = theirs.get(name), mine.get(name)
        row = Row(name, _number(before), _number(after))
        if before is not None and after is not None and before != after:
            row.change = f"{after - before:+.4g}".replace("-", "−")
            is_lower_better = any(word in name.lower() for word in LOWER_IS_BETTER)
            row.verdict = "good" if (after < before) == is_lower_better else "bad"
        rows.append(row)
    return rows[:SHOWN]


def _compare(theirs: dict, mine: dict) -> list[Row]:
    names = sorted({*theirs, *mine})
    rows = [Row(name, theirs.get(name, ""), mine.get(name, "")) for name in names]
    return sorted(rows, key=lambda row: not row.differs)[:SHOWN]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


def _add_card(found: Evidence, request: ApprovalRequest, document: dict) -> None:
    try:
        content = card_of(request.connection, request.arn, document)
    except ValueError:
        content = {}
    filled, missing = model_cards.completeness(content)
    found.card_filled, found.card_wanted = len(filled), len(filled) + len(missing)
    found.card_missing = [model_cards.WANTED[path] for path in missing]
