"""Dividing a version into parts that share no row. The same options always give the same parts.

Rows are put in an order that only depends on the seed (md5 of seed and row number, or of seed and group), and cut by
the fractions: over all rows, within each label (stratified), between groups, or in order of time.
"""

import hashlib
import json
import tempfile
from pathlib import Path

from django.db import IntegrityError, transaction

from areas.datasets import cache, storage
from areas.datasets.duck import quote, rows, table, text
from areas.datasets.errors import DatasetError
from areas.datasets.models import DatasetVersion, Split
from areas.datasets.versions import note
from jobs import runs

METHODS = {
    "random": "Random", "stratified": "Stratified by label", "group": "By group", "time": "By time",
}  # fmt: skip
PARTS = {2: ("train", "validation"), 3: ("train", "validation", "test")}
SHARES_SHOWN = 20


def check_options(
    version: DatasetVersion, *, fractions, method: str = "random", seed: int = 0, by: str = "", key: str = ""
) -> dict:
    """The options of a split, made plain; DatasetError that names the field of what can't be.

    ``fractions`` are two or three shares that sum to 1; ``by`` the label, group or time column; ``key`` a column whose
    values should not stand in two parts (checked, not enforced).
    """
    if not version.is_usable:
        raise DatasetError(f"{version} is {version.state.lower()}; only a ready version can be split.")
    try:
        fractions = [round(float(one), 6) for one in fractions]
        seed = int(seed)
    except (TypeError, ValueError):
        raise DatasetError("Fractions and seed must be numbers.", field="fractions") from None
    if len(fractions) not in PARTS or min(fractions) <= 0 or abs(sum(fractions) - 1) > 1e-3:
        raise DatasetError("Give two or three fractions above 0 that sum to 1, such as 0.8 and 0.2.", field="fractions")
    if method not in METHODS:
        raise DatasetError(f"A split is {', '.join(METHODS)}, not {method!r}.", field="method")
    if method == "random":
        by = ""
    elif not by:
        raise DatasetError(f"Choose the column for a {method} split.", field="by")
    if by:
        column = version.column(by)
        if method == "time" and column["logical"] not in ("datetime", "numeric"):
            raise DatasetError(f"Column {by!r} holds no times or numbers to split by.", field="by")
        distinct = version.statistics["columns"][by]["distinct"]
        if method == "stratified" and distinct > 1000:
            raise DatasetError(f"Column {by!r} has {distinct:,} values, too many to stratify by.", field="by")
    if key:
        version.column(key)
    return {"fractions": fractions, "method": method, "seed": seed, "by": by, "key": key}


def split_version(*, version: DatasetVersion, actor, **options) -> Split:
    """Ask a worker to divide a version; the split that is there already if the options are the same."""
    options = check_options(version, **options)
    digest = hashlib.sha256(json.dumps([version.digest, options], sort_keys=True).encode()).hexdigest()
    try:
        with transaction.atomic():
            split = Split.objects.create(
                version=version, digest=digest, method=options["method"], options=options, created_by=actor
            )
            note("SplitDataset", version, after=options)
    except IntegrityError:
        split = Split.objects.get(version=version, digest=digest)
        if split.state == Split.READY:
            return split
        Split.objects.filter(pk=split.pk, state=Split.FAILED).update(state=Split.MAKING, error="")
        split.refresh_from_db()
    runs.start(
        version.dataset.connection, user=actor, kind="Dataset", name=version.dataset.name,
        plan=[{"call": "datasets.split", "request": {"split": split.pk}}],
    )  # fmt: skip
    return split


def delete_split(*, split: Split, actor) -> None:
    """Delete a split and its files."""
    storage.delete_prefix(split.version.dataset.connection, _home(split))
    with transaction.atomic():
        split.delete()
        note("DeleteDatasetSplit", split.version, before=split.options)


