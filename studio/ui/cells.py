"""Cells of list pages: what a Column shows of a Record. Made in Python, because a hundred rows of includes take too long."""

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from areas.index import resources
from areas.spec import Column, Resource
from catalog.models import Record
from studio.ui.templatetags import ui

NUMERIC = ("number", "bytes", "duration", "metric")
FIELDS = ("name", "status", "owner", "created", "modified", "parent", "arn")


def value_at(record: Record, path: str):
    """What ``path`` names: a field of the record, ``tags.<key>`` (prefetched), or a place in its document."""
    if path in FIELDS:
        return getattr(record, path)
    if path.startswith("tags."):
        return next((tag.value for tag in record.tags.all() if tag.key == path.removeprefix("tags.")), "")
    return ui.pointer(record.document, path)


def has_ended(resource: Resource, record: Record) -> bool:
    return not resource.terminal or record.status in resource.terminal


def status_of(resource: Resource, record: Record, word=ui.status) -> SafeString:
    """The record's status; what runs says which phase it is in, if its document does."""
    phase = "" if has_ended(resource, record) else record.document.get("SecondaryStatus", "")
    return word(record.status, phase)


def draw(resource: Resource, column: Column, record: Record, metrics: dict, sparks: dict) -> SafeString | str:
    """The inside of one cell."""
    if column.kind == "name":
        return format_html('<a href="{}">{}</a>', reverse(resource.codename, args=[record.name]), record.name)
    if column.kind == "status" and column.path == "status":  # the live one; others are words of the document
        return format_html(
            '<span id="status-{}" data-word="{}">{}</span>', record.id, record.status, status_of(resource, record)
        )
    if column.kind == "metric":
        return _metric(column, record, metrics, sparks)
    value = value_at(record, column.path)
    if column.kind == "duration":
        if value == "" and not has_ended(resource, record):
            value = (timezone.now() - record.created).total_seconds()
        return ui.duration(value)
    return plain(column.kind, value)


def plain(kind: str, value) -> SafeString | str:
    """A value of a document as its kind is shown; a dash for nothing. ``link:<Noun>`` links to that thing's page."""
    if value in ("", None):
        return ui.DASH
    if kind == "time":
        return ui.ago(value)
    if kind == "duration":
        return ui.duration(value)
    if kind == "bytes":
        return ui.bytes_(value)
    if kind == "number":
        return ui.number(value)
    if kind == "status":
        return ui.status(value)
    if kind == "image":
        return format_html('<span class="mono xs" title="{}">{}</span>', value, ui.short_image(value))
    if kind == "code":
        return format_html('<span class="mono xs clip" title="{}">{}</span>', value, value)
    if kind.startswith("link:"):
        return link(kind.removeprefix("link:"), str(value))
    if isinstance(value, dict | list):
        return format_html('<span class="muted xs">{} item{}</span>', len(value), "" if len(value) == 1 else "s")
    return str(value)


def link(noun: str, name: str) -> SafeString:
    """A link to the page of the ``noun`` called ``name``; just its name where there is no such page."""
    resource = resources().get(noun)
    try:
        url = reverse(resource.codename if resource else noun.lower(), args=[name])
    except NoReverseMatch:
        return format_html('<span class="mono xs">{}</span>', name)
    return format_html('<a class="mono xs" href="{}">{}</a>', url, name)


def _metric(column: Column, record: Record, metrics: dict, sparks: dict) -> SafeString:
    name, which = column.path.removeprefix("metrics."), "last"
    if name[-4:] in (".min", ".max"):
        name, which = name[:-4], name[-3:]
    found = metrics.get((record.id, name))
    if not found or found[which] is None:
        return ui.DASH
    drawn = ui.spark(sparks.get((record.id, name))) if which == "last" else ""
    return format_html('<div class="metric-cell">{}<span>{}</span></div>', drawn, ui.number(float(found[which])))
