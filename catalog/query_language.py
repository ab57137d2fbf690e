"""The query language of all lists: free words and conditions on fields with AND, OR, NOT and parentheses, as a tree.

``penguins AND (status IN (Failed, Stopped) OR metrics."val loss".min < 0.1) AND NOT tags.team = scratch``
Words that stand side by side are joined by AND. Values with spaces go into quotes. docs/query-language.md tells it to people.
"""

import re
from dataclasses import dataclass

OPERATORS = ("=", "!=", "==", "!==", "<", "<=", ">", ">=", "~", "!~", "LIKE", "ILIKE")
MAX_LENGTH, MAX_DEPTH, MAX_CONDITIONS = 2000, 40, 200
_PLAIN = r"[^\s()=<>~!\"'`≥≤≠≈{comma}]"
# A key in quotes is part of its field: metrics."val loss".max
_WORD = rf"{_PLAIN}+(?:(?<=\.)(?:\"(?:\\.|[^\"\\])*\"|`[^`]*`){_PLAIN}*)*"
_TOKEN = r"""\s*(?:
    (?P<open>\() | (?P<close>\)) | (?P<operator>!==|!=|<=|>=|!~|==|=|<|>|~) |
    (?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*') | (?P<broken>["']) | (?P<word>{word}) | (?P<comma>,) | (?P<other>\S)
)"""
TOKEN = re.compile(_TOKEN.format(word=_WORD.format(comma="")), re.VERBOSE | re.DOTALL)
TOKEN_OF_LIST = re.compile(_TOKEN.format(word=_WORD.format(comma=",")), re.VERBOSE | re.DOTALL)
UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_PART = re.compile(r"\"((?:\\.|[^\"\\])*)\"|`([^`]*)`|([^.]*)", re.DOTALL)
_BARE = re.compile(_PLAIN.format(comma=",") + r"+")
_WHOLE = re.compile(_PLAIN.format(comma="") + r"+")
_WRITTEN_SO = {"≥": ">=", "≤": "<=", "≠": "!=", "≈": "~", "<>": "!=", "=>": ">=", "=<": "<=", "=~": "~", "=!": "!="}


class QueryError(Exception):
    """A query that can't be read. ``at`` is the character it stops at, counted from 0."""

    def __init__(self, message: str, at: int):
        super().__init__(message)
        self.message, self.at = message, at


@dataclass(frozen=True)
class Word:
    """A free word: part of a name."""

    text: str
    at: int = 0


@dataclass(frozen=True)
class Comparison:
    """``field operator value``. ``field`` is written as in a query (``join_field``); a quoted value is never a number."""

    field: str
    operator: str
    value: str
    quoted: bool = False
    at: int = 0  # where the field begins
    value_at: int = 0


@dataclass(frozen=True)
class OneOf:
    """``field IN (value, …)``: equal to one of them. ``values`` are Comparisons with ``=``."""

    field: str
    values: tuple[Comparison, ...]
    at: int = 0


@dataclass(frozen=True)
class Known:
    """``field EXISTS``, ``field IS NOT NULL``: it has a value."""

    field: str
    at: int = 0


@dataclass(frozen=True)
class Not:
    inner: object


@dataclass(frozen=True)
class Both:
    parts: tuple


@dataclass(frozen=True)
class Either:
    parts: tuple


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(text: str):
    """The tree of a query, None for an empty one. Raises QueryError."""
    if len(text) > MAX_LENGTH:
        raise QueryError(f"The query is longer than {MAX_LENGTH} characters", MAX_LENGTH)
    check_text(text, 0)
    reader = _Reader(_tokens(text), len(text.rstrip()))
    if not reader.tokens:
        return None
    tree = reader.either()
    if reader.next is not None:
        raise QueryError("This parenthesis closes nothing", reader.next.at)
    return tree


def check_text(text: str, at: int) -> None:
    """Refuse characters that no database keeps, in a query or a tree that others built."""
    if found := UNREADABLE.search(text):
        raise QueryError("This character can't be searched for", at + found.start())


