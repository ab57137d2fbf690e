"""Lists and tables of a card as lines of text that a person edits, and back. Knows no Django.

Every pair reads what it wrote: ``read(write(value)) == value``. ``write`` is None for what its lines can't say.
"""

import json
import math


class Unreadable(ValueError):
    """A line that means nothing. The text is one sentence."""


def write_list(values: list[str]) -> str | None:
    text = "\n".join(values)
    return text if read_list(text) == values else None


def read_list(text: str) -> list[str]:
    """One item a line; empty lines are none."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def write_map(values: dict[str, str]) -> str | None:
    return _checked("\n".join(f"{name} = {value}" for name, value in values.items()), read_map, values)


def read_map(text: str) -> dict[str, str]:
    """``name = value`` a line."""
    return dict(_pairs(text))


def write_parameters(values: list[dict]) -> str | None:
    return _checked("\n".join(f"{one['name']} = {one['value']}" for one in values), read_parameters, values)


def read_parameters(text: str) -> list[dict]:
    """``name = value`` a line, as hyperparameters."""
    return [{"name": name, "value": value} for name, value in _pairs(text)]


def write_metrics(values: list[dict]) -> str | None:
    lines = (f"{one['name']} = {json.dumps(one['value'])}{_note(one)}" for one in values)
    return _checked("\n".join(lines), read_metrics, values)


def read_metrics(text: str) -> list[dict]:
    """``name = number # note`` a line, as training metrics."""
    found = []
    for name, rest in _pairs(text):
        value, hash_sign, note = rest.partition(" # ")
        number = read_number(value)
        if number is None:
            raise Unreadable(f"{name} is not a number: {value}.")
        found.append({"name": name, "value": number} | ({"notes": note.strip()} if hash_sign else {}))
    return found


def split_metrics(metrics: list[dict]) -> tuple[str, list[dict]]:
    """An evaluation's metrics: (those that fit on a line each, those that need a form of their own)."""
    lines, others = [], []
    for one in metrics:
        value = one["value"] if one["type"] == "string" else json.dumps(one["value"])
        line = f"{one['name']} = {value}{_note(one)}"
        if _checked(line, read_simple, [one]):
            lines.append(line)
        else:
            others.append(one)
    return "\n".join(lines), others


def read_simple(text: str) -> list[dict]:
    """``name = value # note`` a line: a number, true or false, or a text."""
    found = []
    for name, rest in _pairs(text):
        word, hash_sign, note = rest.partition(" # ")
        word, number = word.strip(), read_number(word)
        if number is not None:
            typed = {"type": "number", "value": number}
        elif word in ("true", "false"):
            typed = {"type": "boolean", "value": word == "true"}
        else:
            typed = {"type": "string", "value": word}
        found.append({"name": name, **typed} | ({"notes": note.strip()} if hash_sign else {}))
    return found


def write_rows(rows: list) -> str:
    """Numbers, or rows of numbers with commas between, a line each."""
    return "\n".join(", ".join(map(json.dumps, row)) if isinstance(row, list) else json.dumps(row) for row in rows)


def read_rows(text: str) -> list[list[float]]:
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            row = [read_number(part) for part in line.replace(";", ",").split(",")]
            if None in row:
                raise Unreadable(f"Line {number} is not numbers with commas between: {line.strip()[:60]}.")
            rows.append(row)
    return rows


def read_number(word: str) -> int | float | None:
    """The number that a word is; None if it is none."""
    try:
        value = json.loads(word.strip())
    except ValueError:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else None


def _note(one: dict) -> str:
    return f" # {one['notes']}" if "notes" in one else ""


def _pairs(text: str) -> list[tuple[str, str]]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = line.partition("=")
        if line.strip() and not (equals and name.strip()):
            raise Unreadable(f"Line {number} is not of the form name = value: {line.strip()[:60]}.")
        if line.strip():
            found.append((name.strip(), value.strip()))
    return found


def _checked(text: str, read, values) -> str | None:
    try:
        return text if read(text) == values else None
    except ValueError:
        return None
