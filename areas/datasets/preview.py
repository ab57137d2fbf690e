"""Rows to look at and to take away: filtered and sorted by DuckDB, which sees names quoted and values as parameters."""

import random
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from areas.datasets import cache, guess
from areas.datasets.duck import quote, table, text
from areas.datasets.errors import DatasetError
from areas.datasets.models import DatasetVersion

OPERATORS = {
    "eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥", "has": "contains", "none": "is missing",
    "some": "is present",
}  # fmt: skip
MODES = {"first": "First", "random": "Random", "last": "Last"}
SIZE = 100
CELL = 300  # characters shown of one value
_COMPARE = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_FORMULA = r"^[=+\-@\t\r]"


@dataclass
class Query:
    """What to look at. ``where`` are (column, operator, value) that must all hold."""

    mode: str = "first"
    where: list[tuple[str, str, str]] = field(default_factory=list)
    sort: str = ""
    descending: bool = False
    page: int = 1
    seed: int = 0


def read(version: DatasetVersion, query: Query) -> dict:
    """``{"rows": [[text or None]], "matching", "page", "pages", "first"}``; values as text, None where missing.

    ``first`` is the number of the first row shown, from 1 (0 for random rows). Raises DatasetError.
    """
    with table(cache.parquet(version)) as connection:
        condition, values = _condition(version, query.where)
        (matching,) = connection.execute(f"SELECT count(*) FROM data WHERE {condition}", values).fetchone()
        pages = max(1, -(-matching // SIZE))
        page = min(max(query.page, 1), pages)
        if query.mode != "first":
            page, pages = 1, 1
        offset = max(matching - SIZE, 0) if query.mode == "last" else (page - 1) * SIZE
        numbers = _row_numbers(connection, version, query, condition, values, matching, offset)
        found = _fetch(connection, version, numbers)
    first = 0 if query.mode == "random" else offset + 1
    return {"rows": found, "matching": matching, "page": page, "pages": pages, "first": first}


def _row_numbers(
    connection, version, query: Query, condition: str, values: list, matching: int, offset: int
) -> list[int]:
    """Which rows to show, in order. Only what decides is read: the cells of a large table come afterwards, for these."""
    everything = not query.where
    if query.mode == "random" and everything:
        # No secret hangs on it: one seed always shows the same rows.
        return random.Random(query.seed).sample(range(matching), min(SIZE, matching))  # noqa: S311
    if everything and not query.sort:
        return list(range(offset, min(offset + SIZE, matching)))
    if query.mode == "random":
        order, offset = f"hash(file_row_number + {int(query.seed)} * 1000003)", 0
    else:
        order = _order(version, query)
    sql = f"SELECT file_row_number FROM data WHERE {condition} ORDER BY {order} LIMIT {SIZE} OFFSET {offset}"
    return [number for (number,) in connection.execute(sql, values).fetchall()]


def _fetch(connection, version: DatasetVersion, numbers: list[int]) -> list[list]:
    if not numbers:
        return []
    cells = ", ".join(f"left(CAST({quote(column['name'])} AS VARCHAR), {CELL})" for column in version.columns)
    dense = max(numbers) - min(numbers) == len(numbers) - 1
    rows = f"BETWEEN {min(numbers)} AND {max(numbers)}" if dense else f"IN ({', '.join(map(str, numbers))})"
    found = connection.execute(f"SELECT file_row_number, {cells} FROM data WHERE file_row_number {rows}").fetchall()
    by_number = {number: row for number, *row in found}
    return [by_number[number] for number in numbers]


def _order(version: DatasetVersion, query: Query) -> str:
    if not query.sort:
        return "file_row_number"
    version.column(query.sort)
    return f"{quote(query.sort)} {'DESC' if query.descending else 'ASC'} NULLS LAST, file_row_number"


def _condition(version: DatasetVersion, where: list[tuple[str, str, str]]) -> tuple[str, list]:
    parts, values = ["true"], []
    for name, operator, value in where:
        column, cell = version.column(name), quote(name)
        if operator not in OPERATORS:
            raise DatasetError(f"A filter compares by {', '.join(OPERATORS)}, not {operator!r}.", field="where")
        if operator in ("none", "some"):
            missing = f"({cell} IS NULL" + (f" OR isnan({cell}))" if column["physical"] in ("FLOAT", "DOUBLE") else ")")
            parts.append(missing if operator == "none" else f"NOT {missing}")
        elif operator == "has":
            parts.append(f"contains(lower(CAST({cell} AS VARCHAR)), lower(?))")
            values.append(value)
        else:
            cast = _cast_for(column, value)
            # "≠" keeps missing values: they are not equal either.
            kept = f" OR {cell} IS NULL" if operator == "ne" else ""
            parts.append(f"({cell} {_COMPARE[operator]} {cast}{kept})")
            values.append(value)
    return " AND ".join(parts), values


def _cast_for(column: dict, value: str) -> str:
    """The parameter, cast to the column's type; DatasetError when the value is none of that type."""
    import duckdb

    physical = column["physical"]
    if guess.is_number(physical):
        try:
            float(value)
        except ValueError:
            raise DatasetError(f"{column['name']} holds numbers; {value!r} is none.", field="where") from None
        return "CAST(? AS DOUBLE)"
    if physical == "BOOLEAN" or physical.startswith(("DATE", "TIMESTAMP")):
        kind = "TIMESTAMP" if physical == "DATE" else physical
        if duckdb.execute(f"SELECT TRY_CAST(? AS {kind})", [value]).fetchone()[0] is None:
            what = "true or false" if physical == "BOOLEAN" else "times such as 2024-12-31"
            raise DatasetError(f"{column['name']} holds {what}; {value!r} is none.", field="where")
        return f"CAST(? AS {kind})"
    return "?"


def export(version: DatasetVersion, query: Query, form: str):
    """An open temporary file, already without a name, with the rows that the filter shows: ``csv`` or ``parquet``.

    CSV is for spreadsheets: a text that one would run as a formula gets an apostrophe in front.
    """
    if form not in ("csv", "parquet"):
        raise DatasetError(f"Rows are downloaded as csv or parquet, not {form!r}.")
    with tempfile.TemporaryDirectory(dir=cache.folder()) as scratch:
        target = Path(scratch) / f"rows.{form}"
        with table(cache.parquet(version), target) as connection:
            condition, values = _condition(version, query.where)
            if form == "csv":
                cells = ", ".join(_harmless(column) for column in version.columns)
                layout = "FORMAT csv, HEADER"
            else:
                cells, layout = "* EXCLUDE file_row_number", "FORMAT parquet"
            connection.execute(
                f"COPY (SELECT {cells} FROM data WHERE {condition} ORDER BY {_order(version, query)}) "
                f"TO {text(target)} ({layout})",
                values,
            )
        return target.open("rb")


def _harmless(column: dict) -> str:
    name = column["name"]
    shown = quote("'" + name if name[:1] in "=+-@\t\r" else name)
    if guess.is_number(column["physical"]) or column["physical"].startswith(("BOOLEAN", "DATE", "TIMESTAMP")):
        return f"{quote(name)} AS {shown}"
    value = f"CAST({quote(name)} AS VARCHAR)"
    return (
        f"CASE WHEN regexp_matches({value}, {text(_FORMULA)}) AND TRY_CAST({value} AS DOUBLE) IS NULL "
        f"THEN '''' || {value} ELSE {value} END AS {shown}"
    )