def quote(text: str) -> str:
    """Text as a quoted value."""
    return '"' + re.sub(r"([\"\\])", r"\\\1", text) + '"'


def join_field(kind: str, key: str, stat: str = "") -> str:
    """``metrics``, ``val loss``, ``max`` → ``metrics."val loss".max``. Keys that could be read otherwise are quoted."""
    plain = _BARE.fullmatch(key) and "." not in key
    return ".".join(filter(None, (kind, key if plain else quote(key), stat)))


def parts_of(field: str) -> list[tuple[str, bool]]:
    """``metrics."val loss".max`` → [("metrics", False), ("val loss", True), ("max", False)]: (text, was quoted)."""
    found, position = [], 0
    while True:
        match = _PART.match(field, position)
        quoted, ticked, plain = match.groups()
        if quoted is not None:
            found.append((_unescaped(quoted), True))
        else:
            found.append((ticked, True) if ticked is not None else (plain, False))
        position = match.end()
        if position >= len(field):
            return found
        position += field[position] == "."


def write(tree) -> str:
    """A tree as a query that parses to it again, but for places and superfluous parentheses."""
    match tree:
        case None:
            return ""
        case Word(text=text):
            return quote(text)
        case Comparison(field=field, operator=operator):
            return f"{field} {operator} {_value(tree)}"
        case OneOf(field=field, values=values):
            return f"{field} IN ({', '.join(_value(one, _BARE) for one in values)})"
        case Known(field=field):
            return f"{field} EXISTS"
        case Not(inner=inner):
            return f"NOT ({write(inner)})"
        case Both(parts=parts):
            return " AND ".join(f"({write(part)})" for part in parts)
        case Either(parts=parts):
            return " OR ".join(f"({write(part)})" for part in parts)
    raise TypeError(tree)


def _value(one: Comparison, bare: re.Pattern = _WHOLE) -> str:
    return quote(one.value) if one.quoted or not bare.fullmatch(one.value) else one.value


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _tokens(text: str) -> list[_Token]:
    found, position, in_list = [], 0, False
    while match := (TOKEN_OF_LIST if in_list else TOKEN).match(text, position):
        kind = match.lastgroup
        at = match.start(kind)
        value = match.group(kind)
        if kind == "broken":
            raise QueryError("The quote that opens here is never closed", at)
        if kind == "other":
            raise QueryError(_meaningless(value), at)
        if kind == "operator" and (pair := _WRITTEN_SO.get(text[at : at + 2])):
            raise QueryError(f"{text[at : at + 2]} is no operator; write {pair}", at)
        if kind == "quoted":
            value = _unescaped(value[1:-1])
        if kind == "word" and value in ("&&", "||", "&", "|"):
            raise QueryError(f"{value} is no operator; write {'AND' if '&' in value else 'OR'}", at)
        if kind == "word" and value.upper() in ("AND", "OR", "NOT") and not in_list:
            kind, value = value.upper(), value.upper()
        if kind == "open":
            in_list = _opens_list(found)
        elif kind == "close":
            in_list = False
        found.append(_Token(kind, value, at))
        position = match.end()
    return found


def _opens_list(before: list[_Token]) -> bool:
    """Whether a parenthesis after these tokens opens the list of IN."""
    if len(before) < 2 or before[-1].kind != "word" or before[-1].text.upper() != "IN":
        return False
    named = before[-3] if before[-2].kind == "NOT" and len(before) > 2 else before[-2]
    return named.kind in ("word", "quoted")


def _meaningless(sign: str) -> str:
    return f"{sign} is no operator; write {_WRITTEN_SO[sign]}" if sign in _WRITTEN_SO else f"{sign} has no meaning here"


