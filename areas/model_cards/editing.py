"""A card's content as a form: what each section's fields are, what is typed in them, and the content that it means.

What is typed is kept raw, so that nothing is lost while it is wrong: ``{"fields": {path: text}, "evaluations": [{"name", …,
"groups": [{"name", "metrics", "charts": [{"name", "type", …}]}]}]}``. Knows no Django.
"""

import copy
import re
from dataclasses import dataclass

from areas.model_cards import lines
from areas.model_cards.lines import Unreadable
from catalog.model_card_schema import METRIC_TYPES, RISK_RATINGS

MOST = 60  # evaluations, groups of one, charts of a group that a form can hold


@dataclass(frozen=True)
class Field:
    """``path`` is where in the content it stands, with dots, and its name in the form."""

    path: str
    label: str
    kind: str = "line"  # line, text, number, choice, list, map, parameters, metrics
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()  # (value, what it is called)
    required: bool = False

    @property
    def is_long(self) -> bool:
        return self.kind in ("text", "list", "map", "parameters", "metrics")


_JOB = "training_details.training_job_details"
_GOAL = "training_details.objective_function"

SECTIONS: tuple[tuple[str, str, tuple[Field, ...]], ...] = (
    ("model_overview", "Model overview", (
        Field("model_overview.model_name", "Model name"),
        Field("model_overview.model_id", "Model", hint="ARN or name of the model"),
        Field("model_overview.model_version", "Model version", "number"),
        Field("model_overview.problem_type", "Problem type", hint="Binary classification, regression …"),
        Field("model_overview.algorithm_type", "Algorithm"),
        Field("model_overview.model_creator", "Creator", hint="who made it"),
        Field("model_overview.model_owner", "Owner", hint="who looks after it"),
        Field("model_overview.model_description", "Description", "text"),
        Field("model_overview.model_artifact", "Artifacts", "list", "one S3 address a line"),
        Field("model_overview.inference_environment.container_image", "Inference images", "list", "one image a line"),
    )),
    ("intended_uses", "Intended uses", (
        Field("intended_uses.risk_rating", "Risk rating", "choice", choices=tuple((one, one) for one in RISK_RATINGS)),
        Field("intended_uses.explanations_for_risk_rating", "Why this rating", "text"),
        Field("intended_uses.purpose_of_model", "Purpose", "text", "why it was made"),
        Field("intended_uses.intended_uses", "Intended uses", "text", "where to use it, and where not"),
        Field("intended_uses.factors_affecting_model_efficiency", "Factors that affect it", "text"),
    )),
    ("business_details", "Business details", (
        Field("business_details.business_problem", "Business problem", "text"),
        Field("business_details.business_stakeholders", "Stakeholders", "text"),
        Field("business_details.line_of_business", "Line of business"),
    )),
    ("training_details", "Training details", (
        Field(f"{_GOAL}.function.function", "Objective", "choice", choices=(("Maximize", "Maximize"), ("Minimize", "Minimize"))),
        Field(f"{_GOAL}.function.facet", "Of what", hint="AUC, loss, RMSE …"),
        Field(f"{_GOAL}.function.condition", "Under which condition"),
        Field(f"{_GOAL}.notes", "About the objective", "text"),
        Field("training_details.training_observations", "Observations", "text"),
        Field(f"{_JOB}.training_arn", "Training job", hint="its ARN"),
        Field(f"{_JOB}.training_datasets", "Data sets", "list", "one S3 address a line"),
        Field(f"{_JOB}.training_environment.container_image", "Training images", "list", "one image a line"),
        Field(f"{_JOB}.training_metrics", "Metrics", "metrics", "name = number # note, one a line"),
        Field(f"{_JOB}.user_provided_training_metrics", "Metrics added by hand", "metrics", "name = number # note"),
        Field(f"{_JOB}.hyper_parameters", "Hyperparameters", "parameters", "name = value, one a line"),
        Field(f"{_JOB}.user_provided_hyper_parameters", "Hyperparameters added by hand", "parameters", "name = value"),
    )),
    ("additional_information", "Additional information", (
        Field("additional_information.ethical_considerations", "Ethical considerations", "text"),
        Field("additional_information.caveats_and_recommendations", "Caveats and recommendations", "text"),
        Field("additional_information.custom_details", "Custom details", "map", "name = value, one a line"),
    )),
)  # fmt: skip

