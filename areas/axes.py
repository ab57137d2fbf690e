"""Axes of charts: round numbers around the values, and where a value lies between them."""

import math

MOST_TICKS = 5


def ticks(low: float, high: float) -> list[float]:
    """At most six round numbers from at or below ``low`` to at or above ``high``."""
    if low == high:
        low, high = (low - abs(low) / 2 or -1.0, high + abs(high) / 2 or 1.0)
    rough = (high - low) / MOST_TICKS
    if not math.isfinite(rough) or rough < 1e-300:
        return [low, high]
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 12 - math.floor(math.log10(step))) for number in range(first, last + 1)]


def share(value: float, low: float, high: float) -> float:
    """How far ``value`` is on the way from ``low`` to ``high``, also where their distance is no finite number."""
    if math.isinf(high - low):
        value, low, high = value / 4, low / 4, high / 4
    return (value - low) / (high - low)
