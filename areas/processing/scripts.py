"""Scripts that the form starts with. Each runs as it is on the seeded datasets or on what a training job left."""

READ = """

def read(folder):
    tables = []
    for path in sorted(Path(folder).rglob("*")):
        kind = path.suffix.lower()
        if kind in (".csv", ".tsv"):
            tables.append(pd.read_csv(path, sep="\\t" if kind == ".tsv" else ","))
        elif kind == ".parquet":
            tables.append(pd.read_parquet(path))
        elif kind == ".jsonl":
            tables.append(pd.read_json(path, lines=True))
    if not tables:
        raise SystemExit(f"There is no CSV, TSV, JSON Lines or Parquet file in {folder}.")
    return pd.concat(tables, ignore_index=True)

"""

ANALYSE = (
    '''"""Analyse a table: what its columns hold, what is missing, which numbers go together."""

import json
from pathlib import Path

import pandas as pd

DATA, OUT = "/opt/ml/processing/input/data", Path("/opt/ml/processing/output/analysis")
'''
    + READ
    + """
table = read(DATA)
print(f"{len(table):,} rows, {len(table.columns)} columns")
columns = pd.DataFrame({
    "type": table.dtypes.astype(str), "missing": table.isna().sum(), "distinct": table.nunique(),
})
numbers = table.select_dtypes("number")
columns = columns.join(numbers.describe().T[["mean", "std", "min", "50%", "max"]])
columns.to_csv(OUT / "columns.csv", index_label="column")
numbers.corr().round(4).to_csv(OUT / "correlations.csv", index_label="column")
table.head(100).to_csv(OUT / "first_rows.csv", index=False)
summary = {"rows": len(table), "columns": len(table.columns), "duplicates": int(table.duplicated().sum())}
(OUT / "summary.json").write_text(json.dumps(summary, indent=2))
print(columns.to_string())
"""
)

PREPROCESS = (
    '''"""Prepare a table for training: fill what is missing, encode words as numbers, divide into train and test.

Both parts are CSV with the label first and no header, as SageMaker's built-in algorithms read them.
"""

import argparse
import json
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split

DATA, OUT = "/opt/ml/processing/input/data", Path("/opt/ml/processing/output")
'''
    + READ
    + """
parser = argparse.ArgumentParser()
parser.add_argument("--label", required=True)
parser.add_argument("--test-share", type=float, default=0.2)
parser.add_argument("--seed", type=int, default=0)
arguments = parser.parse_args()

table = read(DATA)
if arguments.label not in table:
    raise SystemExit(f"There is no column {arguments.label}; there are {', '.join(table.columns)}.")
table = table.dropna(subset=[arguments.label])
label = table.pop(arguments.label)
classes = None
if not pd.api.types.is_numeric_dtype(label):
    label, classes = pd.factorize(label, sort=True)
    label = pd.Series(label, index=table.index)
for name in table:
    if pd.api.types.is_numeric_dtype(table[name]):
        table[name] = table[name].fillna(table[name].median())
features = pd.get_dummies(table, dtype=int)
features.insert(0, arguments.label, label)
stratify = label if classes is not None else None
train, test = train_test_split(
    features, test_size=arguments.test_share, random_state=arguments.seed, stratify=stratify
)
train.to_csv(OUT / "train" / "train.csv", index=False, header=False)
test.to_csv(OUT / "test" / "test.csv", index=False, header=False)
told = {"columns": list(features.columns), "classes": list(classes) if classes is not None else None}
(OUT / "about" / "columns.json").write_text(json.dumps(told, indent=2))
print(f"{len(train):,} rows to train, {len(test):,} to test, {len(features.columns) - 1} features")
"""
)