# The fields of an evaluation, of a group in it, and of a metric of a group that needs more than a line. Their names in the
# form begin with where they are: ``e0-name``, ``e0-g1-metrics``, ``e0-g1-c2-values``.
EVALUATION = (
    Field("name", "Name", required=True),
    Field("job", "Evaluation job", hint="its ARN"),
    Field("observation", "Observation", "text"),
    Field("datasets", "Data sets", "list", "one S3 address a line"),
    Field("metadata", "Facts", "map", "name = value, one a line"),
)
GROUP = (
    Field("name", "Name", required=True),
    Field("metrics", "Metrics", "metrics", "name = value # note, one a line: a number, true or false, or a few words"),
)
CHART = (
    Field("name", "Name", required=True),
    Field("type", "Drawn as", "choice", required=True, choices=(
        ("bar_chart", "Bars"), ("linear_graph", "Line"), ("matrix", "Matrix"), ("number", "Number"), ("string", "Words"),
        ("boolean", "Yes or no"),
    )),
    Field("values", "Values", "list", "bars: a number a line; line: x, y a line; matrix: a row a line with commas"),
    Field("x", "Across", "list", "name of the axis; of bars and columns one name a line"),
    Field("y", "Up", "list", "name of the axis; of a matrix's rows one name a line"),
    Field("notes", "Notes"),
)  # fmt: skip

FIELDS = {field.path: field for _, _, fields in SECTIONS for field in fields}

_WRITE = {
    "list": lines.write_list, "map": lines.write_map, "parameters": lines.write_parameters, "metrics": lines.write_metrics,
    "number": lambda value: f"{value}",
}  # fmt: skip
_READ = {
    "list": lines.read_list, "map": lines.read_map, "parameters": lines.read_parameters, "metrics": lines.read_metrics,
}  # fmt: skip


def typed_of(content: dict) -> dict:
    """What the form shows of a content. A field whose value its lines can't say is left out, and stays as it is."""
    fields = {}
    for path, field in FIELDS.items():
        value = _at(content, path)
        text = "" if value is None else _WRITE.get(field.kind, str)(value)
        if text is not None:
            fields[path] = text
    return {"fields": fields, "evaluations": [_typed_evaluation(one) for one in content.get("evaluation_details", ())]}


def typed_in(data) -> dict:
    """What was typed, from the fields of a posted form (a mapping of name to text)."""

    def text(name: str) -> str:
        return data.get(name, "").replace("\r\n", "\n")

    def found(prefix: str, parts: dict) -> list[dict]:
        """The numbered things whose names begin so: ``e0``, ``e1`` …; ``parts`` names their fields and what is inside."""
        things = []
        while len(things) < MOST and f"{prefix}{len(things)}-name" in data:
            here = f"{prefix}{len(things)}-"
            thing = {}
            for name, inner in parts.items():
                thing[name] = found(f"{here}{inner[0]}", inner[1]) if inner else text(f"{here}{name}")
            things.append(thing)
        return things

    charts = dict.fromkeys(("name", "type", "x", "y", "values", "notes"))
    groups = {"name": None, "metrics": None, "charts": ("c", charts)}
    evaluations = {
        "name": None,
        "observation": None,
        "job": None,
        "datasets": None,
        "metadata": None,
        "groups": ("g", groups),
    }
    return {
        "fields": {path: text(path) for path in FIELDS if path in data},
        "evaluations": found("e", evaluations),
    }  # fmt: skip


