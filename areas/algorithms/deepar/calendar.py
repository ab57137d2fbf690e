"""Time as DeepAR sees it: points of a frequency, what time of day or year they are, which earlier points matter.

NumPy's datetime64 knows months and weeks, so no pandas.
"""

import re
from dataclasses import dataclass
from datetime import datetime

_FREQUENCY = re.compile(r"([1-9][0-9]{0,5})?\s*(M|W|D|H|min)")
MINUTES = {"min": 1, "H": 60, "D": 1440, "W": 10080}
# (points in a season, how many seasons back), in units of the base frequency.
_SEASONS = {
    "min": ((60, 3), (1440, 7), (10080, 2)),
    "H": ((24, 7), (168, 4), (720, 1)),
    "D": ((7, 4), (30, 3), (364, 1), (365, 2)),
    "W": ((4, 3), (52, 3)),
    "M": ((3, 2), (12, 3)),
}
_PARTS = {
    "min": ("minute", "hour", "weekday", "day", "yearday"),
    "H": ("hour", "weekday", "day", "yearday"),
    "D": ("weekday", "day", "yearday"),
    "W": ("day", "week"),
    "M": ("month",),
}
_LENGTH = {"minute": 60, "hour": 24, "weekday": 7, "day": 31, "yearday": 366, "week": 53, "month": 12}


@dataclass(frozen=True)
class Frequency:
    """``5min`` is Frequency(5, "min")."""

    multiple: int
    unit: str  # M, W, D, H or min

    @property
    def features(self) -> int:
        """How many numbers ``describe`` gives for a point."""
        return 2 * len(_PARTS[self.unit])


def parse_frequency(text: str) -> Frequency:
    """``1H``, ``H``, ``5min``, ``2W`` … ; ValueError for anything else."""
    match = _FREQUENCY.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not an integer followed by M, W, D, H or min")
    return Frequency(int(match[1] or 1), match[2])


def parse_start(text):
    """A start of ``YYYY-MM-DD`` or ``YYYY-MM-DD HH:MM:SS`` as datetime64[m]; ValueError for others and for time zones."""
    import numpy as np

    moment = text if isinstance(text, datetime) else datetime.fromisoformat(str(text).strip())
    if moment.tzinfo is not None:
        raise ValueError("the start must have no time zone")
    return np.datetime64(moment, "m")


def times(start, frequency: Frequency, count: int):
    """``count`` points from ``start`` (datetime64[m]) on, as datetime64[m]."""
    import numpy as np

    steps = np.arange(count) * frequency.multiple
    if frequency.unit == "M":
        month = start.astype("datetime64[M]")
        within = start - month.astype("datetime64[m]")
        return (month + steps).astype("datetime64[m]") + within
    return start + steps * np.timedelta64(MINUTES[frequency.unit], "m")


def describe(moments, frequency: Frequency):
    """What time it is at each moment: (points, features) float32, sine and cosine of each cycle."""
    import numpy as np

    days = moments.astype("datetime64[D]")
    months, years = moments.astype("datetime64[M]"), moments.astype("datetime64[Y]")
    yearday = (days - years.astype("datetime64[D]")).astype(int)
    found = {
        "minute": (moments - moments.astype("datetime64[h]")).astype(int),
        "hour": (moments.astype("datetime64[h]") - days).astype(int),
        "weekday": (days.astype(int) + 3) % 7,
        "day": (days - months.astype("datetime64[D]")).astype(int),
        "yearday": yearday,
        "week": yearday // 7,
        "month": months.astype(int) % 12,
    }
    columns = []
    for part in _PARTS[frequency.unit]:
        angle = 2 * np.pi * found[part] / _LENGTH[part]
        columns += [np.sin(angle), np.cos(angle)]
    return np.stack(columns, 1).astype(np.float32)


def lags(frequency: Frequency, longest: int) -> list[int]:
    """How many points back the network looks besides its context: the last few, and the same time of earlier seasons.

    Args:
        longest: points of the longest series: a lag that no series has is left out.
    """
    found = set(range(1, 8))
    for length, count in _SEASONS[frequency.unit]:
        for season in range(1, count + 1):
            middle = round(season * length / frequency.multiple)
            found |= {middle - 1, middle, middle + 1}
    return sorted(lag for lag in found if 1 <= lag < max(2, longest))
