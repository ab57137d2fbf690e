"""Trees of tensors as a job would leave them, and rules looked at over them. No tests."""

import numpy as np

from areas.debugger import catalogue
from areas.debugger.hook.config import Collection, When
from areas.debugger.hook.writer import Writer
from areas.debugger.rules import RULES
from areas.debugger.trial import Trial

EVERY = dict.fromkeys(("train", "eval", "predict", "global"), When(1))


def writer(folder, **patterns: str) -> Writer:
    """A writer that saves every step, of collections by name and regular expression."""
    return Writer(folder, {name: Collection(name, (pattern,), when=EVERY) for name, pattern in patterns.items()})


def run(rule: str, folder, series: dict, *, modes=None, collections=None, **given) -> tuple[int | None, str]:
    """(step at which the rule fires, why) over ``series``: {tensor: value of each step}; (None, "") if it doesn't.

    ``collections`` are regular expressions by collection; all tensors are losses if none are given.
    """
    saving = writer(folder, **(collections or {"losses": "."}))
    for step in range(max(map(len, series.values()))):
        mode = modes[step] if modes else "global"
        tensors = {name: np.asarray(values[step]) for name, values in series.items() if step < len(values)}
        tensors = {name: value for name, value in tensors.items() if value is not None}
        saving.save(step, mode, step, tensors, saving.due(step, mode))
    return judge(rule, Trial(folder), **given)


def judge(rule: str, trial: Trial, **given) -> tuple[int | None, str]:
    from importlib import import_module

    trial = Trial(trial.folder)  # one that has shown no step yet
    parameters = catalogue.RULES[rule].read({name: str(value) for name, value in given.items()})
    judging = getattr(import_module(f"areas.debugger.rules.{RULES[rule]}"), rule)(trial, parameters)
    for step in trial.refresh():
        if reason := judging.judge(step):
            return step, reason
    judging.conclude()
    return None, ""
