"""Searches of MLflow's clients: experiments, runs, logged models. Everything is found, sorted and paged by the database."""

import base64

from django.db import connection as database
from django.db.models import Exists, F, OrderBy, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Collate

from areas.experiments.mlflow import filters, wire
from areas.experiments.mlflow.asked import Asked
from areas.experiments.mlflow.errors import invalid
from areas.experiments.mlflow.filters import Comparison
from areas.experiments.mlflow.matching import condition, moment, timed, words
from areas.experiments.mlflow.tables import LongTag
from areas.experiments.resource import EXPERIMENT
from catalog.bin import PREFIX
from catalog.models import Record, Tag

MOST, ORDERS, EXPERIMENTS = 50_000, 20, 10_000
VIEWS = ("ACTIVE_ONLY", "DELETED_ONLY", "ALL")  # 1, 2, 3 of the protocol buffer


def view_of(asked: Asked, name: str) -> str:
    given = asked.given.get(name)
    if isinstance(given, str) and given.isdecimal() and len(given) < 9:
        given = int(given)
    word = VIEWS[given - 1] if isinstance(given, int) and 1 <= given <= len(VIEWS) else given or VIEWS[0]
    if word not in VIEWS:
        raise invalid(f"Invalid value {given!r} for parameter '{name}' supplied: it must be one of {', '.join(VIEWS)}.")
    return word


def kinds_of(noun: str, view: str) -> tuple[str, ...]:
    return {"ACTIVE_ONLY": (noun,), "DELETED_ONLY": (PREFIX + noun,), "ALL": (noun, PREFIX + noun)}[view]


def visible(asked: Asked, rows: QuerySet, noun: str) -> QuerySet:
    """The rows that the caller may view, in the bin as out of it."""
    return asked.access.visible(rows, noun)


def experiments(asked: Asked) -> dict:
    limit = asked.whole("max_results", 1000, low=1, high=MOST)
    kinds = kinds_of(EXPERIMENT.noun, view_of(asked, "view_type"))
    rows = visible(asked, Record.objects.filter(connection_id=asked.connection.id, kind__in=kinds), EXPERIMENT.noun)
    rows = rows.annotate(
        title=Coalesce(KT("document__DisplayName"), F("name"), output_field=TextField()),
        note=Coalesce(KT("document__Description"), Value(""), output_field=TextField()),
    )
    rows = rows.filter(condition(filters.read(asked.text("filter", "")), _of_experiments))
    orders = [_experiment_order(filters.read_order(one)) for one in asked.items("order_by", str, most=ORDERS)]
    rows = rows.order_by(*orders, *([] if orders else ["-modified"]), "-id")
    page, token = page_of(rows, asked.text("page_token", ""), limit)
    answer: dict = {"experiments": wire.experiments(page)}
    return {**answer, "next_page_token": token} if token else answer


def _of_experiments(one: Comparison) -> Q:
    if one.kind == "tag":
        outer = OuterRef("pk")
        tags, long = Tag.objects.filter(record=outer), LongTag.objects.filter(record=outer, is_apart=True)
        if one.key == "mlflow.note.content":
            return words("note", one)
        tags, long = tags.filter(key=one.key), long.filter(key=one.key)
        if one.sign == "IS NULL":
            return Q(~Exists(tags)) & Q(~Exists(long))
        if one.sign == "IS NOT NULL":
            return Q(Exists(tags)) | Q(Exists(long))
        return Q(Exists(tags.filter(words("value", one)))) | Q(Exists(long.filter(words("value", one))))
    if one.kind != "attribute" or one.key not in (*_EXPERIMENT_TIMES, "name", "experiment_id"):
        raise invalid(f"Invalid attribute key '{one.key}' specified. Experiments are searched by name, creation_time, "
                      "last_update_time, experiment_id and tags.")  # fmt: skip
    if one.key in _EXPERIMENT_TIMES:
        if not isinstance(one.value, float) or one.sign not in filters.NUMERIC:
            raise invalid(f"Expected numeric value type for attribute '{one.key}'. Found {one.value!r}.")
        return timed(_EXPERIMENT_TIMES[one.key], one.sign, moment(one.value))
    if one.key == "experiment_id":
        values = one.value if isinstance(one.value, tuple) else (one.value,)
        chosen = Q(
            id__in=[int(value) for value in values if isinstance(value, str) and value.isdecimal() and len(value) < 19]
        )
        return ~chosen if one.sign in ("!=", "NOT IN") else chosen
    if not isinstance(one.value, str | tuple):
        raise invalid(f"Expected a quoted string value for attribute 'name'. Found {one.value!r}.")
    return words("title", one)


_EXPERIMENT_TIMES = {"creation_time": "created", "last_update_time": "modified"}


def _experiment_order(order: tuple[str, str, bool]) -> OrderBy:
    kind, key, is_ascending = order
    fields = {**_EXPERIMENT_TIMES, "name": "title", "experiment_id": "id"}
    if kind != "attribute" or key not in fields:
        raise invalid(f"Invalid order_by key '{key}' specified. Valid keys are {sorted(fields)}.")
    return OrderBy(by_code_point(F("title")) if key == "name" else F(fields[key]), descending=not is_ascending)


def by_code_point(expression):
    """Text in one order on both databases."""
    return Collate(expression, "C") if database.vendor == "postgresql" else expression


def page_of(rows: QuerySet, token: str, limit: int) -> tuple[list, str]:
    """A page of rows and the token of the next one, "" at the end."""
    start = read_token(token)
    page = list(rows[start : start + limit + 1])
    return page[:limit], make_token(start + limit) if len(page) > limit else ""


def make_token(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode()


def read_token(token: str) -> int:
    try:
        offset = int(base64.urlsafe_b64decode(token.encode())) if token else 0
    except ValueError:
        offset = -1
    if not 0 <= offset < 2**31:
        raise invalid(f"Invalid page token {token!r}.")
    return offset
