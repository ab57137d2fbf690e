"""Small curves beside numbers: a metric of many runs as lines of forty points, read in one go."""

import math

from catalog import metrics
from catalog.measures import MetricSeries

POINTS = 40
WIDTH, HEIGHT = 64, 20


def lines(runs: list[int], columns: dict[int, str]) -> dict[int, dict[int, str]]:
    """Run → column → ``points`` of a polyline in a box of 64 × 20, a pixel of it left free above and below."""
    names = set(columns.values())
    series = {
        (one.run_id, one.name): one for one in MetricSeries.objects.filter(run__in=runs, name__in=names, count__gt=1)
    }
    curves = metrics.read(series.values(), keep=POINTS)
    found: dict[int, dict[int, str]] = {}
    for number in runs:
        for at, name in columns.items():
            one = series.get((number, name))
            drawn = line(curves[one.id]) if one and one.id in curves else ""
            if drawn:
                found.setdefault(number, {})[at] = drawn
    return found


def line(curve) -> str:
    """The points of a curve over its steps, or over time where steps are missing; "" for fewer than two finite ones."""
    by_step = not any(math.isnan(step) for step in curve.step.tolist())
    xs = curve.step.tolist() if by_step else curve.time.tolist()
    points = [(x, y) for x, y in zip(xs, curve.value.tolist(), strict=True) if math.isfinite(y) and math.isfinite(x)]
    if len(points) < 2:
        return ""
    left, right = points[0][0], points[-1][0]
    low, high = min(y for _, y in points), max(y for _, y in points)
    wide, tall = (right - left) or 1, (high - low) or 1
    return " ".join(
        f"{WIDTH * (x - left) / wide:.1f},{HEIGHT - 2 - (HEIGHT - 4) * (y - low) / tall:.1f}" for x, y in points
    )