EVALUATE = '''"""Judge an XGBoost model on data that it has not seen: CSV, label first, no header.

Leaves evaluation.json, in the form that the model registry takes as ModelMetrics.
"""

import json
import tarfile
from pathlib import Path

import numpy as np
import xgboost
from sklearn import metrics

INPUT, OUT = Path("/opt/ml/processing/input"), Path("/opt/ml/processing/output/evaluation")

archive = next((INPUT / "model").glob("*.tar.gz"))
with tarfile.open(archive) as tar:
    tar.extractall("/tmp/model", filter="data")
model = xgboost.Booster()
model.load_model(next(path for path in Path("/tmp/model").rglob("xgboost-model*")))
objective = json.loads(model.save_config())["learner"]["objective"]["name"]

rows = np.concatenate([np.loadtxt(path, delimiter=",", ndmin=2) for path in sorted((INPUT / "test").rglob("*.csv"))])
truth, scores = rows[:, 0], model.predict(xgboost.DMatrix(rows[:, 1:]))
print(f"{len(rows):,} rows, objective {objective}")


def told(**values):
    return {name: {"value": float(value), "standard_deviation": "NaN"} for name, value in values.items()}


def confusion(truth, guess):
    names = sorted({*truth, *guess})
    counts = metrics.confusion_matrix(truth, guess, labels=names)
    return {str(int(a)): {str(int(p)): int(counts[i, j]) for j, p in enumerate(names)} for i, a in enumerate(names)}


if objective == "binary:logistic":
    guess = (scores > 0.5).astype(float)
    false_rates, true_rates, _ = metrics.roc_curve(truth, scores)
    precisions, recalls, _ = metrics.precision_recall_curve(truth, scores)
    report = {"binary_classification_metrics": {
        "confusion_matrix": confusion(truth, guess),
        **told(
            accuracy=metrics.accuracy_score(truth, guess), precision=metrics.precision_score(truth, guess),
            recall=metrics.recall_score(truth, guess), f1=metrics.f1_score(truth, guess),
            auc=metrics.roc_auc_score(truth, scores),
        ),
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": false_rates.tolist(), "true_positive_rates": true_rates.tolist(),
        },
        "precision_recall_curve": {"precisions": precisions.tolist(), "recalls": recalls.tolist()},
    }}
elif objective.startswith("multi:"):
    guess = scores.argmax(axis=1).astype(float) if scores.ndim == 2 else scores
    report = {"multiclass_classification_metrics": {
        "confusion_matrix": confusion(truth, guess),
        **told(
            accuracy=metrics.accuracy_score(truth, guess),
            weighted_precision=metrics.precision_score(truth, guess, average="weighted", zero_division=0),
            weighted_recall=metrics.recall_score(truth, guess, average="weighted"),
            weighted_f1=metrics.f1_score(truth, guess, average="weighted"),
        ),
    }}
else:
    error = metrics.mean_squared_error(truth, scores)
    report = {"regression_metrics": told(
        mae=metrics.mean_absolute_error(truth, scores), mse=error, rmse=error**0.5, r2=metrics.r2_score(truth, scores),
    )}
(OUT / "evaluation.json").write_text(json.dumps(report, indent=2))
Path("/opt/ml/output/message").write_text(f"{len(rows)} rows judged.")
'''

BLANK = '''"""Inputs are folders below /opt/ml/processing/input, what is left in the outputs' folders is stored in S3."""

from pathlib import Path

for path in sorted(Path("/opt/ml/processing").rglob("*")):
    print(path)
Path("/opt/ml/processing/output/result/done.txt").write_text("done")
'''

# What the form offers: value → (title, note, image, script, names of the outputs).
TEMPLATES = {
    "analyse": ("Analyse", "columns, missing values, correlations", "sagemaker-scikit-learn", ANALYSE, ("analysis",)),
    "preprocess": (
        "Preprocess", "encode, then divide into train and test", "sagemaker-scikit-learn", PREPROCESS,
        ("train", "test", "about"),
    ),
    "evaluate": ("Evaluate a model", "a report with charts, for the registry", "sagemaker-xgboost", EVALUATE, ("evaluation",)),
    "blank": ("Own script", "an empty start", "python", BLANK, ("result",)),
}  # fmt: skip
