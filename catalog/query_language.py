"""The query language of list pages: free words and ``field op value`` with AND, OR, NOT and parentheses, as a tree.

``penguins AND (status = InProgress OR metrics.validation:auc > 0.98) AND NOT tags.team = scratch``
Words that stand side by side are joined by AND. Values with spaces go into quotes.
"""

import re
from dataclasses import dataclass

OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "~", "!~")
TOKEN = re.compile(
    r"""\s*(?:
        (?P<open>\() | (?P<close>\)) | (?P<operator>!=|<=|>=|!~|=|<|>|~) |
        (?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*') | (?P<broken>["']) | (?P<word>[^\s()=<>~!"']+) | (?P<other>\S)
    )""",
    re.VERBOSE,
)
MAX_LENGTH, MAX_DEPTH = 2000, 40


class QueryError(Exception):
    """A query that can't be read. ``at`` is the character it stops at, counted from 0."""

    def __init__(self, message: str, at: int):
        super().__init__(message)
        self.message, self.at = message, at


@dataclass(frozen=True)
class Word:
    """A free word: part of a name."""

    text: str
    at: int


@dataclass(frozen=True)
class Comparison:
    field: str
    operator: str
    value: str
    quoted: bool
    at: int  # where the field begins
    value_at: int


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
    reader = _Reader(_tokens(text), len(text.rstrip()))
    if not reader.tokens:
        return None
    tree = reader.either()
    if reader.next is not None:
        raise QueryError("This parenthesis closes nothing", reader.next.at)
    return tree


def _tokens(text: str) -> list[_Token]:
    found, position = [], 0
    while match := TOKEN.match(text, position):
        kind = match.lastgroup
        at = match.start(kind)
        value = match.group(kind)
        if kind == "broken":
            raise QueryError("The quote that opens here is never closed", at)
        if kind == "other":
            raise QueryError(f"{value} has no meaning here", at)
        if kind == "quoted":
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        if kind == "word" and value.upper() in ("AND", "OR", "NOT"):
            kind, value = value.upper(), value.upper()
        found.append(_Token(kind, value, at))
        position = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[_Token], end: int):
        self.tokens, self.end, self.position, self.depth = tokens, end, 0, 0

    @property
    def next(self) -> _Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self) -> _Token:
        token = self.tokens[self.position]
        self.position += 1
        return token

    def sees(self, *kinds: str) -> bool:
        return self.next is not None and self.next.kind in kinds

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
        if not self.sees("operator"):
            return Word(token.text, token.at)
        operator = self.take()
        if not self.sees("word", "quoted"):
            at = self.next.at if self.next else self.end
            raise QueryError(f"A value is missing after {token.text} {operator.text}", at)
        value = self.take()
        return Comparison(token.text, operator.text, value.text, value.kind == "quoted", token.at, value.at)
