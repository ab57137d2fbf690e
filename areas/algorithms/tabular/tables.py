"""Folders of CSV files, label first, as rows to learn from: types found, classes numbered, categories kept.

Source: the developer guide's "Input and Output interface" of LightGBM, CatBoost, TabTransformer and AutoGluon-Tabular.
"""

import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from areas.algorithms.container import Container, UserError
from areas.algorithms.formats.table import data_files

CATEGORIES = "categorical_index.json"
SCHEMA = "schema.json"
SHARE, SEED = 0.2, 200  # of the rows are held out where there is no validation data


@dataclass
class Schema:
    """What a model remembers of its table. ``categories``: {column: its values as text, in the order of their codes}.

    ``classes``: the labels, in the order of the probabilities; empty for regression. Columns count from 0, without the label.
    """

    problem: str  # "classification" or "regression"
    columns: int
    classes: list = field(default_factory=list)
    categories: dict[int, list[str]] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        (folder / SCHEMA).write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, folder: Path) -> "Schema":
        """UserError if the folder has none."""
        try:
            found = json.loads((folder / SCHEMA).read_text())
            found["categories"] = {int(at): values for at, values in found["categories"].items()}
            return cls(**found)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"The model in {folder} can't be loaded: its {SCHEMA} is missing or broken ({error})"
            ) from None


@dataclass
class Rows:
    """``features``: float32 (rows, columns), NaN for missing; a category is its code, -1 for missing or unknown.
    ``labels``: (rows,) numbers of classes, or values."""

    features: Any
    labels: Any

    def __len__(self) -> int:
        return len(self.features)


def load(box: Container, problem: str) -> tuple[Schema, Rows, Rows]:
    """The job's table as (schema, rows to train on, rows to validate on). UserError says what is wrong with which file."""
    import numpy as np

    train_files, validation_files, categorical = _found(box)
    train = _read(train_files)
    width = train.shape[1]
    if width < 2:
        raise UserError(f"The training data has {width} column: the label must be first, and features must follow")
    wrong = [at for at in categorical if not 1 <= at < width]
    if wrong:
        raise UserError(
            f"{CATEGORIES} names column {wrong[0]}, but features are columns 1 to {width - 1}: 0 is the target"
        )
    validation = _read(validation_files) if validation_files else None
    if validation is not None and validation.shape[1] != width:
        raise UserError(f"The validation data has {validation.shape[1]} columns, but the training data has {width}")
    schema = Schema(problem, width - 1)
    _find_categories(schema, train, categorical)
    if problem == "classification":
        schema.classes = _classes(train[0])
        if len(schema.classes) < 2:
            raise UserError("The first column has one value only: classification needs two classes or more")
    rows = Rows(encoded(train.iloc[:, 1:], schema), _labels(train[0], schema, "training"))
    if validation is not None:
        return schema, rows, Rows(encoded(validation.iloc[:, 1:], schema), _labels(validation[0], schema, "validation"))
    if len(rows) < 5:
        raise UserError(f"The training data has {len(rows)} rows: 5 are the fewest that can be parted into two")
    order = np.random.default_rng(SEED).permutation(len(rows))
    cut = max(1, round(len(rows) * SHARE))
    held, kept = np.sort(order[:cut]), np.sort(order[cut:])
    print(f"No validation data: {cut} of {len(rows)} rows are held out.", flush=True)
    return schema, Rows(rows.features[kept], rows.labels[kept]), Rows(rows.features[held], rows.labels[held])


def _found(box: Container) -> tuple[list[Path], list[Path], list[int]]:
    """Files to train and to validate on, and the categorical columns (0 is the target)."""
    name = next((one for one in ("training", "train") if one in box.channels), None)
    if name is None:
        raise UserError("There is no data to train on: the job needs a channel training")
    top = box.channel(name)
    train = next((top / one for one in ("training", "train") if (top / one).is_dir()), top)
    validation = box.channel("validation") if "validation" in box.channels else top / "validation"
    files = _csv(train)
    if train == top:
        files = [path for path in files if path.relative_to(top).parts[0] != "validation"]
    if not files:
        raise UserError(f"The channel {name} holds no CSV file")
    index = next((path / CATEGORIES for path in (top, train) if (path / CATEGORIES).is_file()), None)
    return files, _csv(validation) if validation.is_dir() else [], _cat_index_list(index) if index else []