def _home(split: Split) -> str:
    return split.version.derived("splits", f"v{split.version.number}", split.digest[:12])


def write_split(split: Split) -> dict:
    """Compute a split, check it, write ``<part>/data.csv`` for each part to S3, and make it Ready; or Failed."""
    version, options = split.version, split.options
    if split.state == Split.READY:
        return {"split": split.pk}
    try:
        with tempfile.TemporaryDirectory(dir=cache.folder()) as scratch:
            names = PARTS[len(options["fractions"])]
            targets = {name: Path(scratch) / f"{name}.csv" for name in names}
            with table(cache.parquet(version), *targets.values()) as connection:
                assign(connection, version, options)
                parts = _measure(connection, version, options, names)
                overlap, leakage = check_leakage(connection, version, options["key"])
                for name, target in targets.items():
                    connection.execute(
                        f"COPY (SELECT data.* EXCLUDE file_row_number FROM data JOIN parts USING (file_row_number) "
                        f"WHERE part = {text(name)} ORDER BY file_row_number) TO {text(target)} (FORMAT csv, HEADER)"
                    )
            for part in parts:
                part["uri"] = f"{_home(split)}{part['name']}/"
                storage.put_file(
                    version.dataset.connection, targets[part["name"]], part["uri"] + "data.csv", "text/csv"
                )
    except DatasetError as error:
        Split.objects.filter(pk=split.pk).update(state=Split.FAILED, error=error.message)
        raise
    Split.objects.filter(pk=split.pk).update(state=Split.READY, parts=parts, overlap=overlap, leakage=leakage, error="")
    return {"split": split.pk}


def assign(connection, version: DatasetVersion, options: dict) -> None:
    """Make the table ``parts(file_row_number, part)`` in a session that has ``data``. Rows without a time are left out.

    Raises DatasetError when a part would be empty.
    """
    fractions, method = options["fractions"], options["method"]
    names = PARTS[len(fractions)]
    cuts = [sum(fractions[: i + 1]) for i in range(len(fractions) - 1)]
    shuffled = f"md5({text(str(options['seed']) + ':')} || CAST(file_row_number AS VARCHAR)), file_row_number"
    if method in ("random", "stratified"):
        within = f"PARTITION BY {quote(options['by'])}" if method == "stratified" else ""
        place = f"(row_number() OVER ({within} ORDER BY {shuffled}) - 0.5) / count(*) OVER ({within})"
        sql = f"SELECT file_row_number, {_cut(place, cuts, names)} AS part FROM data"
    elif method == "group":
        sql = _by_group(options, cuts, names)
    else:
        sql = _by_time(connection, version, options, cuts, names)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE parts AS {sql}")
    counts = dict(connection.execute("SELECT part, count(*) FROM parts GROUP BY 1").fetchall())
    empty = next((name for name in names if not counts.get(name)), None)
    if empty:
        raise DatasetError(
            f"The {empty} part would have no row; choose other fractions or another method.", field="fractions"
        )


def _cut(place: str, cuts: list[float], names: tuple[str, ...]) -> str:
    cases = " ".join(f"WHEN {place} <= {cut!r} THEN {text(name)}" for cut, name in zip(cuts, names, strict=False))
    return f"CASE {cases} ELSE {text(names[-1])} END"


def _by_group(options: dict, cuts, names) -> str:
    """Whole groups in shuffled order, cut where the rows so far reach the fractions. A row without a group is its own."""
    group = f"coalesce(CAST({quote(options['by'])} AS VARCHAR), 'row ' || CAST(file_row_number AS VARCHAR))"
    shuffled = f"md5({text(str(options['seed']) + ':')} || g), g"
    return (
        f"WITH rows AS (SELECT file_row_number, {group} AS g FROM data), "
        "sized AS (SELECT g, count(*) AS n FROM rows GROUP BY g), "
        f"placed AS (SELECT g, (sum(n) OVER (ORDER BY {shuffled}) - n / 2.0) / sum(n) OVER () AS place FROM sized) "
        f"SELECT file_row_number, {_cut('place', cuts, names)} AS part FROM rows JOIN placed USING (g)"
    )


