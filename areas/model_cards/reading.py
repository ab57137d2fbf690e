"""A card's content as what a person reads: sections of facts, tables and charts. Knows no Django: page and PDF share it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from areas.drawing import Chart, figure

# The sections in the order of the card: key → title, and the labels of its plain members.
SECTIONS = {
    "model_overview": ("Model overview", {
        "model_name": "Model name", "model_id": "Model", "model_version": "Model version",
        "model_description": "Description", "problem_type": "Problem type", "algorithm_type": "Algorithm",
        "model_creator": "Creator", "model_owner": "Owner", "model_artifact": "Artifacts",
        "inference_environment": "Inference images",
    }),
    "model_package_details": ("Model package", {
        "model_package_group_name": "Group", "model_package_version": "Version", "model_package_name": "Name",
        "model_package_arn": "ARN", "model_package_description": "Description", "model_package_status": "Status",
        "model_approval_status": "Approval", "approval_description": "Approval comment", "domain": "Domain",
        "task": "Task", "created_by": "Created by", "source_algorithms": "Source algorithms",
        "inference_specification": "Containers",
    }),
    "intended_uses": ("Intended uses", {
        "risk_rating": "Risk rating", "explanations_for_risk_rating": "Why this rating",
        "purpose_of_model": "Purpose", "intended_uses": "Intended uses",
        "factors_affecting_model_efficiency": "Factors that affect it",
    }),
    "business_details": ("Business details", {
        "business_problem": "Business problem", "business_stakeholders": "Stakeholders",
        "line_of_business": "Line of business",
    }),
    "training_details": ("Training details", {}),
    "evaluation_details": ("Evaluation", {}),
    "additional_information": ("Additional information", {
        "ethical_considerations": "Ethical considerations",
        "caveats_and_recommendations": "Caveats and recommendations",
    }),
}  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """Label and value, in rows. A value is text, or a list of texts; ``code`` labels hold names and addresses."""

    rows: list[tuple[str, str | list[str]]]
    code: frozenset[str] = frozenset()
    kind: str = "facts"


@dataclass(frozen=True)
class Heading:
    text: str
    level: int = 1  # 1 below the section's title, 2 below that
    kind: str = "heading"


@dataclass(frozen=True)
class Table:
    """``numeric`` columns stand at the right, ``code`` columns in a monospace font; both by position."""

    head: list[str]
    rows: list[list[str]]
    numeric: tuple[int, ...] = ()
    kind: str = "table"


@dataclass
class Section:
    key: str
    title: str
    blocks: list = field(default_factory=list)


def sections(content: dict) -> list[Section]:
    """The sections that say something, in the order of the card."""
    found = []
    for key, (title, labels) in SECTIONS.items():
        blocks = list(_BLOCKS.get(key, _plain)(content.get(key) or {}, labels))
        if blocks:
            found.append(Section(key, title, blocks))
    return found


_CODE = frozenset(
    {"Model", "Artifacts", "Inference images", "ARN", "Training job", "Data sets", "Images", "Job", "Containers",
     "Source algorithms"}
)  # fmt: skip


def _plain(section: dict, labels: dict[str, str]) -> Iterator:
    if rows := [(label, _value(name, section[name])) for name, label in labels.items() if _says(section.get(name))]:
        yield Facts(rows, _CODE)


def _value(name: str, value) -> str | list[str]:
    if name == "inference_environment":
        return list(value["container_image"])
    if name == "created_by":
        return value["user_profile_name"]
    if name == "source_algorithms":
        return [" ".join(filter(None, (one["algorithm_name"], one.get("model_data_url")))) for one in value]
    if name == "inference_specification":
        return [" ".join(filter(None, (one["image"], one.get("model_data_url")))) for one in value["containers"]]
    return list(value) if isinstance(value, list) else figure(value)


def _says(value) -> bool:
    """Whether there is anything in a member: an object of empty members says nothing."""
    if isinstance(value, dict):
        return any(_says(one) for one in value.values())
    return value is not None and value != "" and value != []


def _training(section: dict, _) -> Iterator:
    job, objective = section.get("training_job_details") or {}, section.get("objective_function") or {}
    function = objective.get("function") or {}
    goal = " ".join(filter(None, (function.get("function"), function.get("facet"), function.get("condition"))))
    rows = [
        ("Objective", goal), ("About the objective", objective.get("notes")),
        ("Observations", section.get("training_observations")), ("Training job", job.get("training_arn")),
        ("Data sets", list(job.get("training_datasets") or ())),
        ("Images", list((job.get("training_environment") or {}).get("container_image") or ())),
    ]  # fmt: skip
    if rows := [(label, value) for label, value in rows if value]:
        yield Facts(rows, _CODE)
    for title, name in (("Metrics", "training_metrics"), ("Metrics added by hand", "user_provided_training_metrics")):
        if metrics := job.get(name):
            yield Heading(title)
            yield _metrics(metrics)
    for title, name in (
        ("Hyperparameters", "hyper_parameters"),
        ("Hyperparameters added by hand", "user_provided_hyper_parameters"),
    ):
        if parameters := job.get(name):
            yield Heading(title)
            yield Table(["Name", "Value"], [[one["name"], one["value"]] for one in parameters])


def _evaluations(section: list, _) -> Iterator:
    for one in section:
        yield Heading(one["name"])
        rows = [("Observation", one.get("evaluation_observation")), ("Job", one.get("evaluation_job_arn")),
                ("Data sets", list(one.get("datasets") or ())), *(one.get("metadata") or {}).items()]  # fmt: skip
        if rows := [(label, value) for label, value in rows if value]:
            yield Facts(rows, _CODE)
        for group in one.get("metric_groups") or ():
            yield Heading(group["name"], 2)
            if simple := [metric for metric in group["metric_data"] if not isinstance(metric["value"], list)]:
                yield _metrics(simple)
            for metric in group["metric_data"]:
                if isinstance(metric["value"], list):
                    x, y, notes = metric.get("x_axis_name", ""), metric.get("y_axis_name", ""), metric.get("notes", "")
                    yield Chart(metric["name"], metric["type"], metric["value"], x, y, notes)


def _metrics(metrics: list[dict]) -> Table:
    noted = any(one.get("notes") for one in metrics)
    head = ["Metric", "Value", *(["Notes"] if noted else [])]
    rows = [[one["name"], figure(one["value"]), *([one.get("notes", "")] if noted else [])] for one in metrics]
    return Table(head, rows, numeric=(1,))


def _more(section: dict, labels: dict[str, str]) -> Iterator:
    yield from _plain(section, labels)
    if details := {name: value for name, value in (section.get("custom_details") or {}).items() if value}:
        yield Heading("Custom details")
        yield Facts(list(details.items()))


_BLOCKS = {"training_details": _training, "evaluation_details": _evaluations, "additional_information": _more}
