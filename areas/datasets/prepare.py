"""From a version to what a training job reads: channels in S3 and ``schema.json``, which says how to read them.

``plan_channels`` computes the addresses from the options, so that a job can be planned before anything is written;
``write_channels`` (in a worker) writes them, once.
"""

import hashlib
import json
import tempfile
from pathlib import Path

from areas.datasets import cache, formats, guess, splits, storage
from areas.datasets.duck import quote, table, text
from areas.datasets.errors import DatasetError
from areas.datasets.models import DatasetVersion

FORMS = {
    "csv-label-first": "text/csv", "csv-header": "text/csv", "parquet": "application/x-parquet",
    "libsvm": "text/libsvm", "recordio-protobuf": "application/x-recordio-protobuf",
}  # fmt: skip
_EXTENSIONS = {"parquet": "parquet", "libsvm": "libsvm", "recordio-protobuf": "pbr"}
CATEGORIES_MAX = 1000
USUAL = (guess.NUMERIC, guess.CATEGORICAL, guess.BINARY, guess.DATETIME)


def plan_channels(
    version: DatasetVersion, *, label: str, features=None, fractions=(0.8, 0.2), method: str = "random", seed: int = 0,
    form: str = "csv-label-first", by: str = "",
) -> dict:  # fmt: skip
    """Where the channels of a preparation lie, and the call that writes them.

    ``features`` are column names (None: every column but the label, ids, free text and those to ignore); ``method`` and
    ``by`` are those of a split (a stratified one is by the label). Returns ``{"channels": {"train": uri, "validation":
    uri}, "schema_uri", "content_type", "call": {"call": "datasets.prepare", "request": {…}}}``. Raises DatasetError.
    """
    if form not in FORMS:
        raise DatasetError(f"A channel is written as {', '.join(FORMS)}, not {form!r}.", field="form")
    kind = _check_label(version, label)
    if method == "stratified":
        if kind == "regression":
            raise DatasetError(
                f"Column {label!r} is a quantity, which can't be stratified by; split at random.", field="method"
            )
        by = label
    options = splits.check_options(version, fractions=fractions, method=method, seed=seed, by=by)
    chosen = _features(version, label, features)
    wanted = {"label": label, "features": chosen, "form": form, **options}
    digest = hashlib.sha256(json.dumps([version.digest, wanted], sort_keys=True).encode()).hexdigest()[:16]
    home = version.derived("prepared", f"v{version.number}", digest)
    return {
        "channels": {name: f"{home}{name}/" for name in splits.PARTS[len(options["fractions"])]},
        "schema_uri": f"{home}schema.json",
        "content_type": FORMS[form],
        "call": {"call": "datasets.prepare", "request": {"version": version.pk, "home": home, **wanted}},
    }


def _check_label(version: DatasetVersion, label: str) -> str:
    if not version.is_usable:
        raise DatasetError(f"{version} is {version.state.lower()}; only a ready version can be trained on.")
    column = version.column(label)
    stats = version.statistics["columns"][label]
    if not stats["count"]:
        raise DatasetError(f"Column {label!r} has no value in any row: there is nothing to learn.", field="label")
    if column["logical"] in (guess.TEXT, guess.ID, guess.DATETIME, guess.VECTOR):
        raise DatasetError(f"Column {label!r} holds {_noun(column['logical'])}, which can't be a label.", field="label")
    if stats["distinct"] < 2:
        raise DatasetError(f"Column {label!r} has only one value: there is nothing to learn.", field="label")
    kind = guess.label_kind(column, stats)
    if kind != "regression" and stats["distinct"] > CATEGORIES_MAX:
        raise DatasetError(
            f"Column {label!r} has {stats['distinct']:,} classes; {CATEGORIES_MAX:,} is the most.", field="label"
        )
    return kind


def _noun(logical: str) -> str:
    return {guess.TEXT: "free text", guess.ID: "identifiers", guess.DATETIME: "times", guess.VECTOR: "vectors"}[logical]


