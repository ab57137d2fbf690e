"""What two versions of a report differ in, and one that has the changes of both."""

import difflib
from dataclasses import dataclass

from areas.reports.blocks import KINDS, new_id


@dataclass(frozen=True)
class Difference:
    """What became of one block: ``added``, ``removed``, ``changed`` or ``moved``; ``lines`` is a unified diff of what it says."""

    what: str
    kind: str
    words: str
    lines: tuple[str, ...] = ()


def differences(before: list[dict], after: list[dict]) -> list[Difference]:
    """In the order of the newer version; what is gone comes last."""
    old, new = {one["id"]: one for one in before}, {one["id"]: one for one in after}
    stays = [one["id"] for one in before if one["id"] in new]
    moved = set()
    for tag, low, high, _, _ in difflib.SequenceMatcher(
        None, stays, [one["id"] for one in after if one["id"] in old], autojunk=False
    ).get_opcodes():
        if tag in ("delete", "replace"):
            moved |= set(stays[low:high])
    found = []
    for one in after:
        was = old.get(one["id"])
        if was is None:
            found.append(Difference("added", one["kind"], words_of(one), _lines([], said(one))))
        elif said(was) != said(one):
            found.append(Difference("changed", one["kind"], words_of(one), _lines(said(was), said(one))))
        elif one["id"] in moved:
            found.append(Difference("moved", one["kind"], words_of(one)))
    gone = [one for one in before if one["id"] not in new]
    return found + [Difference("removed", one["kind"], words_of(one), _lines(said(one), [])) for one in gone]


def merge(base: list[dict], theirs: list[dict], mine: list[dict]) -> tuple[list[dict], int]:
    """(their blocks with my changes, how many blocks both have changed). Nothing is lost: where both changed a block, mine
    follows theirs; what one removed and the other changed stays."""
    old, their, my = ({one["id"]: one for one in blocks} for blocks in (base, theirs, mine))
    copies, merged = {}, []
    for one in theirs:
        number = one["id"]
        was, ours = old.get(number), my.get(number)
        if ours is None:
            if was is None or said(was) != said(one):
                merged.append(one)  # new, or changed by them where I removed it
        elif was is None or said(ours) == said(was) or said(ours) == said(one):
            merged.append(one)
        elif said(one) == said(was):
            merged.append(ours)
        else:
            copies[number] = new_id()
            merged += [one, {**ours, "id": copies[number]}]
    placed = {one["id"] for one in merged}
    for place, one in enumerate(mine):
        number = one["id"]
        was = old.get(number)
        if number in placed or number in their or (was is not None and said(was) == said(one)):
            continue
        before = {copies.get(block["id"], block["id"]) for block in mine[:place]}
        at = max((index + 1 for index, block in enumerate(merged) if block["id"] in before), default=0)
        merged.insert(at, one)
    return merged, len(copies)


def words_of(block: dict) -> str:
    """What a block is called where only a line is left for it."""
    words = block.get("title") or block.get("metric") or block.get("uri") or block.get("text") or ""
    return " ".join(words.split())[:80] or KINDS[block["kind"]]


def said(block: dict) -> list[str]:
    """What a block says, as lines."""
    lines = []
    for name, value in block.items():
        if name in ("id", "by"):
            continue
        if name == "text":
            lines += value.split("\n")
        else:
            lines.append(f"{name}: {', '.join(value) if isinstance(value, list) else value}")
    return lines


def _lines(before: list[str], after: list[str]) -> tuple[str, ...]:
    found = difflib.unified_diff(before, after, lineterm="", n=1)
    return tuple(line for line in found if not line.startswith(("---", "+++", "@@")))
