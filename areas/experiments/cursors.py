"""How far a chart has read: series → how many of its points it has, short enough for an address.

Series by ascending id, each as the distance to the one before and its count, in base 36; the count is left out where it is
that of the series before, as it is for metrics that are logged together.
"""

MOST = 3000  # characters; without a cursor a chart asks for all of it again

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def write(counts: dict[int, int]) -> str:
    parts, last, before = [], 0, -1
    for number, count in sorted(counts.items()):
        parts.append(_36(number - last) + ("" if count == before else f"-{_36(count)}"))
        last, before = number, count
    text = ".".join(parts)
    return text if len(text) <= MOST else ""


def read(cursor: str) -> dict[int, int]:
    """The counts again; none for what is no cursor of ours."""
    found, number, count = {}, 0, 0
    try:
        for part in cursor.split(".") if cursor else ():
            step, _, new = part.partition("-")
            number += int(step, 36)
            count = int(new, 36) if new else count
            found[number] = count
    except ValueError:
        return {}
    return found


def _36(number: int) -> str:
    text = ""
    while number >= 36:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return DIGITS[number] + text