def _features(version: DatasetVersion, label: str, wanted) -> list[str]:
    if wanted is None:
        chosen = [
            column["name"] for column in version.columns
            if column["name"] != label and column["logical"] in USUAL and column["role"] not in ("id", "ignore", "weight")
            and _fits(version, column)
        ]  # fmt: skip
    else:
        chosen = [column["name"] for column in version.columns if column["name"] in set(wanted) - {label}]
        for name in wanted:
            column = version.column(name)
            if (column["logical"] not in USUAL and not guess.is_number(column["physical"])) or not _fits(
                version, column
            ):
                raise DatasetError(
                    f"Column {name!r} has too many different texts to be a feature; leave it out.", field="features"
                )
    if not chosen:
        raise DatasetError("Choose at least one feature.", field="features")
    return chosen


def _fits(version: DatasetVersion, column: dict) -> bool:
    return _encoding(column) != "ordinal" or version.statistics["columns"][column["name"]]["distinct"] <= CATEGORIES_MAX


def _encoding(column: dict) -> str:
    if guess.is_number(column["physical"]):
        return "number"
    if column["physical"] == "BOOLEAN":
        return "boolean"
    return "time" if column["logical"] == guess.DATETIME else "ordinal"


def suggest(version: DatasetVersion, label: str) -> dict:
    """What to try first: ``{"problem": binary | multiclass | regression, "objective", "num_class" (multiclass only),
    "eval_metric", "hyperparameters": {name: text}}`` in the words of SageMaker's XGBoost."""
    problem = _check_label(version, label)
    objective, metric = {
        "binary": ("binary:logistic", "logloss"),
        "multiclass": ("multi:softprob", "mlogloss"),
        "regression": ("reg:squarederror", "rmse"),
    }[problem]
    small = (version.rows or 0) < 1000
    hyperparameters = {
        "objective": objective, "eval_metric": metric, "num_round": "300" if small else "200",
        "max_depth": "3" if small else "6", "eta": "0.03" if small else "0.1", "subsample": "0.8",
        "colsample_bytree": "0.8", "min_child_weight": "1",
    }  # fmt: skip
    found = {"problem": problem, "objective": objective, "eval_metric": metric, "hyperparameters": hyperparameters}
    if problem == "multiclass":
        found["num_class"] = version.statistics["columns"][label]["distinct"]
        hyperparameters["num_class"] = str(found["num_class"])
    return found


def is_written(version: DatasetVersion, schema_uri: str) -> bool:
    """Whether the channels that belong to a ``schema_uri`` are there."""
    return next(storage.list_objects(version.dataset.connection, schema_uri), None) is not None


def write_channels(version: DatasetVersion, request: dict) -> dict:
    """Write what ``plan_channels`` planned. Does nothing if it is written: ``schema.json`` goes last."""
    connection = version.dataset.connection
    home, names = request["home"], splits.PARTS[len(request["fractions"])]
    if not home.startswith(version.derived("prepared", f"v{version.number}")):
        raise DatasetError(f"{home} is no place for what is prepared from {version}.")
    if written := storage.get_bytes(connection, home + "schema.json"):
        return {"schema_uri": home + "schema.json", "rows": json.loads(written)["rows"]}
    columns = {name: version.column(name) for name in [request["label"], *request["features"]]}
    header = request["form"] != "csv-label-first"
    form, extension = request["form"], _EXTENSIONS.get(request["form"], "csv")
    # Forms that DuckDB doesn't write are converted from Parquet.
    layout = f"FORMAT csv, HEADER {str(header).lower()}, NULLSTR ''" if extension == "csv" else "FORMAT parquet"
    with tempfile.TemporaryDirectory(dir=cache.folder()) as scratch:
        targets = {name: Path(scratch) / name for name in names}
        with table(cache.parquet(version), *targets.values()) as session:
            dropped = _keep_labelled(session, columns[request["label"]])
            splits.assign(session, version, request)
            schema = _schema(session, version, request, columns)
            cells = ", ".join(_cell(session, one) for one in [schema["label"] | columns[request["label"]], *(
                feature | columns[feature["name"]] for feature in schema["features"])])  # fmt: skip
            for name, target in targets.items():
                session.execute(
                    f"COPY (SELECT {cells} FROM data JOIN parts USING (file_row_number) WHERE part = {text(name)} "
                    f"ORDER BY file_row_number) TO {text(target)} ({layout})"
                )
            schema["rows"] = dict(session.execute("SELECT part, count(*) FROM parts GROUP BY 1").fetchall())
        schema["dropped"] = dropped
        for name, target in targets.items():
            if form in formats.WRITERS:
                rows, target = target, target.with_suffix(f".{extension}")
                formats.convert(rows, target, form)
            storage.put_file(connection, target, f"{home}{name}/data.{extension}", FORMS[form])
    storage.put_bytes(connection, json.dumps(schema, indent=1).encode(), home + "schema.json", "application/json")
    return {"schema_uri": home + "schema.json", "rows": schema["rows"]}


