"""Rules about labels and predictions of a classifier."""

from areas.debugger.rules.base import NoTensors, Rule


class _Classifier(Rule):
    needs = "labels and predictions"

    def prepare(self) -> None:
        self.true = self.guess = None

    def found(self, step: int, labels: list[str], predictions: list[str]):
        """(true classes, predicted classes) at the step as whole numbers; None if either wasn't saved."""
        import numpy as np

        def first(names):
            return next((value for _, value in self.values(step, names)), None)

        true, guess = first(labels), first(predictions)
        if true is None or guess is None:
            self.seen = 0 if self.true is None else self.seen
            return None
        true = np.asarray(true).reshape(-1)
        if not np.all(np.isfinite(true)) or np.any(true != np.rint(true)) or len(np.unique(true)) > 1000:
            raise NoTensors("classes: the labels are numbers of a regression")
        return true.astype(np.int64), to_classes(np.asarray(guess), len(true), getattr(self, "argmax", False))


def to_classes(guess, rows: int, argmax: bool):
    """Classes as they are, the largest of a row's scores, or whether a probability is above a half."""
    import numpy as np

    if guess.ndim > 1 and guess.shape[-1] > 1 and (argmax or guess.shape[0] == rows):
        return guess.reshape(rows, -1).argmax(axis=1)
    flat = guess.reshape(-1).astype(np.float64)
    if np.any(flat != np.rint(flat)) and np.all((flat >= 0) & (flat <= 1)):
        return (flat > 0.5).astype(np.int64)
    return np.rint(flat).astype(np.int64)


class ClassImbalance(_Classifier):
    """Judges when ``samples`` labels have come; a step that has as many is judged by itself."""

    def judge(self, step: int) -> str:
        import numpy as np

        names = self.trial.tensor_names
        pair = self.found(step, names(regex=self.labels_regex), names(regex=self.predictions_regex))
        if pair is None:
            return ""
        if self.true is not None and len(pair[0]) < self.samples:
            pair = tuple(np.concatenate(both) for both in zip((self.true, self.guess), pair, strict=True))
        self.true, self.guess = pair
        if len(self.true) < self.samples:
            return ""
        kinds, counts = np.unique(self.true, return_counts=True)
        ratio = counts.max() / counts.min()
        if len(kinds) > 1 and ratio > self.threshold_imbalance:
            return (
                f"Class {kinds[counts.argmax()]} has {ratio:.3g} times the samples of class {kinds[counts.argmin()]}, more "
                f"than {self.threshold_imbalance:g}."
            )
        for kind in kinds:
            wrong = float(np.mean(self.guess[self.true == kind] != kind))
            if wrong > self.threshold_misprediction:
                return f"{wrong:.0%} of class {kind} are mispredicted, more than {self.threshold_misprediction:.0%}."
        return ""


class Confusion(_Classifier):
    """A cell of the confusion matrix divided by its column's sum: on the diagonal at least ``min_diag``, else at most
    ``max_off_diag``. Columns are predicted classes."""

    def judge(self, step: int) -> str:
        pair = self.found(
            step,
            self.trial.tensor_names(collection=self.labels_collection) or self.trial.tensor_names(regex=self.labels),
            self.trial.tensor_names(collection=self.predictions_collection)
            or self.trial.tensor_names(regex=self.predictions),
        )
        if pair is None:
            return ""
        self.true, self.guess = pair
        cells = matrix(self.true, self.guess, self.category_no)
        sums = cells.sum(axis=0)
        for guessed in range(len(cells)):
            if not sums[guessed]:
                continue
            for true in range(len(cells)):
                share = cells[true, guessed] / sums[guessed]
                if true != guessed and share > self.max_off_diag:
                    return (
                        f"{share:.0%} of what is predicted as class {guessed} is class {true}, more than "
                        f"{self.max_off_diag:.0%}."
                    )
            if cells[guessed, guessed] / sums[guessed] < self.min_diag:
                share = cells[guessed, guessed] / sums[guessed]
                return f"{share:.0%} of what is predicted as class {guessed} is so, less than {self.min_diag:.0%}."
        return ""


def matrix(true, guess, count: int | None = None):
    """Confusion matrix, rows true and columns predicted classes, numbered from 0."""
    import numpy as np

    size = max(count or 0, int(max(true.max(), guess.max())) + 1)
    cells = np.zeros((size, size), np.int64)
    kept = (true >= 0) & (guess >= 0)
    np.add.at(cells, (true[kept], guess[kept]), 1)
    return cells
