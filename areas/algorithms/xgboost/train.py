"""Training with SageMaker's XGBoost: reads the channels, boosts, prints a line a round, leaves ``xgboost-model``."""

import os
import signal
import sys
from pathlib import Path

from areas.algorithms.container import AlgorithmError, Container, UserError, container, cpu_count
from areas.algorithms.hooks import NoHook, hook_of
from areas.algorithms.xgboost import data, metrics
from areas.algorithms.xgboost.checkpoints import Checkpoints
from areas.algorithms.xgboost.complaints import check_labels, in_one_sentence
from areas.algorithms.xgboost.hyperparameters import WITHOUT_EFFECT, check, is_script, parse
from areas.algorithms.xgboost.library import stay_lean

MODEL = "xgboost-model"
# Hyperparameters for the container, not for XGBoost.
OURS = {
    "num_round", "csv_weights", "early_stopping_rounds", "eval_metric", "save_model_on_termination", "_kfold",
    "_num_cv_round", "_tuning_objective_metric", *WITHOUT_EFFECT,
}  # fmt: skip


def _print(line: str) -> None:
    print(line, flush=True)


class Stop:
    """Whether SIGTERM came. Until training has begun there is nothing to keep, and it ends the process at once."""

    def __init__(self):
        self.asked = self.training = False
        signal.signal(signal.SIGTERM, self._come)

    def _come(self, number, frame):
        self.asked = True
        if not self.training:
            raise SystemExit(128 + number)


def main() -> int:
    """Run the job in this container: exit code 0, or 1 with the reason in the failure file."""
    box = container()
    if is_script(box.hyperparameters, box.channels):
        from areas.algorithms.script.train import main as run_script

        return run_script()
    stay_lean()
    stop = Stop()
    try:
        hyperparameters = box.hyperparameters
        check(hyperparameters, box.channels)
        given = parse(hyperparameters)
        for name in WITHOUT_EFFECT:
            if name in given:
                print(f"Hyperparameter {name} has no effect in this version of XGBoost.", flush=True)
        box.model.mkdir(parents=True, exist_ok=True)
        tables = data.load_all(box, weighted=given.get("csv_weights") == 1)
        for name, table in tables.items():
            check_labels(table, name, given.get("objective", ""), given.get("num_class", 0))
        if given.get("_kfold"):
            from areas.algorithms.xgboost.folds import train_folds

            train_folds(box, given, tables, stop)
        else:
            train(box, given, tables, stop)
    except UserError as error:
        return box.fail(f"UserError: {error}")
    except AlgorithmError as error:
        return box.fail(f"AlgorithmError: {error}")
    return 0


def train(box: Container, given: dict, tables: dict, stop: Stop) -> None:
    """Train one model, going on from its last checkpoint, and save it."""
    objective = given.get("objective", "reg:squarederror")
    with in_one_sentence():
        matrices = {name: data.to_matrix(table, given.get("nthread", 0), objective) for name, table in tables.items()}
    print(f"Train matrix has {tables['train'].rows} rows and {tables['train'].columns} columns", flush=True)
    if "validation" in tables:
        print(f"Validation matrix has {tables['validation'].rows} rows", flush=True)
    tables.clear()
    checkpoints = Checkpoints(box.checkpoints)
    booster = boost(given, matrices, stop, checkpoints, hook=hook_of(box, matrices))
    if stop.asked and given.get("save_model_on_termination") == "false":
        return
    save(booster, box.model / MODEL)


