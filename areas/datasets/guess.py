"""Guesses about columns: what kind of thing each holds, and which role it would play. A preparation may choose otherwise."""

import re

NUMERIC, CATEGORICAL, BINARY, TEXT = "numeric", "categorical", "binary", "text"
DATETIME, ID, VECTOR = "datetime", "id", "vector"

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
            "UHUGEINT", "FLOAT", "DOUBLE")  # fmt: skip
_ID = re.compile(r"(?i)^(id|uuid|guid|key|index|row_?id|.*[_ ]id|.*Id|unnamed.*)$")
_LABEL = ("label", "target", "class", "y", "outcome", "diagnosis", "species", "progression", "survived", "churn",
          "default", "response")  # fmt: skip
_TEXT_LENGTH = 40
CLASSES_MAX = 10  # a whole-number label with more distinct values is a quantity


def is_number(physical: str) -> bool:
    return physical in _NUMBERS or physical.startswith("DECIMAL")


def is_whole(physical: str) -> bool:
    return is_number(physical) and physical not in ("FLOAT", "DOUBLE") and not physical.startswith("DECIMAL")


def logical_type(name: str, physical: str, stats: dict, rows: int) -> str:
    """The logical type of a column from its name, its physical type and its statistics."""
    distinct, present = stats["distinct"], stats["count"]
    if physical == "BOOLEAN":
        return BINARY
    if not present:
        return NUMERIC if is_number(physical) else TEXT
    if physical.startswith(("DATE", "TIMESTAMP")):
        return DATETIME
    unique = present > 1 and distinct == present
    if is_number(physical):
        if unique and is_whole(physical) and _ID.match(name):
            return ID
        return BINARY if distinct == 2 and is_whole(physical) else NUMERIC
    if distinct == 2:
        return BINARY
    if unique and (_ID.match(name) or (physical == "UUID")):
        return ID
    long = stats["length"]["mean"] if stats.get("length") else 0
    if distinct <= max(20, 0.05 * rows) and distinct <= 1000 and long <= _TEXT_LENGTH:
        return CATEGORICAL
    return ID if unique and long <= 24 and physical == "VARCHAR" and " " not in str(stats.get("min") or "") else TEXT


def roles(columns: list[dict], label: str = "") -> dict[str, str]:
    """A role for every column: one label (the given one, a usual name, or a last or first column of classes)."""
    usable = [column for column in columns if column["logical"] in (NUMERIC, CATEGORICAL, BINARY)]
    names = {column["name"].lower(): column["name"] for column in usable}
    classes = [column["name"] for column in (usable[-1:] + usable[:1]) if column["logical"] in (CATEGORICAL, BINARY)]
    named = [names[word] for word in (label.lower(), *_LABEL) if word in names]
    guessed = (named or classes or [usable[-1]["name"] if usable else None])[0]
    found = {}
    for column in columns:
        name, logical = column["name"], column["logical"]
        if name == guessed:
            found[name] = "label"
        elif name.lower() in ("weight", "sample_weight") and logical == NUMERIC:
            found[name] = "weight"
        elif logical == ID:
            found[name] = "id"
        elif logical in (TEXT, VECTOR):
            found[name] = "ignore"
        else:
            found[name] = "event time" if logical == DATETIME else "feature"
    return found


def label_kind(column: dict, stats: dict) -> str:
    """``binary``, ``multiclass`` or ``regression``: what predicting this column is."""
    if is_number(column["physical"]) and column["logical"] != BINARY:
        few = (
            is_whole(column["physical"])
            and stats["distinct"] <= CLASSES_MAX
            and stats["distinct"] * 10 <= stats["count"]
        )
        return "multiclass" if few else "regression"
    return "binary" if stats["distinct"] == 2 else "multiclass"
