"""The few SQL phrases in which SQLite and PostgreSQL differ. A phrase is (SQL, parameters), with %s for a parameter.

``source`` is SQL for a JSON value: the document's column, or an element of one of its lists. ``path`` are member names.
"""

from django.db import connection
from django.db.models.expressions import RawSQL
from django.db.models.fields import BooleanField, Field, TextField

Phrase = tuple[str, tuple]

DOCUMENT = '"catalog_record"."document"'


def condition(phrase: Phrase) -> RawSQL:
    """A phrase as something to filter by."""
    return RawSQL(*phrase, output_field=BooleanField())


def value(phrase: Phrase, output: Field | None = None) -> RawSQL:
    """A phrase as something to select or to order by; text unless it says otherwise."""
    return RawSQL(*phrase, output_field=output or TextField())


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def _json_path(path: tuple[str, ...]) -> str:
    return "$" + "".join(f'."{name}"' for name in path)


def text(source: str, path: tuple[str, ...]) -> Phrase:
    """A string member; NULL where it is missing."""
    if _is_postgresql():
        return f"({source} #>> %s::text[])", (list(path),)
    return f"json_extract({source}, %s)", (_json_path(path),)


def number(source: str, path: tuple[str, ...]) -> Phrase:
    if _is_postgresql():
        return f"({source} #>> %s::text[])::double precision", (list(path),)
    return f"json_extract({source}, %s)", (_json_path(path),)


def boolean(source: str, path: tuple[str, ...]) -> Phrase:
    """A boolean member as 'true' or 'false'."""
    if _is_postgresql():
        return text(source, path)
    return f"CASE json_extract({source}, %s) WHEN 1 THEN 'true' WHEN 0 THEN 'false' END", (_json_path(path),)


def exists(source: str, path: tuple[str, ...]) -> Phrase:
    if _is_postgresql():
        return f"({source} #> %s::text[]) IS NOT NULL", (list(path),)
    return f"json_type({source}, %s) IS NOT NULL", (_json_path(path),)


def numeric(phrase: Phrase) -> Phrase:
    """A text phrase read as a number; NULL where it is none."""
    sql, params = phrase
    if _is_postgresql():
        return (
            f"CASE WHEN {sql} ~ '^[+-]?[0-9]+([.][0-9]*)?([eE][+-]?[0-9]+)?$' THEN ({sql})::double precision END",
            params + params,
        )
    return (
        f"CASE WHEN json_valid({sql}) AND json_type({sql}) IN ('integer', 'real') THEN CAST({sql} AS REAL) END",
        params * 3,
    )


def contains(phrase: Phrase, part: str) -> Phrase:
    """Case-sensitive, unlike SQLite's LIKE."""
    sql, params = phrase
    return f"{'strpos' if _is_postgresql() else 'instr'}({sql}, %s) > 0", (*params, part)


def each(source: str, path: tuple[str, ...], alias: str) -> tuple[Phrase, str]:
    """The elements of a list as a table, and the SQL of an element; no rows where it is missing."""
    if _is_postgresql():
        rows = f"jsonb_array_elements(CASE jsonb_typeof({source} #> %s::text[]) WHEN 'array' THEN {source} #> %s::text[] END)"
        return (f"{rows} AS {alias}(value)", (list(path), list(path))), f"{alias}.value"
    return (f"json_each({source}, %s) AS {alias}", (_json_path(path),)), f"{alias}.value"


def element(item: str) -> str:
    """An element of a list of plain values, as its text or number."""
    return f"({item} #>> '{{}}')" if _is_postgresql() else item


def pick(source: str, paths: tuple[tuple[str, ...], ...]) -> Phrase:
    """Some members of a document as the text of one JSON array, null where one is missing. At least two paths."""
    if _is_postgresql():
        parts = ", ".join(f"{source} #> %s::text[]" for _ in paths)
        return f"jsonb_build_array({parts})::text", tuple(list(path) for path in paths)
    return f"json_extract({source}{', %s' * len(paths)})", tuple(map(_json_path, paths))
