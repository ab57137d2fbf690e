"""What a prepared dataset's ``schema.json`` says: how a form becomes a row, and what a model's numbers mean."""

import csv
import io
import json
import random
from datetime import UTC, datetime

from areas.calls import CallFailed, call

SCHEMA_TAG = "atelier:schema"
SAMPLE = 256 * 1024  # bytes of the validation channel that a random row is drawn from


class BadRow(Exception):
    """Values that make no row: ``{index of the feature: sentence}``."""

    def __init__(self, errors: dict[int, str]):
        super().__init__("; ".join(errors.values()))
        self.errors = errors


class Schema:
    """The schema at an S3 address. Raises CallFailed if S3 refuses, ValueError if what lies there is none."""

    def __init__(self, connection, uri: str):
        self.connection, self.uri = connection, uri
        document = json.loads(_read(connection, uri))
        if not isinstance(document, dict) or "features" not in document or "label" not in document:
            raise ValueError(f"{uri} holds no schema.")
        self.document, self.features, self.label = document, document["features"], document["label"]

    @property
    def dataset(self) -> str:
        return f"{self.document.get('dataset', '')} v{self.document.get('version', '')}"

    def fields(self, typed: dict | None = None, errors: dict[int, str] | None = None) -> list[dict]:
        """The form's fields: ``{"key", "name", "choices", "value", "range", "step", "error"}``; examples where nothing is typed."""
        found = []
        for i, feature in enumerate(self.features):
            example = feature.get("example")
            value = str("" if example is None else example) if typed is None else typed.get(f"f{i}", "")
            low, high = feature.get("min"), feature.get("max")
            is_time = feature.get("encoding") == "time"
            if is_time and typed is None and value:
                value = datetime.fromtimestamp(float(value), UTC).strftime("%Y-%m-%dT%H:%M:%S")
            found.append({
                "key": f"f{i}", "name": feature["name"], "choices": [str(one) for one in feature.get("categories") or []],
                "value": value, "range": "" if low is None or is_time else f"{low:.6g}–{high:.6g}",
                "is_time": is_time, "error": (errors or {}).get(i, ""),
            })  # fmt: skip
        return found

    def row(self, typed: dict) -> str:
        """The typed values as one CSV line, encoded as the training data was. Raises BadRow."""
        cells, errors = [], {}
        for i, feature in enumerate(self.features):
            text = str(typed.get(f"f{i}", "")).strip()
            try:
                cells.append(_encode(feature, text))
            except ValueError as error:
                errors[i] = str(error)
        if errors:
            raise BadRow(errors)
        return ",".join(cells)

    def values_of(self, cells: list[str]) -> dict[str, str]:
        """An encoded row as the form's values."""
        values = {}
        for i, (feature, cell) in enumerate(zip(self.features, cells, strict=False)):
            categories = feature.get("categories") or []
            if categories and cell:
                position = int(float(cell))
                cell = str(categories[position]) if 0 <= position < len(categories) else ""
            elif feature.get("encoding") == "time" and cell:
                cell = datetime.fromtimestamp(float(cell), UTC).strftime("%Y-%m-%dT%H:%M:%S")
            values[f"f{i}"] = cell
        return values

    def random_row(self) -> tuple[dict[str, str], str]:
        """A row that the model was not trained on, as the form's values, and its true label.

        Drawn from the first 256 KB of the validation channel. Raises CallFailed, or ValueError if there is no such row.
        """
        folder = self.uri.rpartition("/")[0]
        bucket, _, prefix = f"{folder}/validation/".removeprefix("s3://").partition("/")
        found = call(self.connection, "ListObjectsV2", service="s3", Bucket=bucket, Prefix=prefix).get("Contents", [])
        keys = [one["Key"] for one in found if one["Key"].endswith(".csv") and one["Size"]]
        if not keys:
            raise ValueError(f"There is no validation CSV under {folder}/validation/.")
        size = next(one["Size"] for one in found if one["Key"] == keys[0])
        text = _read(self.connection, f"s3://{bucket}/{keys[0]}", SAMPLE)
        lines = text.splitlines()[1 if self.document.get("header") else 0 :]
        if size > SAMPLE:
            lines.pop()  # cut in the middle
        rows = [row for row in csv.reader(io.StringIO("\n".join(lines))) if len(row) == len(self.features) + 1]
        if not rows:
            raise ValueError(f"The validation channel under {folder}/ has no row of {len(self.features)} features.")
        row = random.choice(rows)  # noqa: S311 - an example, not a secret
        return self.values_of(row[1:]), self.label_name(row[0])

    def label_name(self, cell: str) -> str:
        classes = self.label.get("classes") or []
        try:
            position = int(float(cell))
        except ValueError:
            return cell
        return str(classes[position]) if classes and 0 <= position < len(classes) else cell

    def predictions(self, body: str, content_type: str) -> list[dict]:
        """The answer decoded, one for each row: ``{"name", "share", "bars": [{"name", "share"}]}`` of classes, or
        ``{"number", "of"}``. Empty if the answer isn't of a known form: then only the raw one is shown."""
        return [self._prediction(row) for row in _numbers(body, content_type)]

    def _prediction(self, row: list[float]) -> dict:
        classes = [str(one) for one in self.label.get("classes") or []]
        if self.label.get("kind") == "regression" or not classes:
            return {"number": row[0], "of": self.label["name"]} if len(row) == 1 else {"numbers": row}
        if len(row) == 1 and len(classes) == 2 and 0 <= row[0] <= 1:
            # XGBoost's binary answer is the probability of the second class; a whole number is the class itself.
            row = [1 - row[0], row[0]]
        elif len(row) == 1:
            position = int(row[0])
            known = row[0] == position and 0 <= position < len(classes)
            return (
                {"name": classes[position], "share": None, "bars": []} if known else {"number": row[0], "of": "score"}
            )
        if len(row) != len(classes):
            return {"numbers": row}
        bars = sorted(({"name": name, "share": share} for name, share in zip(classes, row, strict=True)),
                      key=lambda bar: -bar["share"])  # fmt: skip
        return {"name": bars[0]["name"], "share": bars[0]["share"], "bars": bars}