def _keep_labelled(session, label: dict) -> int:
    """Leave only rows with a label in ``data``; how many went."""
    name = quote(label["name"])
    present = f"isfinite({name})" if label["physical"] in ("FLOAT", "DOUBLE") else "true"
    session.execute("ALTER VIEW data RENAME TO everything")
    session.execute(f"CREATE VIEW data AS SELECT * FROM everything WHERE {name} IS NOT NULL AND {present}")
    (dropped,) = session.execute("SELECT (SELECT count(*) FROM everything) - (SELECT count(*) FROM data)").fetchone()
    return dropped


def _schema(session, version: DatasetVersion, request: dict, columns: dict) -> dict:
    label = columns[request["label"]]
    kind = guess.label_kind(label, version.statistics["columns"][label["name"]])
    classes = [] if kind == "regression" else _values(session, label)
    if kind != "regression" and len(classes) < 2:
        raise DatasetError(f"Column {label['name']!r} has only one value: there is nothing to learn.", field="label")
    return {
        "dataset": version.dataset.name,
        "version": version.number,
        "label": {"name": label["name"], "kind": kind, "classes": classes},
        "features": [_feature(session, columns[name]) for name in request["features"]],
        "content_type": FORMS[request["form"]],
        "header": request["form"] == "csv-header",
        "form": request["form"],
        "split": {key: request[key] for key in ("method", "fractions", "seed", "by")},
    }


def _values(session, column: dict) -> list:
    """The distinct values in order: numbers as numbers, anything else as text."""
    name = quote(column["name"])
    value = name if guess.is_number(column["physical"]) else f"CAST({name} AS VARCHAR)"
    found = session.execute(f"SELECT DISTINCT {value} AS v FROM data WHERE {name} IS NOT NULL ORDER BY v").fetchall()
    return [value if isinstance(value, (int, str)) else float(value) for (value,) in found]


def _feature(session, column: dict) -> dict:
    name = quote(column["name"])
    feature = {"name": column["name"], "logical": column["logical"], "encoding": _encoding(column), "categories": [],
               "min": None, "max": None, "median": None, "example": None}  # fmt: skip
    if feature["encoding"] in ("number", "time"):
        value = _number(column)
        low, high, median = session.execute(f"SELECT min({value}), max({value}), median({value}) FROM data").fetchone()
        whole = guess.is_whole(column["physical"])
        feature |= {"min": int(low) if whole and low is not None else low, "max": int(high) if whole and high is not None else high,
                    "median": median}  # fmt: skip
        (feature["example"],) = (int(median),) if whole and median is not None else (median,)
    else:
        feature["categories"] = _values(session, column)
        common = session.execute(
            f"SELECT CAST({name} AS VARCHAR) AS v, count(*) AS n FROM data WHERE {name} IS NOT NULL "
            "GROUP BY 1 ORDER BY n DESC, v LIMIT 1"
        ).fetchone()
        feature["example"] = common[0] if common else None
    return feature


def _number(column: dict) -> str:
    from areas.datasets.profile import number

    return number(column["name"], column["physical"])


def _cell(session, column: dict) -> str:
    """SQL for one cell as a number: missing stays empty, categories and classes become their position from 0."""
    name = quote(column["name"])
    positions = column.get("classes") if "kind" in column else column.get("categories")
    if positions:
        # A list in the SQL would be parsed once per column; a small table is joined by a scalar map instead.
        value = name if guess.is_number(column["physical"]) else f"CAST({name} AS VARCHAR)"
        keys = ", ".join(repr(one) if not isinstance(one, str) else text(one) for one in positions)
        return f"CASE WHEN {name} IS NULL THEN NULL ELSE list_position([{keys}], {value}) - 1 END AS {name}"
    if guess.is_number(column["physical"]) and guess.is_whole(column["physical"]):
        return name
    return f"{_number(column)} AS {name}"
