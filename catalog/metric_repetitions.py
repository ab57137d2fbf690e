"""Points that were sent again: found without reading what can't hold them."""

import numpy as np

from catalog import metric_rows as rows
from catalog.metric_packing import NO_STEP, Columns, join, unpack


def without_repetitions(pairs: list[tuple]) -> list[tuple]:
    """(series, new points) without the points that are there already, or twice among the new ones; without series that have
    nothing new. What lies beyond a series' last step and time, step by step, is new and isn't looked up.
    """
    found, doubtful = [], []
    for series, points in pairs:
        place, rises = _first(points)
        if not rises:
            points = _once(points)
        if series.count and place <= _last(series):
            doubtful.append((series, points))
        else:
            found.append((series, points))
    if doubtful:
        found += _looked_up(doubtful)
        found.sort(key=lambda pair: pair[0].id)
    return found


def _last(series) -> tuple[int, float]:
    return (NO_STEP if series.last_step is None else series.last_step, series.last_time)


def _first(points: Columns) -> tuple[tuple[int, float], bool]:
    """The least (step, time), and whether each point lies beyond the one before it."""
    step, time = points.step, points.time
    if len(step) == 1:
        return (int(step[0]), float(time[0])), True
    up = step[1:] > step[:-1]
    rises = bool((up | ((step[1:] == step[:-1]) & (time[1:] > time[:-1]))).all())
    at = 0 if rises else np.lexsort((time, step))[0]
    return (int(step[at]), float(time[at])), rises


def _keys(points: Columns):
    return zip(points.step.tolist(), points.time.tolist(), points.bits.tolist(), strict=True)


def _once(points: Columns) -> Columns:
    seen, places = set(), []
    for i, key in enumerate(_keys(points)):
        if key not in seen:
            seen.add(key)
            places.append(i)
    return points if len(places) == len(points) else points[np.array(places)]


def _looked_up(pairs: list[tuple]) -> list[tuple]:
    every = join([points for _, points in pairs])
    steps = (int(every.step.min()), int(every.step.max()))
    wanted = [(series.id, 0, rows.END) for series, _ in pairs]
    times = (float(every.time.min()), float(every.time.max()))
    there: dict[int, list[Columns]] = {}
    for number, _, _, data in rows.fetch(wanted, None if steps[0] == NO_STEP else steps, times):
        there.setdefault(number, []).append(unpack(data))
    found = []
    for series, points in pairs:
        known = set()
        for part in there.get(series.id, ()):
            known.update(_keys(part[np.isin(part.time, points.time)]))
        fresh = np.array([key not in known for key in _keys(points)], bool)
        if fresh.any():
            found.append((series, points if fresh.all() else points[fresh]))
    return found
