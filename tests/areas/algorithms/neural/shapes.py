"""Pictures by a rule: a bright square, disc or cross on a dark ground with noise."""

import io

import numpy as np
from PIL import Image

KINDS = 3


def shape(kind: int, rng, size: int = 32) -> tuple[np.ndarray, np.ndarray, tuple[int, int, int, int]]:
    """(picture (size, size, 3) uint8, mask of the shape, its box left, top, width, height)."""
    side = int(rng.integers(size // 3, size // 2))
    left, top = (int(rng.integers(1, size - side - 1)) for _ in range(2))
    rows, columns = np.mgrid[:size, :size]
    inside = (columns >= left) & (columns < left + side) & (rows >= top) & (rows < top + side)
    across, down = columns - left - side / 2 + 0.5, rows - top - side / 2 + 0.5
    if kind == 1:
        inside &= across**2 + down**2 <= (side / 2) ** 2
    elif kind == 2:
        inside &= (np.abs(across) < side / 6) | (np.abs(down) < side / 6)
    picture = rng.integers(0, 50, size=(size, size, 3))
    picture[inside] += np.array([(180, 60, 40), (40, 180, 60), (60, 40, 180)][kind])
    return picture.astype(np.uint8), inside, (left, top, side, side)


def encoded(picture: np.ndarray, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind)
    return file.getvalue()
