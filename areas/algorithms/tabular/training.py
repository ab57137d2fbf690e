"""A training job of ``transfer_learning.py``: the same for all algorithms for tables."""

import signal
from importlib import import_module

from areas.algorithms.container import Container, UserError, container
from areas.algorithms.frame import hyperparameters
from areas.algorithms.tabular import tables


class Stop:
    """Whether SIGTERM came; what is trained by then is saved where the library can be asked to end."""

    def __init__(self):
        self.asked = False
        signal.signal(signal.SIGTERM, self._come)

    def _come(self, number, frame):
        self.asked = True


INFER = '''"""Answers rows of CSV with what the model predicts."""

from areas.algorithms.tabular.inference import handlers

model_fn, transform_fn = handlers("{algorithm}")
'''


def _leave_script(box: Container, algorithm: str) -> None:
    """``code/inference.py`` beside the model, so that it can be served without one being named."""
    (box.model / "code").mkdir(exist_ok=True)
    (box.model / "code" / "inference.py").write_text(INFER.format(algorithm=algorithm))


def main(algorithm: str, problem: str) -> int:
    """Train ``areas.algorithms.tabular.<algorithm>`` for "classification" or "regression"; the exit code.

    The learner has ``PARAMETERS``, ``fit(given, schema, train, validation, box, stop)``, which leaves the model in ``box.model``.
    """
    box, stop = container(), Stop()
    try:
        learner = import_module(f"areas.algorithms.tabular.{algorithm}")
        given = {name: value for name, value in box.hyperparameters.items() if not name.startswith("sagemaker_")}
        parsed = hyperparameters.parse(learner.PARAMETERS, given)
        given = {item.name: parsed[item.name] for item in learner.PARAMETERS}
        if len(box.resources["hosts"]) > 1:
            raise UserError("It trains on a single instance only: set InstanceCount to 1")
        schema, train, validation = tables.load(box, problem)
        words = f"{len(schema.classes)} classes" if schema.classes else "a number to predict"
        print(f"{len(train)} rows to train on, {len(validation)} to validate on, {schema.columns} features, "
              f"{len(schema.categories)} of them categories, {words}", flush=True)  # fmt: skip
        box.model.mkdir(parents=True, exist_ok=True)
        learner.fit(given, schema, train, validation, box, stop)
        schema.save(box.model)
        _leave_script(box, algorithm)
    except UserError as error:
        return box.fail(f"ClientError: {error}")
    return 0
