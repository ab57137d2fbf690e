"""Which points of a long curve are drawn, so that it looks the same."""

import numpy as np
from tsdownsample import LTTBDownsampler

LEAST = 16  # points that a thinned curve has at least


def choose(x: np.ndarray, y: np.ndarray, keep: int) -> np.ndarray:
    """Places (int64, rising) of at most ``max(keep, LEAST)`` points of a curve; ``x`` never falls.

    The first, the last, the least and the greatest point stay. NaN and the infinities stay where they begin, so that a gap is
    seen; where there are more of them than a quarter of ``keep``, some of them. Between them MinMaxLTTB chooses
    (https://arxiv.org/abs/2305.00332), which doesn't stand numbers that aren't finite.
    """
    keep, count = max(keep, LEAST), len(y)
    if count <= keep:
        return np.arange(count)
    finite = np.isfinite(y)
    edges = np.array([0, count - 1])
    if finite.all():
        odd, numbers, drawn_x, drawn_y = edges, None, x, y
    else:
        odd = np.union1d(_thinned(_where_they_begin(y, finite), keep // 4), edges)
        numbers = np.flatnonzero(finite)
        drawn_x, drawn_y = x[numbers], y[numbers]
    if not len(drawn_y):
        return odd
    ends = np.array([drawn_y.argmin(), drawn_y.argmax()])
    room = keep - len(odd) - len(ends)
    found = np.arange(len(drawn_y)) if len(drawn_y) <= room else _shape(drawn_x, drawn_y, room)
    found = np.concatenate((found, ends))
    return np.union1d(odd, found if numbers is None else numbers[found])


def _shape(x: np.ndarray, y: np.ndarray, keep: int) -> np.ndarray:
    """MinMaxLTTB's choice: of twice as many slices of x as there are to be points the least and the greatest, of those LTTB's.

    The slices are ours: tsdownsample's own panic where many points share an x. LTTB compares areas: numbers near the largest
    float64 are made smaller for it.
    """
    places = _extremes(x, y, 2 * keep)
    if len(places) <= keep:
        return places
    x, y = x[places] - x[0], y[places]
    largest = float(np.abs(y).max())
    if largest > 1e100:
        y = y / largest
    return places[LTTBDownsampler().downsample(x, y, n_out=keep).astype(np.int64)]


def _extremes(x: np.ndarray, y: np.ndarray, slices: int) -> np.ndarray:
    """Where the least and the greatest y of each slice of x are, rising; slices of no points have none."""
    width = (x[-1] - x[0]) / slices
    if not width > 0:
        slice_of = np.arange(len(x)) * slices // len(x)
    else:
        slice_of = np.minimum(((x - x[0]) / width).astype(np.int64), slices - 1)
    starts = np.flatnonzero(np.concatenate(([True], slice_of[1:] != slice_of[:-1])))
    sizes = np.diff(starts, append=len(x))
    found = []
    for extreme in (np.minimum, np.maximum):
        hits = np.flatnonzero(y == np.repeat(extreme.reduceat(y, starts), sizes))
        found.append(hits[np.searchsorted(hits, starts)])
    return np.union1d(*found)


def _where_they_begin(y: np.ndarray, finite: np.ndarray) -> np.ndarray:
    """Places at which a run of NaN, of plus infinity or of minus infinity begins."""
    kind = np.where(finite, 0, np.where(np.isnan(y), 1, np.where(y > 0, 2, 3))).astype(np.int8)
    return np.flatnonzero((kind != 0) & np.concatenate(([True], kind[1:] != kind[:-1])))


def _thinned(places: np.ndarray, keep: int) -> np.ndarray:
    if len(places) <= keep:
        return places
    return places[np.linspace(0, len(places) - 1, keep).astype(np.int64)]