def _csv(folder: Path) -> list[Path]:
    return [path for path in data_files(folder) if path.suffix != ".json"]


def _cat_index_list(path: Path) -> list[int]:
    try:
        found = json.loads(path.read_text())["cat_index_list"]
        return [int(at) for at in found]
    except (ValueError, KeyError, TypeError):
        raise UserError(f'{CATEGORIES} must be of the form {{"cat_index_list": [1, 3]}}') from None


def _read(files: list[Path]):
    """CSV files as one frame whose columns are numbers from 0."""
    import pandas as pd

    frames = []
    for path in files:
        try:
            frame = pd.read_csv(path, header=None, low_memory=False)
        except (ValueError, UnicodeDecodeError, pd.errors.ParserError) as error:
            raise UserError(f"The file {path.name} is not CSV: {error}") from None
        if frames and frame.shape[1] != frames[0].shape[1]:
            raise UserError(f"The file {path.name} has {frame.shape[1]} columns, but others have {frames[0].shape[1]}")
        frames.append(frame)
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def _find_categories(schema: Schema, frame, categorical: list[int]) -> None:
    """Columns that are named as categories, or that hold text."""
    import pandas as pd

    for at in range(1, frame.shape[1]):
        if at in categorical or not pd.api.types.is_numeric_dtype(frame[at]):
            schema.categories[at - 1] = sorted({_word(value) for value in frame[at].dropna().unique()})


def encoded(frame, schema: Schema):
    """Feature columns as ``Rows.features``. UserError for a word where the model knows numbers."""
    import numpy as np
    import pandas as pd

    features = np.empty(frame.shape, np.float32)
    for at, name in enumerate(frame.columns):
        column = frame[name]
        if at in schema.categories:
            codes = {value: code for code, value in enumerate(schema.categories[at])}
            features[:, at] = [-1 if pd.isna(value) else codes.get(_word(value), -1) for value in column]
            continue
        try:
            features[:, at] = pd.to_numeric(column)
        except (ValueError, TypeError):
            raise UserError(
                f"Column {at + 1} of the features holds words, but the model learned numbers there"
            ) from None
    return features


def _word(value) -> str:
    """3.0 and 3 are the same category: a column with gaps is read as decimals."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _classes(column) -> list:
    values = {_plain(value) for value in column.dropna().unique()}
    return sorted(values, key=lambda value: (isinstance(value, str), value))


def _plain(value):
    """A label as JSON has it: 1.0 is 1."""
    value = value.item() if hasattr(value, "item") else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _labels(column, schema: Schema, where: str):
    import numpy as np
    import pandas as pd

    if column.isna().any():
        raise UserError(f"The {where} data has no label in row {int(column.isna().to_numpy().argmax()) + 1}")
    if schema.problem == "regression":
        try:
            return pd.to_numeric(column).to_numpy(np.float64)
        except (ValueError, TypeError):
            raise UserError(f"The {where} data has words in its first column: regression needs numbers there") from None
    numbers = {value: number for number, value in enumerate(schema.classes)}
    codes, values = pd.factorize(column)
    found = [numbers.get(_plain(value)) for value in values]
    if None in found:
        raise UserError(f"The {where} data has the class {values[found.index(None)]!r}, which the training data lacks")
    return np.array(found, np.int64)[codes]


def request(body: str, schema: Schema):
    """The features of a request's CSV. UserError if they aren't the model's."""
    import pandas as pd

    kinds = dict.fromkeys(schema.categories, str)
    try:
        frame = pd.read_csv(io.StringIO(body), header=None, dtype=kinds)
    except (ValueError, pd.errors.ParserError) as error:
        raise UserError(f"The request is not CSV: {error}") from None
    if frame.shape[1] != schema.columns:
        raise UserError(f"The request has {frame.shape[1]} columns, but the model learned from {schema.columns}")
    return encoded(frame, schema)
