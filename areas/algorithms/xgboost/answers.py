"""Predictions in the form that the caller accepts."""

import os

from areas.algorithms.formats import recordio

ACCEPTED = ("text/csv", "application/json", "application/jsonlines", "application/x-recordio-protobuf")
_CLASS = ("predicted_label", "labels", "raw_score", "raw_scores")
_CHANCE = ("probability", "probabilities")
SELECTABLE = {
    "binary:logistic": _CLASS + _CHANCE,
    "binary:logitraw": _CLASS,
    "binary:hinge": _CLASS,
    "multi:softmax": _CLASS + _CHANCE,
    "multi:softprob": _CLASS + _CHANCE,
}


class NotAcceptable(Exception):
    """None of the forms that the caller accepts is one of ours."""


def accepted(accept: str) -> str:
    """The form to answer in. Nothing or ``*/*`` is SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT, which defaults to CSV."""
    wanted = [word.partition(";")[0].strip().lower() for word in accept.split(",")]
    if wanted in ([""], ["*/*"]):
        wanted = [os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv").lower()]
    for word in wanted:
        if word in ("*/*", *ACCEPTED):
            return "text/csv" if word == "*/*" else word
    raise NotAcceptable(f"Accept type {accept} is not supported. Supported accept types are {', '.join(ACCEPTED)}.")


def encode(predictions, form: str) -> bytes:
    """Predictions (rows,) or (rows, classes) as ``form``, one of ACCEPTED."""
    import orjson

    if form == "application/x-recordio-protobuf":
        return recordio.write_labels([{"score": list(row)} for row in predictions.reshape(len(predictions), -1)])
    if form == "text/csv" and os.environ.get("SAGEMAKER_BATCH"):
        return _encode_batch(predictions)
    values = orjson.dumps(_contiguous(predictions), option=orjson.OPT_SERIALIZE_NUMPY)
    if form == "text/csv":
        return values.strip(b"[]").replace(b"],[" if predictions.ndim > 1 else b",", b"\n") + b"\n"
    rows = [{"score": value} for value in orjson.loads(values)]
    return _encode_rows(rows, form)


def _encode_batch(predictions) -> bytes:
    """A line for each prediction, as Python writes it: 17 times as fast where it is one finite number."""
    import numpy as np
    import orjson

    if predictions.ndim > 1 or not len(predictions) or not np.isfinite(predictions).all():
        return "".join(f"{value}\n" for value in predictions.tolist()).encode()
    values = orjson.dumps(predictions.astype(np.float64), option=orjson.OPT_SERIALIZE_NUMPY)
    return values[1:-1].replace(b",", b"\n") + b"\n"


def encode_selected(predictions, keys: list[str], objective: str, classes: int, form: str) -> bytes:
    """What SAGEMAKER_INFERENCE_OUTPUT asks for, a row of ``keys`` each; a key that has no meaning here is null (CSV: nan)."""
    rows = select(predictions, keys, objective, classes)
    if form == "text/csv":
        import csv
        import io

        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([["nan" if value is None else value for value in row.values()] for row in rows])
        return text.getvalue().encode()
    if form == "application/x-recordio-protobuf":
        numbers = [{key: value if isinstance(value, list) else [value] for key, value in row.items()} for row in rows]
        return recordio.write_labels(
            [
                {key: [float("nan") if item is None else item for item in items] for key, items in row.items()}
                for row in numbers
            ]
        )
    return _encode_rows(rows, form)


def select(predictions, keys: list[str], objective: str, classes: int) -> list[dict]:
    """Rows of the wanted keys: label, scores and probabilities as far as the objective has them, else None."""
    possible = SELECTABLE.get(objective, ("predicted_score",))
    wide = predictions.ndim == 2
    rows = []
    for value in predictions.tolist():
        label = value
        if wide:
            label = max(range(len(value)), key=value.__getitem__)
        elif objective in ("binary:logistic", "binary:logitraw"):
            label = int(value > (0.5 if objective == "binary:logistic" else 0))
        score, scores = (max(value), value) if wide else (value, [1.0 - value, value])
        found = {
            "predicted_label": label, "labels": list(range(classes or 2)), "probability": score,
            "probabilities": scores, "raw_score": score, "raw_scores": scores, "predicted_score": value,
        }  # fmt: skip
        rows.append({key: found[key] if key in possible else None for key in keys})
    return rows


def _encode_rows(rows: list[dict], form: str) -> bytes:
    import orjson

    if form == "application/jsonlines":
        return b"".join(orjson.dumps(row) + b"\n" for row in rows)
    return orjson.dumps({"predictions": rows})


def _contiguous(predictions):
    import numpy as np

    return np.ascontiguousarray(predictions)
