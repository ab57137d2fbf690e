"""What could stand at a place of a query that somebody is still writing: a field, an operator, a value, or AND and OR."""

import re
from dataclasses import dataclass

from catalog.query_language import TOKEN, TOKEN_OF_LIST

FIELD, OPERATOR, VALUE, JOIN = "field", "operator", "value", "join"
_OPEN_KEY = re.compile(
    r"[^\s()=<>~!\"'`,]+\.(?:\"(?:\\.|[^\"\\])*|`[^`]*)", re.DOTALL
)  # a key's quote isn't closed yet
_REST = re.compile(r"[^\s()=<>~!\"'`,]*")


@dataclass(frozen=True)
class Place:
    """What is expected, and the part of a word that is there already, from ``begin`` to ``end``."""

    expects: str
    begin: int
    end: int
    part: str = ""
    field: str = ""  # that an operator or a value is for
    in_list: bool = False
    opens_quote: bool = False


def place_at(text: str, at: int) -> Place:
    """The place before character ``at``. Never fails, whatever the text is."""
    at = min(max(at, 0), len(text))
    end = at + len(_REST.match(text, at)[0])
    state, position = (FIELD, "", False), 0
    while True:
        expects, field, in_list = state
        begin = position + len(text[position:at]) - len(text[position:at].lstrip())
        if begin >= at:
            return Place(expects, at, end, "", field, in_list)
        if _OPEN_KEY.fullmatch(text[begin:at]):
            return Place(expects, begin, end, text[begin:at], field, in_list, True)
        match = (TOKEN_OF_LIST if in_list else TOKEN).match(text[:at], begin)
        kind, position = match.lastgroup, match.end()
        if kind == "broken":
            return Place(expects, begin, end, text[begin + 1 : at], field, in_list, True)
        if kind == "word" and position >= at:
            return Place(expects, begin, end, text[begin:at], field, in_list)
        state = _next(state, kind, match.group(kind), text[position:])


def _next(state: tuple, kind: str, token: str, rest: str) -> tuple:
    """The state after a token: (what is expected, the field that it is for, whether inside a list)."""
    expects, field, in_list = state
    word = token.upper() if kind == "word" else ""
    if in_list:
        if kind == "close":
            return JOIN, "", False
        return (VALUE if kind == "comma" else JOIN), field, True
    if expects == VALUE:
        return (VALUE, field, True) if kind == "open" else (JOIN, "", False)
    if expects == OPERATOR:
        if kind == "operator" or word in ("LIKE", "ILIKE", "IN"):
            return VALUE, field, False
        if word == "NOT" or (word == "IS" and re.match(r"\s*(not\b|null\b|$)", rest, re.IGNORECASE)):
            return OPERATOR, field, False
        if word in ("EXISTS", "NULL"):
            return JOIN, "", False
    if word in ("AND", "OR", "NOT") or kind == "open":
        return FIELD, "", False
    if kind in ("word", "quoted"):
        return OPERATOR, token, False
    return JOIN, "", False
