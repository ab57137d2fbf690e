"""Results in the form that the caller accepts: JSON, JSON Lines, CSV, RecordIO-protobuf."""

import os
from typing import Any

from areas.algorithms.frame import types
from areas.algorithms.server import Response


class NotAcceptable(Exception):
    """None of the forms that the caller accepts is one of ours; the message is for the caller (status 406)."""


def accepted(accept: str, forms: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """(form, parameters) of an Accept header, ``application/json; verbose=true``. Nothing or ``*/*`` is
    SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT, else the first of ``forms``."""
    default = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "")
    for word in (accept or default or types.NAMES[forms[0]]).split(","):
        name = word.partition(";")[0].strip()
        if name in ("*/*", "application/*", "text/*"):
            chosen, _ = types.content_type(default, forms[0])
            return chosen, {}
        kind, parameters = types.content_type(name and word, "")
        if kind in forms:
            return kind, parameters
    supported = ", ".join(types.NAMES[form] for form in forms)
    raise NotAcceptable(f"Accept type {accept} is not supported. Supported accept types are {supported}.")


def encode(columns: dict[str, Any], form: str, key: str = "predictions") -> Response:
    """Columns {name: (rows,) or (rows, k) array, or a list} as a response; ``key`` holds the rows in JSON."""
    import orjson

    content = types.NAMES[form]
    if form == "csv":
        return Response(_csv(columns), content_type="text/csv; charset=utf-8")
    if form == "recordio":
        return Response(_recordio(columns), content_type=content)
    lists = {name: column.tolist() if hasattr(column, "tolist") else column for name, column in columns.items()}
    rows = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    if form == "jsonlines":
        return Response(b"".join(orjson.dumps(row) + b"\n" for row in rows), content_type=content)
    return Response(orjson.dumps({key: rows}), content_type=content)


def _csv(columns: dict[str, Any]) -> bytes:
    """A line a row, its results one after the other."""
    import orjson

    rows = zip(*(column.tolist() if hasattr(column, "tolist") else column for column in columns.values()), strict=True)
    return b"".join(orjson.dumps(row).replace(b"[", b"").replace(b"]", b"") + b"\n" for row in rows)


def _recordio(columns: dict[str, Any]) -> bytes:
    """A record a row, whose label holds the results by their names."""
    from areas.algorithms.formats import recordio

    lists = {name: column.tolist() if hasattr(column, "tolist") else column for name, column in columns.items()}
    return recordio.write_labels(
        [
            {name: value if isinstance(value, list) else [value] for name, value in zip(lists, row, strict=True)}
            for row in zip(*lists.values(), strict=True)
        ]
    )
