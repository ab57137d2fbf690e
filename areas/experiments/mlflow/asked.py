"""One request of an MLflow client on its way to the function that answers it, and what it gives, checked as MLflow does."""

import json
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from areas.experiments.mlflow.caller import Caller
from areas.experiments.mlflow.errors import MlflowError, invalid
from catalog.access import Access
from catalog.models import Connection
from engine.context import Context


@dataclass
class Asked:
    """``given`` are the members of the JSON body, or of the query; ``labels`` what the path names."""

    caller: Caller
    given: dict[str, Any]
    labels: dict[str, str] = field(default_factory=dict)
    route: str = ""  # "runs/create"
    source: str = ""  # IP address of the client
    request_id: str = ""

    @property
    def connection(self) -> Connection:
        return self.caller.connection

    @property
    def access(self) -> Access:
        return self.caller.access

    @cached_property
    def context(self) -> Context:
        """The caller as the engine's own code wants it."""
        caller = self.caller
        return Context(
            "sagemaker", self.route, caller.connection.account, caller.connection.region, caller.principal, caller.user,
            self.request_id, source=self.source, nouns=caller.nouns, access=caller.access,
        )  # fmt: skip

    def text(self, name: str, default: str | None = None, *, limit: int = 0, what: str = "") -> str:
        """A text member. INVALID_PARAMETER_VALUE if it is missing and has no default, no text, or longer than ``limit``."""
        value = self.given.get(name)
        if value is None or (value == "" and default is None):
            if default is None:
                raise missing_value(name)
            return default
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)  # clients send ids as numbers, too
        if not isinstance(value, str) or "\0" in value:
            raise invalid(f"Invalid value {value!r} for parameter {name!r} supplied: it must be a string without NUL.")
        if limit and len(value) > limit:
            raise too_long(what or name, limit, value)
        return value

    def run_id(self) -> str:
        return self.text("run_id", self.text("run_uuid", "")) or _missing_run_id()

    def whole(self, name: str, default: int | None = None, low: int = -(2**63), high: int = 2**63 - 1) -> int | None:
        """A whole number, also written as text; ``default`` where it is not given."""
        value = self.given.get(name)
        if value is None or value == "":
            return default
        found = as_whole(value)
        if found is None or not low <= found <= high:
            raise invalid(f"Invalid value {value!r} for parameter {name!r} supplied: it must be a whole number from {low} "
                          f"to {high}.")  # fmt: skip
        return found

    def items(self, name: str, kind: type = dict, *, most: int = 0) -> list:
        """A list member, of at most ``most`` where that is given; [] where it is not there."""
        value = self.given.get(name)
        if value is None:
            return []
        if isinstance(value, str) and kind is str:
            value = [value]
        if not isinstance(value, list) or not all(isinstance(one, kind) for one in value):
            raise invalid(f"Invalid value for parameter {name!r} supplied: it must be an array.")
        if most and len(value) > most:
            raise invalid(
                f"Invalid value for parameter {name!r} supplied: it has {len(value)} members, {most} is the most."
            )
        return value


def _missing_run_id():
    raise missing_value("run_id")


def missing_value(name: str) -> MlflowError:
    return invalid(
        f"Missing value for required parameter '{name}'. See the API docs for more information about request parameters."
    )


def too_long(what: str, limit: int, value: str) -> MlflowError:
    return invalid(f"{what} '{value[:250]}' had length {len(value)}, which exceeded length limit of {limit}")


def as_whole(value) -> int | None:
    """A whole number, also as text or as a float without a fraction; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and len(value) < 30:
        try:
            return int(value)
        except ValueError:
            return None
    return None


_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def as_number(value) -> float | None:
    """A double as protobuf's JSON has it: a number, its text, "NaN", "Infinity" or "-Infinity"; None for anything else."""
    if isinstance(value, float):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < 2**1023 else None
    if isinstance(value, str):
        if value in _WORDS:
            return _WORDS[value]
        try:
            return float(value)
        except ValueError:
            return None
    return None


def wire_number(value: float | None) -> float | str:
    """A double as protobuf's JSON writes it; None, which the tables keep for NaN, is NaN."""
    if value is None or value != value:
        return "NaN"
    if value in (math.inf, -math.inf):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def read_json(body: bytes) -> dict:
    """The members of a JSON body; bare NaN and Infinity, which Python's clients write, are read too."""
    if not body:
        return {}
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            found = json.loads(body)
            json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
        except (ValueError, RecursionError):
            raise invalid("The request's body is no JSON.") from None
    if not isinstance(found, dict):
        raise invalid("The request's body must be a JSON object.")
    return found
