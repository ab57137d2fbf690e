"""MLflow's filter language, read: ``metrics.acc > 0.9 AND params.`my key` LIKE 'x%' AND attributes.status IN ('FAILED')``.

Ours, beyond MLflow's: OR, NOT and parentheses. ``read`` answers a tree of tuples: ("and" or "or", [trees]), ("not", tree) or
("is", Comparison).
"""

import re
from dataclasses import dataclass

from areas.experiments.mlflow.errors import MlflowError, invalid

KINDS = {
    "metric": "metric", "metrics": "metric", "param": "param", "params": "param", "parameter": "param",
    "parameters": "param", "tag": "tag", "tags": "tag", "attribute": "attribute", "attributes": "attribute",
    "attr": "attribute", "run": "attribute", "dataset": "dataset", "datasets": "dataset",
}  # fmt: skip
NUMERIC = {"<", "<=", ">", ">=", "=", "!="}
TEXT = {"=", "!=", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"}
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*")|(?P<sign><=|>=|!=|=|<|>|\(|\)|,)"""
    r"""|(?P<number>[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|(?:inf|infinity|nan)\b))(?![\w.])"""
    r"""|(?P<name>[^\W\d]\w*(?:\.(?:`[^`]*`|"[^"]*"|[\w.\-/:]+))?|`[^`]*`))""",
    re.IGNORECASE,
)
_DEEPEST = 50
LONGEST, MOST, LISTED = 200_000, 200, 5000  # characters, conditions, values of a list: of one filter


@dataclass(frozen=True)
class Comparison:
    kind: str  # metric, param, tag, attribute, dataset
    key: str
    sign: str  # one of NUMERIC or TEXT
    value: object  # float, str, tuple of str; None for IS NULL


def read(text: str) -> tuple | None:
    """The tree of a filter; None for an empty one. INVALID_PARAMETER_VALUE that names the place."""
    reader = _Reader(text)
    if reader.at_end:
        return None
    tree = reader.either()
    if not reader.at_end:
        raise reader.wrong("AND, OR or the end")
    return tree


def read_order(text: str) -> tuple[str, str, bool]:
    """(kind, key, whether ascending) of ``metrics.acc DESC``."""
    reader = _Reader(text)
    kind, key = reader.field()
    word = reader.word()
    if word not in ("", "ASC", "DESC"):
        raise invalid(f"Invalid order_by clause {text!r}: write ASC or DESC behind the key.")
    if word:
        reader.take()
    if not reader.at_end:
        raise reader.wrong("ASC, DESC or the end")
    return kind, key, word != "DESC"


class _Reader:
    def __init__(self, text: str):
        if len(text) > LONGEST:
            raise invalid(f"Invalid filter: it has {len(text)} characters, more than {LONGEST}.")
        self.text, self.tokens, at, end = text, [], 0, len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None:
                raise invalid(f"Invalid filter {text!r}: it can't be read from {text[at : at + 20].strip()!r} on.")
            self.tokens.append((match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
            at = match.end()
        self.at, self.deep, self.compared = 0, 0, 0

    @property
    def at_end(self) -> bool:
        return self.at >= len(self.tokens)

    def word(self, ahead: int = 0) -> str:
        """The next token in capitals, "" at the end; text in quotes is none."""
        if self.at + ahead >= len(self.tokens) or self.tokens[self.at + ahead][0] == "text":
            return ""
        return self.tokens[self.at + ahead][1].upper()

    def take(self) -> tuple[str, str]:
        if self.at_end:
            raise self.wrong("more")
        kind, text, _ = self.tokens[self.at]
        self.at += 1
        return kind, text

    def wrong(self, wanted: str) -> MlflowError:
        there = "the end" if self.at_end else f"{self.tokens[self.at][1]!r} at position {self.tokens[self.at][2] + 1}"
        return invalid(f"Invalid filter {self.text!r}: {there} stands where {wanted} was expected.")

    def either(self) -> tuple:
        found = [self.both()]
        while self.word() == "OR":
            self.take()
            found.append(self.both())
        return found[0] if len(found) == 1 else ("or", found)

    def both(self) -> tuple:
        found = [self.one()]
        while self.word() == "AND":
            self.take()
            found.append(self.one())
        return found[0] if len(found) == 1 else ("and", found)

    def one(self) -> tuple:
        self.deep += 1
        if self.deep > _DEEPEST:
            raise invalid(f"Invalid filter: it is nested more than {_DEEPEST} deep.")
        if self.word() == "NOT":
            self.take()
            found = ("not", self.one())
        elif self.word() == "(":
            self.take()
            found = self.either()
            self.expect(")")
        else:
            found = ("is", self.comparison())
        self.deep -= 1
        return found

    def expect(self, sign: str) -> None:
        if self.word() != sign:
            raise self.wrong(repr(sign))
        self.take()

    def field(self) -> tuple[str, str]:
        if self.at_end or self.tokens[self.at][0] not in ("name", "text"):
            raise self.wrong("a field such as metrics.accuracy")
        kind, text = self.take()
        if kind == "text":
            return "attribute", text[1:-1]
        before, dot, key = text.partition(".")
        if not dot:
            return "attribute", text.strip("`")
        if before.lower() not in KINDS:
            raise invalid(f"Invalid entity type {before!r}. Valid values are ['metric', 'parameter', 'tag', 'attribute', "
                          "'dataset'].")  # fmt: skip
        key = key[1:-1] if key[0] in '`"' else key
        if not key:
            raise invalid(f"Invalid filter {self.text!r}: {text!r} names no key.")
        return KINDS[before.lower()], key

    def comparison(self) -> Comparison:
        self.compared += 1
        if self.compared > MOST:
            raise invalid(f"Invalid filter: it has more than {MOST} conditions.")
        kind, key = self.field()
        sign = self.sign()
        if sign in ("IS NULL", "IS NOT NULL"):
            return Comparison(kind, key, sign, None)
        if sign in ("IN", "NOT IN"):
            return Comparison(kind, key, sign, self.listed())
        what, text = self.take() if not self.at_end else ("", "")
        if not what:
            raise self.wrong("a number or a text in quotes")
        if what == "number":
            return Comparison(kind, key, sign, float(text))
        if what == "text":
            return Comparison(kind, key, sign, _unquoted(text))
        self.at -= 1
        raise self.wrong("a number or a text in quotes")

    def sign(self) -> str:
        word = self.word()
        if word in NUMERIC or word in ("LIKE", "ILIKE", "IN"):
            self.take()
            return word
        if word == "NOT" and self.word(1) == "IN":
            self.take(), self.take()
            return "NOT IN"
        if word == "IS" and self.word(1) == "NULL":
            self.take(), self.take()
            return "IS NULL"
        if word == "IS" and self.word(1) == "NOT" and self.word(2) == "NULL":
            self.take(), self.take(), self.take()
            return "IS NOT NULL"
        raise self.wrong("a comparison such as = or LIKE")

    def listed(self) -> tuple[str, ...]:
        self.expect("(")
        found = []
        while True:
            what, text = self.take()
            if what != "text":
                self.at -= 1
                raise self.wrong("a text in quotes")
            found.append(_unquoted(text))
            if len(found) > LISTED:
                raise invalid(f"Invalid filter: a list has more than {LISTED} values.")
            if self.word() == ")":
                self.take()
                return tuple(found)
            self.expect(",")


def _unquoted(text: str) -> str:
    inner = text[1:-1]
    return inner.replace("''", "'") if text[0] == "'" else inner