def act(typed: dict, action: str) -> None:
    """Add or remove an evaluation, group or chart: ``add-e``, ``add-e0-g``, ``remove-e0-g1-c2``."""
    match = re.fullmatch(r"(add|remove)-e(\d+)?(?:-g(\d+)?)?(?:-c(\d+)?)?", action)
    if not match:
        return
    verb, *numbers = match[1], *(int(part) if part else None for part in match.groups()[1:])
    things, depth = typed["evaluations"], action.count("-")
    empty = ({"groups": []}, {"charts": []}, {"type": "bar_chart"})[depth - 1]
    for number, inside in zip(numbers[: depth - 1], ("groups", "charts"), strict=False):
        if number is None or number >= len(things):
            return
        things = things[number].setdefault(inside, [])
    last = numbers[depth - 1]
    if verb == "add" and len(things) < MOST:
        things.append(empty)
    elif verb == "remove" and last is not None and last < len(things):
        del things[last]


def shown(typed: dict, errors: dict[str, str]) -> dict:
    """The form as a template draws it: {"sections": [{"key", "title", "fields"}], "evaluations": [{"key", "fields",
    "groups": [{"key", "fields", "charts": [{"key", "fields"}]}]}]}."""
    sections = [
        {"key": key, "title": title, "fields": [_shown(field, field.path, typed["fields"], errors) for field in fields]}
        for key, title, fields in SECTIONS
    ]
    return {"sections": sections, "evaluations": _shown_things(typed["evaluations"], "e", errors)}


_INSIDE = {"e": (EVALUATION, "groups", "g"), "g": (GROUP, "charts", "c"), "c": (CHART, "", "")}


def _shown_things(things: list[dict], prefix: str, errors: dict[str, str]) -> list[dict]:
    fields, inside, letter = _INSIDE[prefix[-1]]
    found = []
    for number, thing in enumerate(things):
        key = f"{prefix}{number}"
        names = {f"{key}-{field.path}": thing.get(field.path, "") for field in fields}
        one = {"key": key, "fields": [_shown(field, f"{key}-{field.path}", names, errors) for field in fields]}
        if inside:
            one[inside] = _shown_things(thing.get(inside, []), f"{key}-{letter}", errors)
        found.append(one)
    return found


