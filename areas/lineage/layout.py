"""The picture: columns from left to right, so that every arrow goes to the right; five or more alike fold into one box.

All numbers are pixels. Nothing is laid out in the browser, so nothing moves when one looks closer at a node.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from areas.lineage.reading import Neighbourhood
from areas.lineage.words import word_of

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 172, 52, 44, 26, 16
FOLD_AT = 5
SWEEPS = 4


@dataclass
class Box:
    """A node, or several that are folded (``members``). ``key`` is what the address names a fold by."""

    number: int
    layer: int
    nodes: list
    key: str = ""
    x: float = 0
    y: float = 0

    @property
    def is_fold(self) -> bool:
        return len(self.nodes) > 1


@dataclass
class Line:
    source: int
    destination: int
    types: set[str]
    path: str = ""
    head: str = ""


@dataclass
class Picture:
    boxes: dict[int, Box] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    width: float = 0
    height: float = 0


def draw(found: Neighbourhood, unfolded: Iterable[str] = ()) -> Picture:
    """``unfolded`` are the keys of folds that shall be open."""
    layers = _layers(found)
    picture = Picture()
    box_of = _fold(found, layers, set(unfolded), picture)
    lines: dict[tuple[int, int], Line] = {}
    for link in found.links:
        ends = box_of[link.source], box_of[link.destination]
        if ends[0] != ends[1]:
            lines.setdefault(ends, Line(*ends, set())).types.add(link.type or "associated")
    picture.lines = _direct(lines, picture.boxes)
    _place(picture)
    for line in picture.lines:
        _route(line, picture.boxes)
    return picture


def _direct(lines: dict[tuple[int, int], Line], boxes: dict[int, Box]) -> list[Line]:
    """The lines less those over several columns between boxes that others connect on the way: a deployment has an image
    both by itself and by its model. The drawer still tells of each."""
    onward: dict[int, list[int]] = {}
    for source, destination in lines:
        onward.setdefault(source, []).append(destination)

    def goes_around(source: int, destination: int) -> bool:
        last, seen = boxes[destination].layer, set()
        stack = [one for one in onward[source] if one != destination]
        while stack:
            here = stack.pop()
            if here == destination:
                return True
            if here not in seen and boxes[here].layer < last:
                seen.add(here)
                stack += onward.get(here, ())
        return False

    return [
        line for (source, destination), line in lines.items()
        if boxes[destination].layer - boxes[source].layer < 2 or not goes_around(source, destination)
    ]  # fmt: skip


def _layers(found: Neighbourhood) -> dict[int, int]:
    """The longest way to the start, so that what was made of something stands right of it. Cycles are cut."""
    layers = {found.start.id: 0}
    for sign in (-1, 1):
        mine = {number for number, level in found.levels.items() if level * sign > 0}
        nearer: dict[int, list[int]] = {}
        for link in found.links:
            far, near = (link.source, link.destination) if sign < 0 else (link.destination, link.source)
            if far in mine and (near in mine or near == found.start.id):
                nearer.setdefault(far, []).append(near)
        known = {found.start.id: 0}
        for number in sorted(mine, key=lambda one: abs(found.levels[one])):
            layers[number] = sign * _longest(number, nearer, known)
    return layers


def _longest(number: int, nearer: dict[int, list[int]], known: dict[int, int]) -> int:
    """Steps of the longest way to the start, without a cycle on it. ``known`` is what was found before, and grows."""
    if number in known:
        return known[number]
    stack, on_way = [(number, iter(nearer.get(number, ())))], {number}
    best = {number: 1}
    while stack:
        here, rest = stack[-1]
        for near in rest:
            if near in known:
                best[here] = max(best[here], known[near] + 1)
            elif near not in on_way:
                best[near] = 1
                on_way.add(near)
                stack.append((near, iter(nearer.get(near, ()))))
                break
        else:
            stack.pop()
            on_way.discard(here)
            known[here] = best[here]
            if stack:
                above = stack[-1][0]
                best[above] = max(best[above], known[here] + 1)
    return known[number]


def _fold(found: Neighbourhood, layers: dict[int, int], unfolded: set[str], picture: Picture) -> dict[int, int]:
    """Boxes of the picture; node → its box. Alike is what is of one type and hangs on the same nodes."""
    hangs: dict[int, set[int]] = {number: set() for number in layers}
    for link in found.links:
        hangs[link.source].add(link.destination)
        hangs[link.destination].add(link.source)
    groups: dict[tuple, list] = {}
    for number, vertex in found.vertices.items():
        near = min((one for one in hangs[number] if abs(layers[one]) < abs(layers[number])), default=0)
        groups.setdefault((layers[number], word_of(vertex), near), []).append(vertex)
    box_of = {found.start.id: found.start.id}
    picture.boxes[found.start.id] = Box(found.start.id, 0, [found.start])
    for (layer, word, near), members in groups.items():
        members.sort(key=lambda vertex: (vertex.created, vertex.id), reverse=True)
        key = f"{layer}.{near}.{word.replace(' ', '-')}"
        folded = len(members) >= FOLD_AT and key not in unfolded
        for boxed in [members] if folded else [[vertex] for vertex in members]:
            picture.boxes[boxed[0].id] = Box(boxed[0].id, layer, boxed, key if folded else "")
            box_of |= {vertex.id: boxed[0].id for vertex in boxed}
    return box_of


def _place(picture: Picture) -> None:
    """Columns by layer; within one, near the middle of what a box hangs on."""
    columns: dict[int, list[Box]] = {}
    for box in picture.boxes.values():
        columns.setdefault(box.layer, []).append(box)
    beside: dict[int, list[int]] = {number: [] for number in picture.boxes}
    for line in picture.lines:
        beside[line.source].append(line.destination)
        beside[line.destination].append(line.source)
    for column in columns.values():
        column.sort(key=lambda box: (box.is_fold, word_of(box.nodes[0]), box.number))
    place = {box.number: index - len(column) / 2 for column in columns.values() for index, box in enumerate(column)}
    for _ in range(SWEEPS):
        for layer in sorted(columns, key=abs):
            column = columns[layer]
            means = {
                box.number: sum(place[one] for one in beside[box.number]) / len(beside[box.number])
                if beside[box.number] else place[box.number]
                for box in column
            }  # fmt: skip
            column.sort(key=lambda box: (means[box.number], box.number))
            place |= {box.number: index - len(column) / 2 for index, box in enumerate(column)}
    step = HEIGHT + GAP_Y
    tallest = max(len(column) for column in columns.values())
    picture.height = tallest * step + 2 * MARGIN
    first = min(columns)
    for layer, column in columns.items():
        top = MARGIN + (tallest - len(column)) * step / 2
        for index, box in enumerate(column):
            box.x, box.y = MARGIN + (layer - first) * (WIDTH + GAP_X), top + index * step
    picture.width = MARGIN * 2 + (max(columns) - first) * (WIDTH + GAP_X) + WIDTH


def _route(line: Line, boxes: dict[int, Box]) -> None:
    source, destination = boxes[line.source], boxes[line.destination]
    y1, y2 = source.y + HEIGHT / 2, destination.y + HEIGHT / 2
    x1, x2 = source.x + WIDTH, destination.x
    if x2 > x1:
        bend = min(GAP_X, x2 - x1) / 2
        line.path = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2 - 6:g} {y2:g}"
        line.head = f"M{x2 - 1:g} {y2:g}l-6 -3.5v7z"
    else:  # back to the left: the arrow of a cycle goes around, below
        low = max(source.y, destination.y) + HEIGHT + GAP_Y / 2
        middle = (x1 + x2) / 2
        line.path = (
            f"M{x1:g} {y1:g}C{x1 + GAP_X / 2:g} {y1:g} {x1 + GAP_X / 2:g} {low:g} {middle:g} {low:g}"
            f"S{x2 - GAP_X / 2:g} {y2:g} {x2 - 6:g} {y2:g}"
        )
        line.head = f"M{x2 - 1:g} {y2:g}l-6 -3.5v7z"
