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
    """Colours of runs that are shown together, in whatever order: each its own one; of up to seven that clash, all but the
    first by name have the next free one."""
    names = set(names)
    found = {name: colour_of(name) for name in names}
    if baseline in found:
        found[baseline] = 0
    if len(names - {baseline}) <= COLOURS:
        _part(found, sorted(names - {baseline}))
    return found


def _part(found: dict[str, int], names: list[str]) -> None:
    """Move whoever comes second to a colour; those with a colour of their own stay, so that most look as on other pages."""
    taken, second = set(), []
    for name in names:
        if found[name] in taken:
            second.append(name)
        taken.add(found[name])
    for name in second:
        while found[name] in taken:
            found[name] = found[name] % COLOURS + 1
        taken.add(found[name])
