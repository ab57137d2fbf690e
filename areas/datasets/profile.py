"""Statistics of a table by DuckDB.

``statistics`` is ``{"rows", "duplicates", "columns": {name: …}, "correlation": {"columns", "values", "rows"},
"classes": [{"value", "count", "share"}]}``. A column's entry has ``count`` (present), ``missing``, ``distinct``,
``approximate`` (true where distinct and quantiles of a very large table are estimates), ``top`` (the 20 commonest
values) and, by type: ``mean std min max p5 p25 p50 p75 p95 infinite``, ``histogram {"edges": [11], "counts": [10]}``
for numbers (NaN counts as missing) and times (in epoch seconds, min and max in ISO form);
``length {"min", "mean", "max"}`` in characters for text.
"""

import math
from datetime import date, datetime
from pathlib import Path

from areas.datasets import guess
from areas.datasets.duck import quote, rows, table

EXACT_ROWS = 5_000_000
COPIED = 32 * 1024 * 1024  # bytes of a file whose columns are copied before they are looked at
CORRELATED_COLUMNS, CORRELATED_ROWS = 40, 100_000
TOP, BUCKETS = 20, 10
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
NAMES = ("p5", "p25", "p50", "p75", "p95")


def profile(path: Path, label: str = "") -> tuple[list[dict], dict]:
    """(columns, statistics) of a Parquet file; ``label`` is the column that the dataset says one predicts."""
    with table(path) as connection:
        found = [
            (name, str(kind))
            for name, kind, *_ in connection.execute("SELECT * EXCLUDE file_row_number FROM data LIMIT 0").description
        ]
        (count,) = connection.execute("SELECT count(*) FROM data").fetchone()
        exact = count <= EXACT_ROWS
        statistics = {"rows": count, "columns": {}}
        # A query costs what its table has in columns: a wide table is looked at in parts, copied where that is cheap.
        part = "TABLE" if path.stat().st_size < COPIED else "VIEW"
        for start in range(0, len(found), 40):
            some = found[start : start + 40]
            cells = ", ".join(quote(name) for name, _ in some)
            connection.execute(f"CREATE OR REPLACE TEMP {part} part AS SELECT {cells} FROM data")
            described = _describe(connection, some, count, exact)
            for name, physical in some:
                stats = described[name]
                stats["top"] = _top(connection, name) if not _is_time(physical) else []
                if "min_value" in stats:
                    stats["histogram"] = _histogram(connection, name, physical, stats)
            statistics["columns"] |= described
        columns = [
            {"name": name, "physical": physical, "nullable": statistics["columns"][name]["missing"] > 0,
             "logical": guess.logical_type(name, physical, statistics["columns"][name], count),
             "role": "", "unit": "", "description": ""}
            for name, physical in found
        ]  # fmt: skip
        given = guess.roles(columns, label)
        for column in columns:
            column["role"] = given[column["name"]]
        (unique,) = connection.execute(
            f"SELECT count(DISTINCT hash({', '.join(quote(name) for name, _ in found)})) FROM data"
        ).fetchone()
        statistics["duplicates"] = count - unique
        statistics["correlation"] = _correlate(connection, columns)
        statistics["classes"] = _classes(statistics, columns)
    for stats in statistics["columns"].values():
        stats.pop("min_value", None), stats.pop("max_value", None)
    return columns, _plain(statistics)


def _is_time(physical: str) -> bool:
    return physical.startswith(("DATE", "TIMESTAMP"))


def number(name: str, physical: str) -> str:
    """SQL for a column as a finite DOUBLE: numbers themselves, times as epoch seconds; NaN and infinity as NULL."""
    if _is_time(physical):
        return f"epoch({quote(name)})"
    if guess.is_whole(physical):
        return f"CAST({quote(name)} AS DOUBLE)"
    return f"CASE WHEN isfinite(CAST({quote(name)} AS DOUBLE)) THEN CAST({quote(name)} AS DOUBLE) END"