def _encode(feature: dict, text: str) -> str:
    categories = [str(one) for one in feature.get("categories") or []]
    name = feature["name"]
    if not text:
        return ""
    if categories:
        if text not in categories:
            raise ValueError(f"{name} has no value {text!r}; it knows {', '.join(categories[:20])}.")
        return str(categories.index(text))
    if feature.get("encoding") == "time":
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{name} is a time such as 2026-01-31T12:00:00, not {text!r}.") from None
        return repr((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    try:
        float(text)
    except ValueError:
        raise ValueError(f"{name} is a number, not {text!r}.") from None
    return text


def _numbers(body: str, content_type: str) -> list[list[float]]:
    """The numbers of an answer, a list for each row; none if it has another form."""
    kind = content_type.partition(";")[0].strip()
    try:
        if kind == "text/csv":
            return [[float(cell) for cell in line.split(",")] for line in body.splitlines() if line.strip()]
        if kind in ("application/json", "application/jsonlines"):
            found = json.loads(body) if kind == "application/json" else [json.loads(x) for x in body.splitlines() if x]
            if isinstance(found, dict):  # JumpStart's algorithms for tables have words of their own
                found = next((found[key] for key in ("predictions", "probabilities", "prediction") if key in found), [])
            rows = found
            rows = rows if isinstance(rows, list) else [rows]
            rows = [one.get("score", one.get("predicted_label")) if isinstance(one, dict) else one for one in rows]
            return [[float(cell) for cell in (one if isinstance(one, list) else [one])] for one in rows]
    except (ValueError, TypeError):
        pass
    return []


def _read(connection, uri: str, most: int = 8 * 1024 * 1024) -> str:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not key:
        raise CallFailed("ValidationException", f"{uri} is not the S3 address of an object.")
    answer = call(connection, "GetObject", service="s3", Bucket=bucket, Key=key, Range=f"bytes=0-{most - 1}")
    return answer["Body"].read().decode(errors="replace")
