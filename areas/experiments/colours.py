"""A run's colour: one of seven series tokens by its name, the same on every page; ink (0) is the baseline's."""

from collections.abc import Iterable

COLOURS = 7  # --series-1 … --series-7


def colour_of(name: str) -> int:
    """1 … 7 by a stable hash of the name (FNV-1a, 32 bits, of its UTF-8), as ``colourOf`` of curves.js has it."""
    value = 2166136261
    for byte in name.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return (value ^ value >> 15) % COLOURS + 1


def colours_of(names: Iterable[str], *, baseline: str = "") -> dict[str, int]:
    """Colours of runs that are shown together: each its own one, or the next free one where two of up to seven would clash."""
    names = list(dict.fromkeys(names))
    found, taken = {}, set()
    for name in names:
        if name == baseline:
            found[name] = 0
            continue
        number = colour_of(name)
        if len(taken) < COLOURS:
            while number in taken:
                number = number % COLOURS + 1
        taken.add(number)
        found[name] = number
    return found
