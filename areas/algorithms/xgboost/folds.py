"""Cross-validation inside one job (``_kfold``): a model for each fold, and the predictions for the rows held out."""

import csv

from areas.algorithms.container import Container, UserError
from areas.algorithms.formats.table import Table, stack
from areas.algorithms.xgboost import data
from areas.algorithms.xgboost.checkpoints import Checkpoints


def train_folds(box: Container, given: dict, tables: dict[str, Table], stop) -> None:
    """Train ``_kfold`` models ``_num_cv_round`` times on the train and validation channels together.

    Leaves ``xgboost-model-<n>`` and ``output/data/predictions.csv`` (label and the mean of the predictions for a row
    by models that had not seen it), and prints the mean of the last metrics as one more line.
    """
    import numpy as np

    from areas.algorithms.xgboost.train import MODEL, boost, save

    table = stack(list(tables.values()))
    objective = given.get("objective", "reg:squarederror")
    if given["_kfold"] > table.rows:
        raise UserError(f"_kfold is {given['_kfold']}, but there are only {table.rows} rows.")
    stratified = objective.startswith(("binary:", "multi:"))
    rng = np.random.default_rng(given.get("seed", 0))
    sums, last = None, []
    rounds = given.get("_num_cv_round", 1)
    for number in range(rounds):
        for fold, held in enumerate(split(table.labels if stratified else None, table.rows, given["_kfold"], rng)):
            model = number * given["_kfold"] + fold
            print(f"Train cross validation fold {model + 1}", flush=True)
            kept = np.setdiff1d(np.arange(table.rows), held)
            matrices = {
                "train": _rows(table, kept, given, objective),
                "validation": _rows(table, held, given, objective),
            }
            lines: list[str] = []
            booster = boost(given, matrices, stop, Checkpoints(None), _both(lines))
            save(booster, box.model / f"{MODEL}-{model}")
            predicted = booster.predict(matrices["validation"])
            if sums is None:
                sums = np.zeros((table.rows, *predicted.shape[1:]))
            sums[held] += predicted
            last.append([part.rpartition(":") for part in lines[-1].split("\t")[1:]])
            if stop.asked:
                return
    means = (f"{fold[0][0]}:{np.mean([float(value) for _, _, value in fold]):.5f}" for fold in zip(*last, strict=True))
    print(f"[{given['num_round']}]\t" + "\t".join(means), flush=True)
    _write_predictions(box, table.labels, sums / rounds)


def split(labels, rows: int, folds: int, rng) -> list:
    """Row numbers of each fold, shuffled; with ``labels`` every fold gets its share of each class."""
    import numpy as np

    parts = [np.arange(rows)] if labels is None else [np.flatnonzero(labels == kind) for kind in np.unique(labels)]
    order = np.concatenate([rng.permutation(part) for part in parts])
    return [np.sort(order[fold::folds]) for fold in range(folds)]


def _rows(table: Table, rows, given: dict, objective: str):
    def taken(column):
        return None if column is None else column[rows]

    part = Table(table.features[rows], taken(table.labels), taken(table.weights), taken(table.groups))
    return data.to_matrix(part, given.get("nthread", 0), objective)


def _both(lines: list[str]):
    def report(line: str) -> None:
        lines.append(line)
        print(line, flush=True)

    return report


def _write_predictions(box: Container, labels, predictions) -> None:
    folder = box.output / "data"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "predictions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        for label, prediction in zip(labels, predictions, strict=True):
            writer.writerow([float(label), *(prediction if prediction.ndim else [prediction])])
