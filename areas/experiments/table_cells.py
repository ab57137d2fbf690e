"""The cells of a table of runs as HTML. Made in Python: a page may have 25,000 of them."""

import math
from html import escape

from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe

from areas import icons, statuses, words
from areas.experiments.chosen import has_ended, label_of, status_of
from areas.experiments.table_columns import TIMES, Column
from areas.experiments.table_values import Values
from areas.index import resources
from areas.permissions import of_arn
from catalog.models import Record

DASH = '<span class="faint">–</span>'
NOTE_SHOWN, TEXT_SHOWN = 120, 160


class Cells:
    """Draws the cells of a page's runs in its columns; with a baseline, metrics say how far they are from it."""

    def __init__(self, columns: list[Column], values: Values, baseline: Record | None, *, may_update: bool = False):
        self.columns, self.values, self.may_update = columns, values, may_update
        self.baseline = baseline
        self.base = {}
        if baseline is not None:
            self.base = {column.key: values.of(baseline, column) for column in columns if column.is_metric}

    def row(self, record: Record) -> list[SafeString]:
        """The insides of a run's cells, in the order of the columns."""
        return [mark_safe(self.cell(record, column)) for column in self.columns]  # noqa: S308 - escaped where it is made

    def cell(self, record: Record, column: Column) -> str:
        value = self.values.of(record, column)
        if column.family == "metrics":
            return self._metric(record, column, value)
        if column.family == "fact":
            return getattr(self, f"_{column.name}", self._text)(record, value)
        return self._plain(value)

    def _metric(self, record: Record, column: Column, value: float | None) -> str:
        if value is None:
            return DASH
        drawn = f'<span class="v">{words.number(value)}</span>'
        base = self.base.get(column.key)
        if base is None or record.id == self.baseline.id or column.stat == "count":
            return drawn
        return f"{drawn}{delta(value - base, column.higher, base)}"

    def _plain(self, value) -> str:
        if value is None or value == "":
            return DASH
        if isinstance(value, float):
            return words.number(value) if math.isfinite(value) and abs(value) >= 1000 else decimal(value)
        return decimal(value) if len(str(value)) <= TEXT_SHOWN else _clipped(str(value), TEXT_SHOWN)

    def _text(self, record: Record, value) -> str:
        return self._plain(value)

    def _status(self, record: Record, value) -> str:
        return f'<span data-word="{escape(value or "")}">{status(value or "")}</span>'

    def _time(self, record: Record, value) -> str:
        return time(value) if value else DASH

    _created = _started = _ended = _time

    def _duration(self, record: Record, value) -> str:
        return DASH if value is None else words.duration(value)

    def _name(self, record: Record, value) -> str:
        return f'<span class="mono xs">{escape(value)}</span>'

    def _commit(self, record: Record, value) -> str:
        if not value:
            return DASH
        return f'<span class="mono xs" title="{escape(value)}">{escape(value[:8])}</span>'

    def _note(self, record: Record, value) -> str:
        words_ = _clipped(value.partition("\n")[0], NOTE_SHOWN) if value else DASH
        if not self.may_update:
            return words_
        label = f"Edit the note of {label_of(record)}"
        return (
            f'<span class="note-text" data-note="{escape(value or "")}">{words_}</span>'
            f'<button class="copy note-edit" type="button" data-edit-note aria-label="{escape(label)}">{_PENCIL}</button>'
        )

    def _source(self, record: Record, value) -> str:
        if not value:
            return DASH
        noun, name, _ = of_arn(value)
        return link(noun, name)

    def _trial(self, record: Record, value) -> str:
        return ", ".join(link("Trial", name) for name in value) if value else DASH

    def _tags(self, record: Record, value) -> str:
        if not value:
            return DASH
        return "".join(f'<span class="chip chip--plain">{escape(one)}</span>' for one in value)

    def _dataset(self, record: Record, value) -> str:
        name = (value or "").partition("/")[0]
        if value and "/" in value and value.rpartition("/")[2][:1] == "v":
            return f'<a href="{reverse("dataset", args=[name])}">{escape(value)}</a>'
        return self._plain(value)


def delta(difference: float, higher: bool, base: float) -> str:
    """How far a value is from the baseline's: sign, arrow, and whether that is better; words for who can't see the colour."""
    if difference != difference:
        return '<span class="delta faint">NaN</span>'
    if difference == 0:
        return '<span class="delta faint">same</span>'
    word = "better" if (difference > 0) == higher else "worse"
    sign, arrow = ("+", "▲") if difference > 0 else ("−", "▼")
    share = f"{sign}{abs(difference / base) * 100:.3g} %, " if base and math.isfinite(difference / base) else ""
    return (
        f'<span class="delta {"good" if word == "better" else "bad"}" title="{share}{word} than the baseline">{arrow} {sign}'
        f'{words.number(abs(difference))}<span class="visually-hidden"> {word}</span></span>'
    )


def decimal(value: float | str) -> str:
    """A parameter in short, and what somebody typed, to the last digit, in its title."""
    shown = words.decimal(value)
    full = str(value) if isinstance(value, str) else repr(value).removesuffix(".0")
    return escape(shown) if shown == full else f'<span title="{escape(full)}">{escape(shown)}</span>'


def link(noun: str, name: str) -> str:
    resource = resources().get(noun)
    try:
        url = reverse(resource.codename if resource else noun.lower(), args=[name])
    except NoReverseMatch:
        return f'<span class="mono xs">{escape(name)}</span>'
    return f'<a class="mono xs" href="{url}">{escape(name)}</a>'


def status(word: str) -> str:
    if not word:
        return DASH
    found = statuses.state(word)
    drawn = icons.draw(statuses.ICONS[found], "icon spin" if found == statuses.RUNNING else "icon")
    return f'<span class="status" data-status="{found}">{drawn}{escape(word)}</span>'


def time(value) -> str:
    return f'<time datetime="{value.isoformat()}" title="{words.exact(value)}">{words.ago(value)}</time>'


def facts_of(record: Record) -> dict:
    """What scripts need to know of a row."""
    noun = of_arn((record.document.get("Source") or {}).get("SourceArn", ""))[0]
    return {
        "name": record.name,
        "label": label_of(record),
        "word": status_of(record),
        "ended": has_ended(record),
        "job": noun,
    }


def is_time(column: Column) -> bool:
    return column.name in TIMES and column.family == "fact"


def _clipped(text: str, most: int) -> str:
    if len(text) <= most:
        return escape(text)
    return f'<span title="{escape(text[:2000])}">{escape(text[: most - 1])}…</span>'


_PENCIL = icons.draw("pencil-square")