def _by_time(connection, version: DatasetVersion, options: dict, cuts, names) -> str:
    """Everything up to a moment, then what comes after: equal times stay together, so that no part looks ahead."""
    column = quote(options["by"])
    (missing,) = connection.execute(f"SELECT count(*) FILTER ({column} IS NULL) FROM data").fetchone()
    if missing == version.rows:
        raise DatasetError(f"Column {options['by']!r} has no value to split by.", field="by")
    edges = ", ".join(f"quantile_disc({column}, {cut!r}) AS e{i}" for i, cut in enumerate(cuts))
    cases = " ".join(f"WHEN {column} <= e{i} THEN {text(name)}" for i, name in enumerate(names[:-1]))
    return (
        f"SELECT file_row_number, CASE {cases} ELSE {text(names[-1])} END AS part "
        f"FROM data, (SELECT {edges} FROM data) WHERE {column} IS NOT NULL"
    )


def _measure(connection, version: DatasetVersion, options: dict, names) -> list[dict]:
    counts = dict(connection.execute("SELECT part, count(*) FROM parts GROUP BY 1").fetchall())
    parts = [{"name": name, "rows": counts[name], "shares": []} for name in names]
    label = options["by"] if options["method"] == "stratified" else next(
        (column["name"] for column in version.columns if column["role"] == "label"), ""
    )  # fmt: skip
    if label and version.statistics["columns"][label]["distinct"] <= SHARES_SHOWN:
        found = rows(
            connection,
            f"SELECT part, CAST({quote(label)} AS VARCHAR) AS value, count(*) AS count FROM data JOIN parts "
            f"USING (file_row_number) WHERE {quote(label)} IS NOT NULL GROUP BY ALL ORDER BY value",
        )
        for part in parts:
            part["shares"] = [
                {"value": row["value"], "count": row["count"], "share": row["count"] / part["rows"]}
                for row in found if row["part"] == part["name"]
            ]  # fmt: skip
    if options["method"] == "time":
        spans = rows(
            connection,
            f"SELECT part, CAST(min({quote(options['by'])}) AS VARCHAR) AS first, CAST(max({quote(options['by'])}) AS VARCHAR)"
            " AS last FROM data JOIN parts USING (file_row_number) GROUP BY part",
        )
        for part in parts:
            part |= next({"first": s["first"], "last": s["last"]} for s in spans if s["part"] == part["name"])
    return parts


def check_leakage(connection, version: DatasetVersion, key: str = "") -> tuple[int, dict]:
    """(rows in more than one part, what else crosses parts): keys, and rows that are the same in every column."""
    (overlap,) = connection.execute(
        "SELECT count(*) FROM (SELECT file_row_number FROM parts GROUP BY 1 HAVING count(DISTINCT part) > 1)"
    ).fetchone()
    columns = ", ".join(quote(column["name"]) for column in version.columns)
    (identical,) = connection.execute(
        f"SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM data JOIN parts USING (file_row_number) "
        f"GROUP BY hash({columns}) HAVING count(DISTINCT part) > 1)"
    ).fetchone()
    leakage = {"identical_rows": int(identical)}
    if key:
        crossing = rows(
            connection,
            f"SELECT CAST({quote(key)} AS VARCHAR) AS value, count(*) AS rows, count(*) OVER () AS found FROM data JOIN parts "
            f"USING (file_row_number) WHERE {quote(key)} IS NOT NULL GROUP BY 1 "
            "HAVING count(DISTINCT part) > 1 ORDER BY rows DESC, value LIMIT 5",
        )
        leakage |= {"keys": crossing[0]["found"] if crossing else 0, "examples": [row["value"] for row in crossing]}
    return overlap, leakage
