"""Model cards as everybody reads them: is the content valid, what is it still missing. Knows no Django and no wire."""

import json
import math
import re
from functools import cache

from catalog.model_card_schema import PACKAGE_SCHEMA, SCHEMA

# What a complete card says, in the order of the card: dotted path → what it is called.
WANTED = {
    "model_overview.model_creator": "Creator",
    "intended_uses.purpose_of_model": "Purpose of the model",
    "intended_uses.intended_uses": "Intended uses",
    "intended_uses.risk_rating": "Risk rating",
    "intended_uses.explanations_for_risk_rating": "Why this risk rating",
    "business_details.business_problem": "Business problem",
    "training_details.training_job_details": "Training job",
    "evaluation_details": "Evaluation with a metric",
    "additional_information.ethical_considerations": "Ethical considerations",
    "additional_information.caveats_and_recommendations": "Caveats and recommendations",
}
CLIP = 80  # characters of a refused value that an error shows

_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_TYPES = {"string": "text", "number": "a number", "array": "a list", "object": "an object", "boolean": "true or false"}


def read_content(text: str, *, of_package: bool = False) -> dict:
    """The content of a card as a document. ValueError ``"path: what is wrong and what would be right"``.

    With ``of_package`` it is the card of a model package (ModelCard.ModelCardContent), whose schema is smaller.
    """
    try:
        content = json.loads(text, parse_constant=_no_constant, parse_float=_finite, parse_int=_finite_int)
    except ValueError as error:
        line = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise ValueError(f"content: not JSON: {reason}{line}.") from None
    except RecursionError:
        raise ValueError("content: nested too deeply.") from None
    _check_characters(content)
    errors = sorted(_validator(of_package).iter_errors(content), key=lambda error: list(map(str, error.absolute_path)))
    if errors:
        raise ValueError(_words(errors[0]))
    return content


def check_content(text: str, *, of_package: bool = False) -> None:
    """ValueError as ``read_content``'s if the content of a card is not valid."""
    read_content(text, of_package=of_package)


def completeness(content: dict) -> tuple[list[str], list[str]]:
    """(Paths of WANTED that a valid content fills, paths that it misses), each in the card's order.

    A risk rating of Unknown is none, and an evaluation counts when it has a metric.
    """
    filled = [path for path in WANTED if _is_filled(path, content)]
    return filled, [path for path in WANTED if path not in filled]


def metrics_of(content: dict) -> list[dict]:
    """The evaluations' single values, flat: {"evaluation", "group", "name", "value"}."""
    return [
        {"evaluation": evaluation["name"], "group": group["name"], "name": metric["name"], "value": metric["value"]}
        for evaluation in content.get("evaluation_details", ())
        for group in evaluation.get("metric_groups", ())
        for metric in group["metric_data"]
        if metric["type"] in ("number", "string", "boolean")
    ]


def _is_filled(path: str, content: dict) -> bool:
    value = content
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if path == "evaluation_details":
        return any(group["metric_data"] for one in value or () for group in one.get("metric_groups", ()))
    if path == "intended_uses.risk_rating":
        return value in ("High", "Medium", "Low")
    return any(value.values()) if isinstance(value, dict) else bool(value.strip() if isinstance(value, str) else value)


@cache
def _validator(of_package: bool):
    from jsonschema import Draft202012Validator

    return Draft202012Validator(PACKAGE_SCHEMA if of_package else SCHEMA)


def _no_constant(word: str):
    raise ValueError(f"{word} is no number of JSON's")


def _finite(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise ValueError(f"{_clipped(digits)} is too large a number")
    return number


def _finite_int(digits: str) -> int:
    if len(digits) > 300:
        raise ValueError(f"{_clipped(digits)} is too large a number")
    return int(digits)


def _check_characters(content) -> None:
    """Refuse what a database keeps as no text: NUL, and halves of surrogate pairs."""
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and _NO_TEXT.search(one):
            raise ValueError(
                f"content: {_clipped(ascii(one))} holds a character that no text may have (NUL or half a pair)."
            )
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one


def _words(error) -> str:
    """An error of the schema as one sentence behind its path."""
    kind, wanted, given = error.validator, error.validator_value, error.instance
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(".")
    path = path or "content"
    if kind == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = ", ".join(sorted(map(str, set(given) - set(known))))
        return f"{path}: {_clipped(unknown)} is not known here; it may have {', '.join(known)}."
    if kind == "required":
        return f"{path}: {', '.join(name for name in wanted if name not in given)} is missing."
    sentences = {
        "type": lambda: f"must be {_TYPES.get(wanted, wanted)}, not {_shown(given)}",
        "enum": lambda: f"must be one of {', '.join(wanted)}, not {_shown(given)}",
        "anyOf": lambda: f"must be a number, a text of at most 63 characters, or true or false, not {_shown(given)}",
        "maxLength": lambda: f"may have {wanted} characters at most, and has {len(given)}",
        "minLength": lambda: "must not be empty",
        "maxItems": lambda: f"may have {wanted} items at most, and has {len(given)}",
        "minItems": lambda: f"must have {wanted} items at least, and has {len(given)}",
        "minimum": lambda: f"must be {wanted} at least, not {_shown(given)}",
    }
    return f"{path}: {sentences[kind]()}."


def _shown(value) -> str:
    return _clipped(json.dumps(value, ensure_ascii=False))


def _clipped(text: str) -> str:
    return text if len(text) <= CLIP else f"{text[:CLIP]}…"