def _shown(field: Field, name: str, typed: dict[str, str], errors: dict[str, str]) -> dict:
    text = typed.get(name, "")
    rows = min(12, max(2, text.count("\n") + 1, len(text) // 90 + 1))
    return {
        "field": field, "name": name, "text": text, "is_kept": name not in typed, "error": errors.get(name, ""),
        "rows": rows,
    }  # fmt: skip


def content_of(typed: dict, base: dict) -> tuple[dict, dict[str, str]]:
    """(The content that is meant, an error sentence by field name). What the form doesn't show stays as in ``base``."""
    content, errors = copy.deepcopy(base), {}
    for path, text in typed["fields"].items():
        field = FIELDS[path]
        try:
            _put(content, path, _read(field, text))
        except Unreadable as error:
            errors[path] = str(error)
    evaluations = [
        _evaluation(one, f"e{number}-", errors) for number, one in enumerate(typed["evaluations"])
    ]  # fmt: skip
    if evaluations or "evaluation_details" in content:
        content["evaluation_details"] = evaluations
    return content, errors


def _read(field: Field, text: str):
    if not text.strip():
        return None
    if field.kind == "number":
        number = lines.read_number(text)
        if number is None:
            raise Unreadable(f"{text.strip()[:60]} is not a number.")
        return number
    if field.kind in _READ:
        return _READ[field.kind](text) or None
    return text.strip()


def _at(content: dict, path: str):
    for name in path.split("."):
        content = content.get(name) if isinstance(content, dict) else None
    return content


def _put(content: dict, path: str, value) -> None:
    """Set a member, or take it out (None) with the objects that are empty then."""
    *above, last = path.split(".")
    places = [content]
    for name in above:
        if value is None and name not in places[-1]:
            return
        places.append(places[-1].setdefault(name, {}))
    if value is not None:
        places[-1][last] = value
        return
    if last in places[-1]:
        del places[-1][last]
        for place, name in zip(places[-2::-1], above[::-1], strict=True):
            if not place[name]:
                del place[name]


def _typed_evaluation(one: dict) -> dict:
    groups = []
    for group in one.get("metric_groups", ()):
        simple, others = lines.split_metrics(group["metric_data"])
        groups.append({"name": group["name"], "metrics": simple, "charts": [_typed_chart(chart) for chart in others]})
    return {
        "name": one["name"], "observation": one.get("evaluation_observation", ""),
        "job": one.get("evaluation_job_arn", ""), "datasets": "\n".join(one.get("datasets", ())),
        "metadata": lines.write_map(one.get("metadata", {})) or "", "groups": groups,
    }  # fmt: skip


def _typed_chart(one: dict) -> dict:
    def names(value) -> str:
        return "\n".join(value) if isinstance(value, list) else value

    values = one["value"]
    if isinstance(values, list):
        text = lines.write_rows(values)
    else:
        text = values if isinstance(values, str) else str(values).lower()
    return {
        "name": one["name"], "type": one["type"], "notes": one.get("notes", ""), "values": text,
        "x": names(one.get("x_axis_name", "")), "y": names(one.get("y_axis_name", "")),
    }  # fmt: skip


def _evaluation(typed: dict, here: str, errors: dict) -> dict:
    def read(name: str, reader):
        try:
            return reader(typed.get(name, ""))
        except Unreadable as error:
            errors[here + name] = str(error)
            return None

    found = {
        "name": typed.get("name", "").strip(), "evaluation_observation": typed.get("observation", "").strip(),
        "evaluation_job_arn": typed.get("job", "").strip(), "datasets": read("datasets", lines.read_list),
        "metadata": read("metadata", lines.read_map),
        "metric_groups": [
            _group(group, f"{here}g{number}-", errors) for number, group in enumerate(typed.get("groups", ()))
        ],
    }  # fmt: skip
    return {name: value for name, value in found.items() if value or name == "name"}


def _group(typed: dict, here: str, errors: dict) -> dict:
    metrics = []
    try:
        metrics = lines.read_simple(typed.get("metrics", ""))
    except Unreadable as error:
        errors[f"{here}metrics"] = str(error)
    for number, chart in enumerate(typed.get("charts", ())):
        try:
            metrics.append(_chart(chart))
        except Unreadable as error:
            errors[f"{here}c{number}-values"] = str(error)
    return {"name": typed.get("name", "").strip(), "metric_data": metrics}


def _chart(typed: dict) -> dict:
    kind, text = typed.get("type", ""), typed.get("values", "")
    if kind not in METRIC_TYPES:
        raise Unreadable(f"A metric's type is one of {', '.join(METRIC_TYPES)}.")
    if kind in ("linear_graph", "matrix"):
        value = lines.read_rows(text)
    elif kind == "bar_chart":
        value = [number for row in lines.read_rows(text) for number in row]
    elif kind == "boolean":
        value = text.strip().lower() in ("true", "yes")
    elif kind == "number":
        number = lines.read_number(text)
        value = text.strip() if number is None else number
    else:
        value = text
    found = {
        "name": typed.get("name", "").strip(), "type": kind, "value": value, "notes": typed.get("notes", "").strip(),
        "x_axis_name": _axis(typed.get("x", ""), kind in ("bar_chart", "matrix")),
        "y_axis_name": _axis(typed.get("y", ""), kind == "matrix"),
    }  # fmt: skip
    return {name: value for name, value in found.items() if name in ("name", "type", "value") or value}


def _axis(text: str, is_list: bool) -> str | list[str]:
    return lines.read_list(text) if is_list else text.strip()
