"""Hyperparameters as a table: name, type, range, default. One table validates, fills the create form and the docs.

Standard library only. Complaints are those of the JSON schemas that AWS's algorithms check against.
"""

import json
from dataclasses import dataclass
from typing import Any

from areas.algorithms.container import UserError


@dataclass(frozen=True)
class Hyperparameter:
    """One hyperparameter. ``about`` is what it does, in a phrase for forms and docs.

    ``default`` is its value where the job doesn't say (None: it has none); ``auto`` admits the word ``auto``, which is then the
    value and the default. ``tunable`` is the range that AWS recommends for tuning: (low, high), or the choices.
    ``effective`` is False for what AWS accepts and this engine has no use for: training says so in its log.
    ``group`` is its heading in forms; "" leaves it to ``section``.
    """

    name: str
    about: str = ""
    default: Any = None
    required: bool = False
    auto: bool = False
    tunable: tuple = ()
    effective: bool = True
    group: str = ""

    @property
    def section(self) -> str:
        """Its heading in forms: required ones first, then those that are worth tuning."""
        if self.group or self.required:
            return "Required" if self.required else self.group
        return "Common" if self.tunable else "Advanced" if self.effective else "Without effect"

    @property
    def expects(self) -> str:
        """``an integer from 1 to 10``."""
        return self._expects() + (" or auto" if self.auto else "")

    @property
    def fallback(self) -> Any:
        """The value where the job gives none."""
        return "auto" if self.auto and self.default is None else self.default

    def parse(self, text: str) -> Any:
        """The value of a job's text. Raises UserError that names hyperparameter, value and what would be right."""
        text = _unquoted(text)
        if self.auto and text == "auto":
            return text
        try:
            return self._parse(text)
        except (ValueError, TypeError, OverflowError):
            raise UserError(
                f"The hyperparameter {self.name} must be {self.expects}: {text!r} is not valid under any of the given "
                f"schemas"
            ) from None

    def _parse(self, text: str) -> Any:
        return text

    def _expects(self) -> str:
        return "a text"


@dataclass(frozen=True)
class Number(Hyperparameter):
    """A finite number within bounds; ``above`` and ``below`` are bounds that it must not reach."""

    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None

    def _parse(self, text: str) -> float:
        return self._within(float(text))

    def _within(self, value):
        if (
            value != value
            or abs(value) == float("inf")
            or (self.low is not None and value < self.low)
            or (self.high is not None and value > self.high)
            or (self.above is not None and value <= self.above)
            or (self.below is not None and value >= self.below)
        ):
            raise ValueError(value)
        return value

    def _expects(self) -> str:
        return self._article + self._bounds()

    _article = "a number"

    def _bounds(self) -> str:
        if self.low is not None and self.high is not None:
            return f" from {self.low} to {self.high}"
        bounds = (("at least", self.low), ("above", self.above), ("at most", self.high), ("below", self.below))
        words = [f"{word} {bound}" for word, bound in bounds if bound is not None]
        return f" {' and '.join(words)}" if words else ""


@dataclass(frozen=True)
class Integer(Number):
    """A whole number within bounds."""

    _article = "an integer"

    def _parse(self, text: str) -> int:
        return self._within(int(text))


@dataclass(frozen=True)
class Choice(Hyperparameter):
    """One of a few words."""

    choices: tuple[str, ...] = ()

    def _parse(self, text: str) -> str:
        if text not in self.choices:
            raise ValueError(text)
        return text

    def _expects(self) -> str:
        return f"one of {', '.join(self.choices)}"


@dataclass(frozen=True)
class Flag(Hyperparameter):
    """true or false, in the spellings of JSON and Python."""

    def _parse(self, text: str) -> bool:
        return {"true": True, "false": False, "1": True, "0": False}[text.lower()] if text else self._refuse()

    def parse(self, text: str) -> Any:
        try:
            return super().parse(text)
        except KeyError:
            return super().parse("")

    def _refuse(self):
        raise ValueError("neither true nor false")

    def _expects(self) -> str:
        return "true or false"


@dataclass(frozen=True)
class Text(Hyperparameter):
    """Any text."""


@dataclass(frozen=True)
class List(Hyperparameter):
    """A JSON list, or words with commas between; of ``choices`` if there are any, else of numbers if ``numbers``."""

    choices: tuple[str, ...] = ()
    numbers: bool = False

    def _parse(self, text: str) -> tuple:
        if text.lstrip().startswith("["):
            values = json.loads(text.replace("'", '"'))
        else:
            values = [word.strip() for word in text.split(",") if word.strip()]
        if self.choices and any(value not in self.choices for value in values):
            raise ValueError(text)
        return tuple(float(value) for value in values) if self.numbers else tuple(str(value) for value in values)

    def _expects(self) -> str:
        return "a list of " + (", ".join(self.choices) if self.choices else "numbers" if self.numbers else "words")


# What every algorithm of AWS's accepts beside its own; the tuner sends the first.
COMMON = (
    Text("_tuning_objective_metric", "The metric that a tuning job optimises"),
    *(
        Text(name, "For AWS's own containers", effective=False)
        for name in ("_kvstore", "_log_level", "_num_gpus", "_num_kv_servers", "_enable_profiler", "_disable_wait_to_read")
    ),
    Flag("force_dense", "The SDK sends it with record sets", effective=False),
)  # fmt: skip


def parse(table: tuple[Hyperparameter, ...], hyperparameters: dict[str, str]) -> dict[str, Any]:
    """A job's hyperparameters as values, defaults filled in (None where there is none).

    Raises UserError in the words of the algorithms' schemas: one that is unknown, missing, or out of its range.
    """
    known = {item.name: item for item in (*table, *COMMON)}
    unexpected = [name for name in hyperparameters if name not in known]
    if unexpected:
        names = ", ".join(repr(name) for name in unexpected)
        were = "was" if len(unexpected) == 1 else "were"
        raise UserError(f"Additional properties are not allowed ({names} {were} unexpected)")
    for item in table:
        if item.required and item.name not in hyperparameters:
            raise UserError(f"{item.name!r} is a required property")
    given = {item.name: item.fallback for item in table}
    return {**given, **{name: known[name].parse(text) for name, text in hyperparameters.items()}}


def without_effect(table: tuple[Hyperparameter, ...], hyperparameters: dict[str, str]) -> list[str]:
    """The names that the job gives for nothing."""
    return [item.name for item in table if not item.effective and item.name in hyperparameters]


def _unquoted(text: str) -> str:
    """SDKs may send ``"regressor"`` in JSON's quotes."""
    text = str(text).strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
