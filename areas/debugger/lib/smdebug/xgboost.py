"""The hook of scripts that use XGBoost: a callback of ``xgboost.train``. It saves what that of the built-in algorithm does."""

from xgboost.callback import TrainingCallback

from areas.debugger.hook import xgboost as builtin
from smdebug.core import BaseHook, modes

__all__ = ["Hook", "modes"]


class Hook(BaseHook, TrainingCallback):
    patterns, default = builtin.PATTERNS, builtin.DEFAULT

    def __init__(self, config=None, folder=None, *, train_data=None, validation_data=None, hyperparameters=None):
        BaseHook.__init__(self, config, folder)
        TrainingCallback.__init__(self)
        self.train_data, self.validation_data, self.hyperparameters = train_data, validation_data, hyperparameters

    def after_iteration(self, model, epoch: int, evals_log: dict) -> bool:
        if self.writer:
            matrices = {"train": self.train_data, "validation": self.validation_data}
            matrices = {name: matrix for name, matrix in matrices.items() if matrix is not None}
            given = {name: str(value) for name, value in (self.hyperparameters or {}).items()}
            scores = [
                (f"{channel}-{metric}", values[-1][0] if isinstance(values[-1], tuple) else values[-1])
                for channel, metrics in evals_log.items() for metric, values in metrics.items()
            ]  # fmt: skip
            if matrices:
                builtin.Hook(self.writer, matrices, given).after(epoch, model, scores)
            else:
                due = self.writer.due(epoch, "train")
                self.writer.save(epoch, "train", epoch, dict(scores), due)
        return False
