"""How well a model did on the rows of a dataset: the label stands first in each output row, the inference last."""

import json
from dataclasses import dataclass

from areas import objects
from areas.calls import CallFailed
from areas.transform.job import Job

MOST = 8 << 20  # bytes of the output that are judged


@dataclass(frozen=True)
class Score:
    """``name`` of the measure, its value, over how many rows; ``note`` says how the inference was read."""

    name: str
    value: float
    rows: int
    note: str
    is_whole: bool  # False: only the beginning of the output was judged


def score_of(job: Job, name: str, schema: dict) -> Score | None:
    """The share of right classes, or the root mean squared error of a quantity; None where the output isn't of that form."""
    if job.processing.get("JoinSource") != "Input" or job.processing.get("OutputFilter", "$") != "$":
        return None
    label, width = schema.get("label"), len(schema.get("features", ())) + 1
    if not isinstance(label, dict):
        return None
    try:
        data, size = objects.read(job.connection, f"{job.output.rstrip('/')}/{name}", MOST)
    except CallFailed:
        return None
    lines = data.decode("utf-8", "replace").splitlines()
    is_whole = size <= len(data)
    pairs = [pair for line in (lines if is_whole else lines[:-1]) if line and (pair := _pair(line, width))]
    if not pairs:
        return None
    if label.get("kind") == "regression":
        error = (sum((truth - _number(guess)) ** 2 for truth, guess in pairs) / len(pairs)) ** 0.5
        return Score("RMSE", error, len(pairs), f"of {label['name']}", is_whole)
    several = len(label.get("classes") or ()) > 2
    right = sum(_class(guess, several=several) == round(truth) for truth, guess in pairs)
    note = "the likeliest class" if several else "1 from 0.5 on"
    return Score("Accuracy", right / len(pairs), len(pairs), f"of {label['name']}, {note}", is_whole)


def _pair(line: str, width: int) -> tuple[float, object] | None:
    """Label and inference of a row; None if they can't be read."""
    parts = line.split(",", width)
    if len(parts) <= width:
        return None
    try:
        guess = json.loads(parts[width])
        guess = guess if isinstance(guess, list) else float(guess)
        return float(parts[0]), guess
    except (ValueError, TypeError):
        return None


def _number(guess) -> float:
    return guess if isinstance(guess, float) else float(guess[0])


def _class(guess, *, several: bool) -> int:
    if isinstance(guess, list):
        return max(range(len(guess)), key=guess.__getitem__) if guess else -1
    return round(guess) if several else int(guess >= 0.5)
