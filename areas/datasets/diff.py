"""What changed between two versions: columns, rows, and how far each column's values moved.

PSI (population stability index) compares shares of buckets: ten quantiles of the older version, or its commonest
values. Below 0.1 nothing moved, above 0.25 much did. KS is the largest distance of the two cumulative distributions.
"""

import json
import math

from areas.datasets import cache, guess
from areas.datasets.duck import quote, session, text
from areas.datasets.models import DatasetVersion
from areas.datasets.profile import BUCKETS, number

SAMPLED = 200_000  # rows of each version that distances are computed from
COLUMNS_COMPARED = 300
MOVED, CHANGED = 0.1, 0.25
_FLOOR = 1e-4  # the share that an empty bucket counts as


def diff_versions(old: DatasetVersion, new: DatasetVersion) -> dict:
    """``{"rows": [old, new], "added", "removed", "retyped", "columns": [{"name", "psi", "ks", "verdict", "missing",
    "mean", "pictures"}]}``, the farthest moved first. ``ks`` is None for what isn't a number; ``pictures`` are the counts
    of old and new over the same ten buckets, or the same ten values. Kept per digest pair.
    """
    kept = cache.folder() / f"diff-{old.digest[:32]}-{new.digest[:32]}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    before = {column["name"]: column for column in old.columns}
    after = {column["name"]: column for column in new.columns}
    both = [name for name in after if name in before]
    retyped = [name for name in both if before[name]["physical"] != after[name]["physical"]]
    found = {
        "rows": [old.rows, new.rows],
        "added": [name for name in after if name not in before],
        "removed": [name for name in before if name not in after],
        "retyped": [[name, before[name]["physical"], after[name]["physical"]] for name in retyped],
        "columns": _distances(old, new, [name for name in both if name not in retyped][:COLUMNS_COMPARED]),
    }
    partial = kept.with_suffix(".partial")
    partial.write_text(json.dumps(found))
    partial.replace(kept)
    return found


def _distances(old: DatasetVersion, new: DatasetVersion, names: list[str]) -> list[dict]:
    paths = cache.parquet(old), cache.parquet(new)
    found = []
    with session(*paths) as connection:
        for side, path in zip("ab", paths, strict=True):
            connection.execute(
                f"CREATE TEMP TABLE {side} AS SELECT * FROM read_parquet({text(path)}) "
                f"USING SAMPLE reservoir({SAMPLED} ROWS) REPEATABLE (0)"
            )
        for name in names:
            column = old.column(name)
            stats = [version.statistics["columns"][name] for version in (old, new)]
            ordered = guess.is_number(column["physical"]) or column["logical"] == guess.DATETIME
            value = number(name, column["physical"]) if ordered else f"CAST({quote(name)} AS VARCHAR)"
            psi = _psi_of_numbers(connection, value) if ordered else _psi_of_values(connection, value)
            found.append({
                "name": name, "psi": psi, "ks": _ks(connection, value) if ordered else None,
                "verdict": "changed" if psi > CHANGED else "moved" if psi > MOVED else "same",
                "missing": [one["missing"] / max(version.rows, 1) for one, version in zip(stats, (old, new), strict=True)],
                "mean": [one.get("mean") for one in stats],
                "pictures": _histograms(connection, value) if ordered else _bars_of_values(connection, value),
            })  # fmt: skip
    return sorted(found, key=lambda one: one["psi"], reverse=True)


def _psi(before: list[int], after: list[int]) -> float:
    totals = sum(before), sum(after)
    if not all(totals):
        return 0.0 if not any(totals) else float(len(before) or 1)
    shares = [(max(a / totals[0], _FLOOR), max(b / totals[1], _FLOOR)) for a, b in zip(before, after, strict=True)]
    return sum((b - a) * math.log(b / a) for a, b in shares)


def _psi_of_numbers(connection, value: str) -> float:
    cuts = ", ".join(str(i / 10) for i in range(1, 10))
    (edges,) = connection.execute(f"SELECT quantile_disc({value}, [{cuts}]) FROM a").fetchone()
    edges = sorted({edge for edge in edges or [] if edge is not None})
    bucket = " + ".join(f"CAST({value} > {edge!r} AS INT)" for edge in edges) or "0"
    counts = []
    for side in "ab":
        rows = dict(
            connection.execute(f"SELECT {bucket}, count(*) FROM {side} WHERE {value} IS NOT NULL GROUP BY 1").fetchall()
        )
        counts.append([rows.get(i, 0) for i in range(len(edges) + 1)])
    return _psi(*counts)


def _histograms(connection, value: str) -> list[list[int]]:
    (low, high) = connection.execute(
        f"SELECT min(v), max(v) FROM (SELECT {value} AS v FROM a UNION ALL SELECT {value} FROM b)"
    ).fetchone()
    if low is None or low == high:
        return [[], []]
    bucket = f"least(CAST(floor(({value} - {low!r}) / {(high - low) / BUCKETS!r}) AS BIGINT), {BUCKETS - 1})"
    found = []
    for side in "ab":
        rows = dict(
            connection.execute(f"SELECT {bucket}, count(*) FROM {side} WHERE {value} IS NOT NULL GROUP BY 1").fetchall()
        )
        found.append([rows.get(i, 0) for i in range(BUCKETS)])
    return found


def _bars_of_values(connection, value: str) -> list[list[int]]:
    counts = _count_values(connection, value)
    common = list(counts[0])[:BUCKETS]
    return [[side.get(one, 0) for one in common] for side in counts]


def _count_values(connection, value: str) -> list[dict]:
    sql = f"SELECT {value} AS v, count(*) AS n FROM @ WHERE {value} IS NOT NULL GROUP BY 1 ORDER BY n DESC, v"
    return [dict(connection.execute(sql.replace("FROM @", f"FROM {side}")).fetchall()) for side in "ab"]


def _psi_of_values(connection, value: str) -> float:
    counts = _count_values(connection, value)
    common = list(counts[0])[:50]
    grouped = [
        [side.get(one, 0) for one in common] + [sum(n for one, n in side.items() if one not in common)]
        for side in counts
    ]
    return _psi(*grouped)


def _ks(connection, value: str) -> float | None:
    sql = (
        f"WITH u AS (SELECT {value} AS v, 1.0 AS wa, 0.0 AS wb FROM a WHERE {value} IS NOT NULL UNION ALL "
        f"SELECT {value}, 0.0, 1.0 FROM b WHERE {value} IS NOT NULL), "
        "t AS (SELECT sum(wa) AS na, sum(wb) AS nb FROM u), g AS (SELECT v, sum(wa) AS wa, sum(wb) AS wb FROM u GROUP BY v), "
        "c AS (SELECT sum(wa) OVER (ORDER BY v) AS ca, sum(wb) OVER (ORDER BY v) AS cb FROM g) "
        "SELECT max(abs(ca / nullif(na, 0) - cb / nullif(nb, 0))) FROM c, t"
    )
    (found,) = connection.execute(sql).fetchone()
    return None if found is None else float(found)
