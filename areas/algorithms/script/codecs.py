"""Request and response bodies of script mode's default handlers: JSON, CSV and NPY to and from numpy arrays."""

import io
import json

TEXT = ("application/json", "text/csv")
SUPPORTED = (*TEXT, "application/x-npy")


class UnsupportedType(Exception):
    """The handler doesn't know this content type (415) or accept type (406)."""


def mime(value: str) -> str:
    """``text/csv; charset=utf-8`` → ``text/csv``"""
    return value.partition(";")[0].strip().lower()


def decode(data: bytes | str, content_type: str):
    """A body as a numpy array; raises UnsupportedType."""
    import numpy as np

    kind = mime(content_type)
    if kind == "application/json":
        return np.array(json.loads(data))
    if kind == "text/csv":
        text = data.decode() if isinstance(data, bytes) else data
        return np.genfromtxt(io.StringIO(text), delimiter=",", ndmin=2)
    if kind == "application/x-npy":
        return np.load(io.BytesIO(data), allow_pickle=False)
    raise UnsupportedType(f"Content type {content_type} is not supported by this framework.")


def encode(prediction, accept: str) -> bytes:
    """A prediction (array, list, frame, number) as ``accept``; raises UnsupportedType."""
    import numpy as np

    kind = mime(accept)
    values = prediction.to_numpy() if hasattr(prediction, "to_numpy") else prediction
    if kind == "application/json":
        return json.dumps(values, default=_plain).encode()
    if kind == "text/csv":
        lines = io.StringIO()
        np.savetxt(lines, np.atleast_1d(np.asarray(values)), delimiter=",", fmt="%s")
        return lines.getvalue().encode()
    if kind == "application/x-npy":
        buffer = io.BytesIO()
        np.save(buffer, np.asarray(values), allow_pickle=False)
        return buffer.getvalue()
    raise UnsupportedType(f"Accept type {accept} is not supported by this framework.")


def _plain(value):
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} can't be written as JSON.")
