"""The rows of a request: CSV, JSON in both forms, JSON Lines, RecordIO-protobuf; dense or sparse."""

from typing import Any

from areas.algorithms.container import UserError
from areas.algorithms.frame import types

SMALL = 16  # lines up to which numpy reads CSV faster than a parser starts


def kind(content: str, reads: tuple[str, ...]) -> str:
    """The kind of a request's Content-Type (none: the first that the model reads); UserError if it is not one of those."""
    found, _ = types.content_type(content, reads[0])
    if found not in reads:
        supported = ", ".join(types.NAMES[one] for one in reads)
        raise UserError(f"Content-Type {content} is not supported. Supported content types are {supported}")
    return found


def read(body: bytes, kind: str, columns: int | None = None) -> Any:
    """A request's rows: a float32 array (rows, features), or CSR of ``columns`` features where it is sparse."""
    features = {"csv": _read_csv, "json": _read_json, "jsonlines": _read_json_lines, "recordio": _read_recordio}[kind](
        body
    )
    if hasattr(features, "indptr"):
        if columns is not None and features.shape[1] < columns:
            features.resize((features.shape[0], columns))
        return features
    if features.ndim != 2:
        raise UserError("every instance must be a list of numbers")
    return features


def instances(body: bytes) -> list:
    """The list ``instances`` of a JSON request; UserError if it has none."""
    import orjson

    try:
        found = orjson.loads(body)["instances"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise UserError('the body is not JSON of the form {"instances": [{"features": [1.5, 2]}]}') from None
    if not isinstance(found, list) or not found:
        raise UserError("instances must be a list of at least one")
    return found


def lines(body: bytes) -> list:
    """The objects of JSON Lines; UserError that names the line that isn't JSON."""
    import orjson

    found = []
    for number, line in enumerate(body.splitlines(), 1):
        if line.strip():
            try:
                found.append(orjson.loads(line))
            except orjson.JSONDecodeError:
                raise UserError(f"line {number} is not JSON") from None
    if not found:
        raise UserError("the body has no line")
    return found


def _read_csv(body: bytes):
    import numpy as np

    rows = body.strip().split(b"\n") if body.count(b"\n") <= SMALL else ()
    if rows:
        try:
            found = np.array([row.split(b",") for row in rows], dtype=np.float32)
            if found.ndim == 2:
                return _finite(found)
        except ValueError:
            pass  # an empty field, another delimiter, or not numbers: the parser knows
    from areas.algorithms.formats import delimited

    found = delimited.read_bytes(body)
    if not found.shape[0]:
        raise UserError("the body has no row")
    return _finite(found)


def _read_json(body: bytes):
    return _features(instances(body))


def _read_json_lines(body: bytes):
    return _features(lines(body))


def _read_recordio(body: bytes):
    from areas.algorithms.formats import recordio

    return _finite(recordio.read_bytes(body, labeled=False).features)


def _features(rows: list):
    """Each row is ``{"features": [..]}``, ``{"data": {"features": {"values": [..], "keys": [..], "shape": [..]}}}``, or a list."""
    import numpy as np

    values, keys, widths = [], [], []
    try:
        for row in rows:
            found = row
            if isinstance(row, dict):
                found = row["features"] if "features" in row else row["data"]["features"]
            if isinstance(found, dict):
                values.append(found["values"])
                keys.append(found.get("keys"))
                widths.append(int(found["shape"][-1]) if found.get("shape") else None)
            else:
                values.append(found)
                keys.append(None)
                widths.append(None)
        if all(one is None for one in keys):
            return _finite(np.array(values, np.float32))
        return _finite(_sparse(values, keys, widths))
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        raise UserError(
            'instances must be {"features": [numbers]} or {"data": {"features": {"values": [numbers]}}} of one width each, '
            "with keys and shape where they are sparse"
        ) from None


def _sparse(values: list, keys: list, widths: list):
    import numpy as np
    import scipy.sparse

    pointers = np.zeros(len(values) + 1, np.int64)
    np.cumsum([len(one) for one in values], out=pointers[1:])
    indices = [
        np.arange(len(row)) if key is None else np.asarray(key, np.int64) for row, key in zip(values, keys, strict=True)
    ]
    if any(len(row) != len(index) for row, index in zip(values, indices, strict=True)):
        raise ValueError("keys and values differ in number")
    flat = np.concatenate(indices)
    if flat.size and flat.min() < 0:
        raise ValueError("a key is negative")
    columns = max([int(flat.max()) + 1 if flat.size else 0, *(width for width in widths if width)])
    data = np.concatenate([np.asarray(row, np.float32) for row in values])
    return scipy.sparse.csr_matrix((data, flat, pointers), shape=(len(values), columns))


def _finite(features):
    import numpy as np

    numbers = features.data if hasattr(features, "indptr") else features
    if not np.isfinite(numbers).all():
        raise UserError("a value is missing or infinite")
    return features
