"""What to try next. Pure functions of what has been tried: the same history and seed give the same proposal."""

from dataclasses import dataclass

import numpy as np

from areas.tuning.space import Dimension, combination

STARTUP = 10  # results that TPE waits for, drawing by chance; Optuna's own number


@dataclass(frozen=True)
class Tried:
    """A training job and what is known of it. ``objective`` is None while it runs, and where it told none."""

    parameters: dict[str, str]
    objective: float | None
    is_running: bool


def propose(
    strategy: str, dimensions: list[Dimension], *, slot: int, seed: int, history: list[Tried], maximize: bool
) -> dict[str, str]:
    """Hyperparameters of the ``slot``-th proposal (from 0), as text. ``history`` is of the same dimensions."""
    if strategy == "Grid":
        return combination(dimensions, slot)
    if strategy == "Bayesian" and sum(one.objective is not None for one in history) >= STARTUP:
        return _by_tpe(dimensions, slot, seed, history, maximize)
    rng = np.random.default_rng([seed, slot])
    return {one.name: one.draw(rng) for one in dimensions}


def _by_tpe(dimensions: list[Dimension], slot: int, seed: int, history: list[Tried], maximize: bool) -> dict[str, str]:
    """Optuna's tree-structured Parzen estimator; what still runs is imputed as bad, so that it isn't tried twice at once."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    number = int(np.random.SeedSequence([seed, slot]).generate_state(1)[0])
    sampler = optuna.samplers.TPESampler(
        n_startup_trials=STARTUP, constant_liar=any(one.is_running for one in history), seed=number
    )
    study = optuna.create_study(direction="maximize" if maximize else "minimize", sampler=sampler)
    distributions = {one.name: one.distribution() for one in dimensions}
    states = optuna.trial.TrialState
    for tried in history:
        known = {one.name: one.from_text(tried.parameters.get(one.name, "")) for one in dimensions}
        if any(value is None for value in known.values()) or (tried.objective is None and not tried.is_running):
            continue
        state = states.RUNNING if tried.is_running else states.COMPLETE
        value = None if tried.is_running else tried.objective
        study.add_trial(optuna.trial.create_trial(state=state, params=known, distributions=distributions, value=value))
    asked = study.ask(distributions)
    return {one.name: one.to_text(asked.params[one.name]) for one in dimensions}
