"""Numbers, times and sizes as people read them."""

import math
import re
from datetime import UTC, datetime

from django.utils import timezone

UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


def whole(text: str | None, default: int = 0, most: int = 10**18) -> int:
    """A whole number as an address writes it, at most ``most``; ``default`` where it is none."""
    if not text or not text.isascii() or not text.isdigit():
        return default
    return min(int(text), most) if len(text) < 20 else most


def wholes(text: str | None) -> list[int]:
    """Ids with commas between, as an address writes them; what is none is left out."""
    return [number for part in (text or "").split(",") if (number := whole(part, -1)) >= 0]


def as_datetime(value) -> datetime | None:
    """A datetime (naive ones are UTC), epoch seconds or an ISO text as an aware datetime; None for anything else."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, bool) or value in (None, ""):
        return None
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        pass
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def exact(moment: datetime) -> str:
    """``20 Nov 2026, 09:44:10 UTC``"""
    return f"{moment.astimezone(UTC):%-d %b %Y, %H:%M:%S} UTC"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """``3 min ago``, ``in 2 h``, ``yesterday``, ``4 days ago``; a date when it is over a month off."""
    seconds = ((now or timezone.now()) - moment).total_seconds()
    size = abs(seconds)
    if size < 5:
        return "just now"
    if size < 60:
        text = f"{size:.0f} s"
    elif size < 3600:
        text = f"{size // 60:.0f} min"
    elif size < 86400:
        text = f"{size // 3600:.0f} h"
    elif size < 2 * 86400:
        return "yesterday" if seconds > 0 else "tomorrow"
    elif size < 31 * 86400:
        text = f"{size // 86400:.0f} days"
    else:
        return f"{moment.astimezone(UTC):%-d %b %Y}"
    return f"{text} ago" if seconds > 0 else f"in {text}"


def duration(seconds: float) -> str:
    """``0.4 s``, ``41 s``, ``1 min 52 s``, ``2 h 05 min``, ``3 d 4 h``"""
    seconds = max(float(seconds), 0)
    if not math.isfinite(seconds):
        raise ValueError(f"{seconds} seconds are no length of time")
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds % 1 else f"{seconds:.0f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def size(count: float) -> str:
    """``512 B``, ``1.4 MB``: decimal units, as S3 and disks count."""
    count = float(count)
    unit = 0
    while abs(count) >= 999.5 and unit < len(UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.0f} {UNITS[unit]}" if unit == 0 or abs(count) >= 99.95 else f"{count:.1f} {UNITS[unit]}"


_DECIMAL = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")


def decimal(value: float | str) -> str:
    """A parameter as it is read: a decimal, also one that was logged as text, with at most six significant digits
    (``0.30000000000000004`` → ``0.3``); whole numbers and other texts as they are."""
    if isinstance(value, str):
        if not 8 < len(value) <= 40 or not _DECIMAL.fullmatch(value):
            return value
        shorter = f"{float(value):.6g}"
        return shorter if len(shorter) < len(value) and abs(float(value)) < 1e6 else value
    if value != value or value in (float("inf"), float("-inf")):
        return number(value)
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return decimal(repr(value))


def number(value) -> str:
    """``1,284``; decimals with four significant digits: ``0.09644`` → ``0.0964``. Anything else as it is."""
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value)
    if isinstance(value, int):
        return f"{value:,}"
    try:
        found = float(value)
    except (TypeError, ValueError):
        return str(value)
    if found != found or found in (float("inf"), float("-inf")):
        return "NaN" if found != found else ("∞" if found > 0 else "−∞")
    if found == int(found) and abs(found) < 1e15:
        return f"{int(found):,}"
    if abs(found) >= 1000:
        return f"{found:,.1f}"
    return f"{found:.4f}" if 0.001 <= abs(found) < 10 else f"{found:.4g}"