def _describe(connection, found: list[tuple[str, str]], count: int, exact: bool) -> dict:
    parts, keys = [], []

    def ask(name, key, sql):
        keys.append((name, key))
        parts.append(sql)

    for name, physical in found:
        column = quote(name)
        floating = physical in ("FLOAT", "DOUBLE")
        present = f"CASE WHEN NOT isnan({column}) THEN {column} END" if floating else column
        ask(name, "count", f"count({present})")
        ask(name, "distinct", f"{'count(DISTINCT ' if exact else 'approx_count_distinct('}{present})")
        if guess.is_number(physical) or _is_time(physical):
            value = number(name, physical)
            ask(name, "min_value", f"min({value})")
            ask(name, "max_value", f"max({value})")
            for key, part in zip(NAMES, QUANTILES, strict=True):
                quantile = "quantile_cont" if exact else "approx_quantile"
                ask(name, key, f"{quantile}({value}, {part})")
        if guess.is_number(physical):
            ask(name, "mean", f"avg({value})")
            ask(name, "std", f"stddev_samp({value})")
            if floating:
                ask(name, "infinite", f"count(*) FILTER (isinf({column}))")
        elif _is_time(physical):
            ask(name, "min", f"min({column})")
            ask(name, "max", f"max({column})")
        elif physical != "BOOLEAN":
            for key in ("min", "max", "avg"):
                ask(name, f"length_{key}", f"{key}(length(CAST({column} AS VARCHAR)))")
            ask(name, "min", f"left(min(CAST({column} AS VARCHAR)), 200)")
    answers = connection.execute(f"SELECT {', '.join(parts)} FROM part").fetchone()
    described: dict[str, dict] = {name: {} for name, _ in found}
    for (name, key), answer in zip(keys, answers, strict=True):
        described[name][key] = answer
    for stats in described.values():
        stats["missing"] = count - stats["count"]
        stats["approximate"] = not exact
        if not exact:
            stats["distinct"] = min(stats["distinct"], stats["count"])
        if "length_avg" in stats:
            length = {key: stats.pop(f"length_{key}") for key in ("min", "avg", "max")}
            stats["length"] = {"min": length["min"], "mean": length["avg"], "max": length["max"]}
        if "min_value" in stats and "min" not in stats:
            stats["min"], stats["max"] = stats["min_value"], stats["max_value"]
    return described


def _top(connection, name: str) -> list[dict]:
    column = f"left(CAST({quote(name)} AS VARCHAR), 200)"
    return rows(
        connection,
        f"SELECT {column} AS value, count(*) AS count FROM part WHERE {quote(name)} IS NOT NULL "
        f"GROUP BY 1 ORDER BY count DESC, value LIMIT {TOP}",
    )


def _histogram(connection, name: str, physical: str, stats: dict) -> dict | None:
    """Ten buckets of equal width; the last includes the maximum. They sum to the finite values."""
    low, high = stats["min_value"], stats["max_value"]
    if low is None:
        return None
    value = number(name, physical)
    width = (high - low) / BUCKETS
    counts = [0] * BUCKETS
    if not width or not math.isfinite(width):
        counts[0] = stats["count"] - stats.get("infinite", 0)
        return {"edges": [low] * BUCKETS + [high], "counts": counts}
    sql = (
        f"SELECT least(CAST(floor(({value} - ?) / ?) AS BIGINT), {BUCKETS - 1}) AS bucket, count(*) AS count "
        f"FROM part WHERE {value} IS NOT NULL GROUP BY 1"
    )
    for row in rows(connection, sql, [low, width]):
        counts[max(row["bucket"], 0)] += row["count"]
    return {"edges": [low + width * i for i in range(BUCKETS)] + [high], "counts": counts}


def _correlate(connection, columns: list[dict]) -> dict:
    """Pearson's r of every pair of numeric columns, over at most ``CORRELATED_ROWS`` rows (the first ones)."""
    numeric = [column for column in columns if guess.is_number(column["physical"])][:CORRELATED_COLUMNS]
    names = [column["name"] for column in numeric]
    if len(names) < 2:
        return {"columns": names, "values": [[1.0]] * len(names), "rows": 0}
    values = [number(column["name"], column["physical"]) for column in numeric]
    cells = ", ".join(f"{value} AS v{i}" for i, value in enumerate(values))
    connection.execute(f"CREATE TEMP TABLE sampled AS SELECT {cells} FROM data LIMIT {CORRELATED_ROWS}")
    pairs = [(i, j) for i in range(len(names)) for j in range(i)]
    matrix = [[1.0 if i == j else None for j in range(len(names))] for i in range(len(names))]
    for start in range(0, len(pairs), 200):
        some = pairs[start : start + 200]
        # Near-constant columns overflow in corr(); a pair without an answer is just that.
        sql = ", ".join(
            f"CASE WHEN stddev_samp(v{i}) > 0 AND stddev_samp(v{j}) > 0 THEN corr(v{i}, v{j}) END" for i, j in some
        )
        for (i, j), r in zip(some, connection.execute(f"SELECT {sql} FROM sampled").fetchone(), strict=True):
            matrix[i][j] = matrix[j][i] = r
    (used,) = connection.execute("SELECT count(*) FROM sampled").fetchone()
    return {"columns": names, "values": matrix, "rows": used}


def _classes(statistics: dict, columns: list[dict]) -> list[dict]:
    label = next((column for column in columns if column["role"] == "label"), None)
    if label is None:
        return []
    stats = statistics["columns"][label["name"]]
    if guess.label_kind(label, stats) == "regression" or not stats["count"]:
        return []
    return [{**one, "share": one["count"] / stats["count"]} for one in stats["top"]]


def _plain(value):
    """The same in JSON: no NaN, no infinity, no NUL (PostgreSQL refuses it), times in ISO form."""
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    return value if value is None or isinstance(value, (int, bool)) else str(value)
