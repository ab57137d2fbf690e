"""RecordIO-protobuf files whose records all have the same layout, as SDKs write dense rows: read by numpy at once.

Only the first record is parsed. Where every other has the same bytes around its numbers, the numbers are a strided view.
"""

import struct

MAGIC = 0xCED7230A


def read(data: bytes, parse) -> tuple | None:
    """(features (rows, columns) float32, labels (rows,) float32 or None); None where the records are not alike.

    ``parse(payload)`` reads one payload: (offset and count of the float32 features, offset of the float32 label or None)
    within it, or None.
    """
    import numpy as np

    if len(data) < 8:
        return None
    magic, length = struct.unpack_from("<II", data)
    size = 8 + length + (-length % 4)
    if magic != MAGIC or len(data) < 2 * size or len(data) % size:
        return None
    layout = parse(memoryview(data)[8 : 8 + length])
    if layout is None:
        return None
    (start, count), label = layout
    rows = np.frombuffer(data, np.uint8).reshape(-1, size)
    fixed = np.ones(size, bool)
    fixed[8 + start : 8 + start + 4 * count] = False
    if label is not None:
        fixed[8 + label : 8 + label + 4] = False
    if not all((rows[:, first:last] == rows[0, first:last]).all() for first, last in _spans(fixed)):
        return None
    features = rows[:, 8 + start : 8 + start + 4 * count].copy().view("<f4")
    return features, None if label is None else rows[:, 8 + label : 12 + label].copy().view("<f4")[:, 0]


def _spans(fixed) -> list[tuple[int, int]]:
    """The runs of True: [(first, past the last)]."""
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate([[False], fixed, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