def boost(given: dict, matrices: dict, stop: Stop, checkpoints: Checkpoints, report=_print, hook=None):
    """Boost for ``num_round`` rounds; returns the booster, cut back to its best round if early stopping is asked for.

    Args:
        given: parsed hyperparameters.
        matrices: ``train`` and perhaps ``validation``, as ``xgboost.DMatrix``.
        report: takes a line of metrics a round.
        hook: looks at the booster after each round (``areas.algorithms.hooks``).
    """
    import xgboost

    objective = given.get("objective", "reg:squarederror")
    wanted = list(given.get("eval_metric", []))
    aim = given.get("_tuning_objective_metric", "").rpartition(":")[2]
    if aim and aim not in wanted:
        wanted.append(aim)
    evaluate = metrics.added(wanted, objective)
    watched = [(matrix, name) for name, matrix in matrices.items()]
    early, hook = Patience(given, watched[-1][1]), hook or NoHook()
    with in_one_sentence():
        start, kept = checkpoints.latest()
        booster = xgboost.Booster(parameters(given, wanted), [matrix for matrix, _ in watched], model_file=kept)
        if kept:
            report(f"Checkpoint loaded, resuming from round {start}")
        stop.training = True
        for number in range(start, given["num_round"]):
            booster.update(matrices["train"], number)
            scores = _scores(booster.eval_set(watched, number, evaluate, output_margin=False) if evaluate
                             else booster.eval_set(watched, number))  # fmt: skip
            report(f"[{number}]" + "".join(f"\t{name}:{value}" for name, value in scores))
            hook.after(number, booster, scores)
            checkpoints.save(booster, number + 1, at_once=stop.asked)
            if early.over(scores, number, booster) or stop.asked:
                break
        hook.end()
    return early.best(booster)


def parameters(given: dict, wanted: list[str]) -> dict:
    """XGBoost's own parameters."""
    found = {name: value for name, value in given.items() if name not in OURS}
    found.setdefault("nthread", cpu_count())
    if found.get("objective") == "reg:linear":
        found["objective"] = "reg:squarederror"
    if "updater" in found:
        found["updater"] = ",".join(found["updater"])
    power = given.get("tweedie_variance_power", 1.5)  # XGBoost wants it in the metric's name
    own = [f"{name}@{power}" if name == "tweedie-nloglik" else name for name in metrics.native(wanted)]
    if own:
        found["eval_metric"] = own
    elif wanted:
        found["disable_default_eval_metric"] = True
    return found


def save(booster, path: Path) -> None:
    """Write the model in XGBoost's binary format (UBJSON), whole or not at all."""
    temporary = path.with_name(f".{path.name}")
    temporary.write_bytes(booster.save_raw("ubj"))
    os.replace(temporary, path)


class Patience:
    """Early stopping: on the last data set, by the last metric of its line."""

    def __init__(self, given: dict, data_set: str):
        self.rounds, self.data_set = given.get("early_stopping_rounds", 0), data_set
        self.sliceable = given.get("booster") != "gblinear"
        self.best_round, self.best_score, self.kept = -1, None, None

    def over(self, scores: list[tuple[str, str]], number: int, booster) -> bool:
        if not self.rounds:
            return False
        name, text = [(name, value) for name, value in scores if name.startswith(f"{self.data_set}-")][-1]
        score = float(text)
        metric = name[len(self.data_set) + 1 :].partition("@")[0]
        better = self.best_score is None or (
            score > self.best_score if metric in metrics.MAXIMIZED else score < self.best_score
        )
        if better:
            self.best_round, self.best_score = number, score
            if not self.sliceable:
                self.kept = booster.copy()
        return number - self.best_round >= self.rounds

    def best(self, booster):
        """The model as of its best round."""
        if not self.rounds or self.best_round < 0:
            return booster
        if self.kept is not None:
            return self.kept
        return booster[: self.best_round + 1] if self.best_round + 1 < booster.num_boosted_rounds() else booster


def _scores(line: str) -> list[tuple[str, str]]:
    """XGBoost's ``[3]\\ttrain-rmse:1.234567…`` → [("train-rmse", "1.23457")], five decimals as the image prints."""
    pairs = [part.rpartition(":") for part in line.split("\t")[1:]]
    return [(name, f"{float(value):.5f}") for name, _, value in pairs]


if __name__ == "__main__":
    sys.exit(main())