class _Reader:
    def __init__(self, tokens: list[_Token], end: int):
        self.tokens, self.end, self.position, self.depth, self.conditions = tokens, end, 0, 0, 0

    @property
    def next(self) -> _Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self) -> _Token:
        token = self.tokens[self.position]
        self.position += 1
        return token

    def sees(self, *kinds: str) -> bool:
        return self.next is not None and self.next.kind in kinds

    def sees_word(self, *words: str, ahead: int = 0) -> bool:
        place = self.position + ahead
        token = self.tokens[place] if place < len(self.tokens) else None
        return token is not None and token.kind in ("word", "NOT") and token.text.upper() in words

    def either(self):
        parts = [self.both()]
        while self.sees("OR"):
            self.take()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self):
        parts = [self.negated()]
        while self.next is not None and not self.sees("OR", "close"):
            if self.sees("AND"):
                self.take()
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def negated(self):
        if self.sees("NOT"):
            self.take()
            return Not(self.nested(self.negated))
        return self.nested(self.single)

    def nested(self, read):
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise QueryError("Parentheses are nested too deeply", self.next.at if self.next else self.end)
        found = read()
        self.depth -= 1
        return found

    def single(self):
        if self.next is None:
            raise QueryError("Something is missing at the end", self.end)
        token = self.take()
        if token.kind == "open":
            inner = self.either()
            if not self.sees("close"):
                raise QueryError("The parenthesis that opens here is still open", token.at)
            self.take()
            return inner
        if token.kind not in ("word", "quoted"):
            raise QueryError(f"A name or a field is missing before {token.text}", token.at)
        self.conditions += 1
        if self.conditions > MAX_CONDITIONS:
            raise QueryError(f"The query has more than {MAX_CONDITIONS} conditions", token.at)
        field = quote(token.text) if token.kind == "quoted" else token.text
        if self.sees("operator"):
            return self.comparison(field, token, self.take().text)
        return self.worded(field, token) or Word(token.text, token.at)

    def comparison(self, field: str, named: _Token, operator: str) -> Comparison:
        if not self.sees("word", "quoted"):
            at = self.next.at if self.next else self.end
            raise QueryError(f"A value is missing after {named.text} {operator}", at)
        value = self.take()
        return Comparison(field, operator, value.text, value.kind == "quoted", named.at, value.at)

    def worded(self, field: str, named: _Token):
        """The conditions whose operator is a word: IN, LIKE, ILIKE, EXISTS, IS NULL, each with its NOT."""
        negated = int(self.sees_word("NOT"))
        if self.sees_word("LIKE", "ILIKE", ahead=negated) and self._is_operator(negated):
            self.position += negated
            found = self.comparison(field, named, self.take().text.upper())
        elif self.sees_word("IN", ahead=negated) and self._sees_open(negated + 1):
            self.position += negated + 1
            found = OneOf(field, self.values(field, named), named.at)
        elif self.sees_word("EXISTS", ahead=negated):
            self.position += negated + 1
            found = Known(field, named.at)
        elif self.sees_word("IS") and self.sees_word("NULL", ahead=1 + int(self.sees_word("NOT", ahead=1))):
            negated = int(not self.sees_word("NOT", ahead=1))
            self.position += 3 - negated
            found = Known(field, named.at)
        else:
            return None
        return Not(found) if negated else found

    def _is_operator(self, negated: int) -> bool:
        """LIKE at the end, or before AND, is a word that somebody looks for."""
        place = self.position + negated + 1
        return place < len(self.tokens) and self.tokens[place].kind in ("word", "quoted")

    def _sees_open(self, ahead: int) -> bool:
        place = self.position + ahead
        return place < len(self.tokens) and self.tokens[place].kind == "open"

    def values(self, field: str, named: _Token) -> tuple[Comparison, ...]:
        opened, found = self.take(), []
        while True:
            if not self.sees("word", "quoted"):
                at = self.next.at if self.next else self.end
                raise QueryError(f"A value is missing in the list of {named.text} IN", at)
            value = self.take()
            found.append(Comparison(field, "=", value.text, value.kind == "quoted", named.at, value.at))
            if self.sees("close"):
                self.take()
                return tuple(found)
            if not self.sees("comma"):
                at = self.next.at if self.next else opened.at
                raise QueryError("A comma or a closing parenthesis is missing in this list", at)
            self.take()
