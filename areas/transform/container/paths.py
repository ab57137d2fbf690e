"""The JSONPath that batch transform knows: ``$``, ``.name``, ``*``, ``['a','b']``, ``[1,-1]``, ``[2:5]``. Standard library only.

https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_STEP = re.compile(
    r"\.?\[\s*(?P<start>-?\d*)\s*:\s*(?P<end>-?\d*)\s*\]"
    r"|\.?\[\s*(?P<numbers>-?\d+(?:\s*,\s*-?\d+)*)\s*\]"
    r"|\.?\[\s*(?P<names>'[^']*'(?:\s*,\s*'[^']*')*)\s*\]"
    r"|(?P<all>\.\*|\.?\[\s*\*\s*\])"
    r"|\.(?P<name>[^.\[\]*'\s,:]+)"
)
_QUOTED = re.compile(r"'([^']*)'")
_FIELD = re.compile(rb'"(?:[^"]|"")*"[^,]*|[^,]*')


class BadPath(ValueError):
    """The path is not one of the subset; the message says what is wrong, in a sentence."""


class NotThere(ValueError):
    """The path leads to nothing in a record; the message says which step does."""


@dataclass(frozen=True)
class Step:
    """One step: ``names`` or ``numbers`` (several make an object or a list of them), ``part`` of a list, or everything."""

    names: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    part: tuple[int | None, int | None] | None = None

    def of(self, value, rest: Callable):
        """What the step picks of a JSON value; ``rest`` goes on from each thing that is picked."""
        if self.names:
            return self._named(value, rest)
        if self.numbers:
            if not isinstance(value, list):
                raise NotThere(f"{list(self.numbers)} asks for elements of a list, and there is none")
            found = [rest(_element(value, number)) for number in self.numbers]
            return found if len(found) > 1 else found[0]
        if self.part is not None:
            if not isinstance(value, list):
                raise NotThere("a slice asks for a part of a list, and there is none")
            return [rest(one) for one in value[slice(*self.part)]]
        if isinstance(value, dict):
            return [rest(one) for one in value.values()]
        if isinstance(value, list):
            return [rest(one) for one in value]
        raise NotThere("* asks for all elements of a list or an object, and there is neither")

    def _named(self, value, rest: Callable):
        if not isinstance(value, dict):
            raise NotThere(f"{self.names[0]!r} asks for a member of an object, and there is none")
        for name in self.names:
            if name not in value:
                raise NotThere(f"there is no member {name!r}")
        if len(self.names) == 1:
            return rest(value[self.names[0]])
        return {name: rest(value[name]) for name in self.names}


def parse(path: str) -> list[Step]:
    """The steps after ``$``; none for ``$`` itself. Raises BadPath."""
    if not path.startswith("$"):
        raise BadPath(f"The JSONPath {path!r} must begin with $.")
    steps, place = [], 1
    while place < len(path):
        found = _STEP.match(path, place)
        if not found:
            raise BadPath(
                f"The JSONPath {path!r} can't be read from {path[place:]!r} on: batch transform knows .name, *, "
                "['name','name'], [0,-1] and [1:5]."
            )
        steps.append(_step(found))
        place = found.end()
    return steps


def _step(found: re.Match) -> Step:
    if found["start"] is not None:
        return Step(part=tuple(int(text) if text else None for text in (found["start"], found["end"])))
    if found["numbers"]:
        return Step(numbers=tuple(int(text) for text in found["numbers"].split(",")))
    if found["names"]:
        return Step(names=tuple(_QUOTED.findall(found["names"])))
    return Step(names=(found["name"],)) if found["name"] else Step()


def pick(steps: list[Step], value):
    """What a path picks of a JSON value. Raises NotThere."""
    if not steps:
        return value
    return steps[0].of(value, lambda one: pick(steps[1:], one))


def check_csv(path: str) -> None:
    """BadPath unless the path can be followed in a row of CSV: a list of fields without names or nesting."""
    steps = parse(path)
    if len(steps) > 1 or (steps and steps[0].names):
        raise BadPath(
            f"The JSONPath {path!r} can't pick from text/csv: a row has numbered fields only, as in $[0,-1] or $[1:]."
        )


def row_picker(path: str) -> Callable[[bytes], bytes]:
    """A function that picks the fields of one CSV row (without its line end), each as it is written. Raises BadPath.

    The function raises NotThere for a field that the row hasn't got.
    """
    check_csv(path)
    steps = parse(path)
    if not steps or steps[0] == Step():
        return lambda row: row
    step = steps[0]
    if step.part is not None:
        return _slicer(*step.part)
    front = max((number for number in step.numbers if number >= 0), default=-1) + 1
    back = -min((number for number in step.numbers if number < 0), default=0)

    def picked(row: bytes) -> bytes:
        if b'"' in row:
            fields = split_row(row)
            return b",".join([_element(fields, number) for number in step.numbers])
        # No more is split than is picked.
        first = row.split(b",", front) if front else ()
        last = row.rsplit(b",", back) if back else ()
        return b",".join([_element(first[:front] if number >= 0 else last, number) for number in step.numbers])

    return picked


def _slicer(start: int | None, end: int | None) -> Callable[[bytes], bytes]:
    def part(row: bytes) -> bytes:
        if b'"' in row or end is not None or (start or 0) < 0:
            return b",".join(split_row(row)[start:end])
        fields = row.split(b",", start or 0)
        return fields[start or 0] if len(fields) > (start or 0) else b""

    return part


def split_row(row: bytes) -> list[bytes]:
    """The fields of a CSV row as they are written, quotes included."""
    if b'"' not in row:
        return row.split(b",")
    fields, place = [], 0
    while True:
        found = _FIELD.match(row, place)
        fields.append(found[0])
        place = found.end() + 1
        if place > len(row):
            return fields


def _element(values: list, number: int):
    try:
        return values[number]
    except IndexError:
        raise NotThere(f"there is no element {number} among {len(values)}") from None
