"""Runs that differ in nothing but their seed, drawn as one: mean and spread over the group at each x."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from catalog.models import Record, Tag
from catalog.runs import RunParameter

# Parameters by which repetitions of one experiment are told apart.
SEEDS = ("seed", "random_state", "random_seed", "fold", "replicate", "repeat")

# Student's t, 97.5 %, for 1 … 30 degrees of freedom; beyond, the normal distribution's is within 2 %.
T975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    key: str
    label: str
    runs: tuple[str, ...]


def parameters_of(runs: Iterable[Record]) -> dict[int, dict[str, str]]:
    """Record id → its parameters as text; one statement."""
    found: dict[int, dict[str, str]] = {run.id: {} for run in runs}
    for number, key, text in RunParameter.objects.filter(run__in=list(found)).values_list("run", "key", "text"):
        found[number][key] = text
    return found


def group_runs(runs: Sequence[Record], by: str) -> list[Group]:
    """Groups in the order of their first run. ``by``: ``params.lr``, ``tags.team``, several with commas between, or
    ``parameters``: all but seeds and folds. A run without the parameter is of the group "none"."""
    fields = [one for one in by.split(",") if one]
    told: dict[int, dict[str, str]] = {run.id: {} for run in runs}
    parameters = parameters_of(runs) if any(not one.startswith("tags.") for one in fields) else {}
    for one in fields:
        if one == "parameters":
            keys = sorted({key for own in parameters.values() for key in own if not is_seed(key)})
            for number, own in parameters.items():
                told[number].update({key: own.get(key, "none") for key in keys})
        elif one.startswith("params."):
            key = one.removeprefix("params.")
            for number, own in parameters.items():
                told[number][key] = own.get(key, "none")
        elif one.startswith("tags."):
            key = one.removeprefix("tags.")
            tags = dict(Tag.objects.filter(record__in=list(told), key=key).values_list("record", "value"))
            for number, values in told.items():
                values[key] = tags.get(number, "none")
    varying = [key for key in next(iter(told.values()), {}) if len({values.get(key) for values in told.values()}) > 1]
    members: dict[tuple, list[str]] = {}
    for run in runs:
        members.setdefault(tuple(told[run.id].get(key, "none") for key in varying), []).append(run.name)
    return [
        Group(
            "\x1f".join(values) or "all", _label(varying, values, fields), tuple(names)
        ) for values, names in members.items()
    ]  # fmt: skip


def is_seed(parameter: str) -> bool:
    word = parameter.lower().replace("-", "_").replace(".", "_").rsplit("/", 1)[-1]
    return any(word == seed or word.endswith(f"_{seed}") for seed in SEEDS)


def _label(keys: list[str], values: tuple[str, ...], fields: list[str]) -> str:
    if not keys:
        return "all runs"
    short = [value if len(value) <= 40 else f"{value[:39]}…" for value in values]
    return ", ".join(f"{key} {value}" for key, value in zip(keys, short, strict=True))


def mean_of(curves: Sequence[tuple[np.ndarray, np.ndarray]], keep: int) -> dict[str, np.ndarray]:
    """Mean, standard deviation (of a sample), least, greatest, half of the mean's 95 % confidence interval and number of runs,
    at every x that some run has (at most ``keep`` of them). ``curves`` are (x, value); between its points a run counts with
    the straight line, outside of them not at all; what isn't finite is left out.
    """
    clean = [one for one in (_clean(x, value) for x, value in curves) if len(one[0])]
    if not clean:
        return {name: np.array([]) for name in ("x", "mean", "sd", "low", "high", "ci", "count")}
    x = np.unique(np.concatenate([one[0] for one in clean]))
    if len(x) > keep:
        x = x[np.unique(np.linspace(0, len(x) - 1, keep).astype(int))]
    stacked = np.vstack([np.interp(x, own, value, left=np.nan, right=np.nan) for own, value in clean])
    there = np.isfinite(stacked)
    count = there.sum(axis=0)
    some = count > 0
    x, stacked, there, count = x[some], stacked[:, some], there[:, some], count[some]
    mean = np.where(there, stacked, 0).sum(axis=0) / count
    squares = np.where(there, (stacked - mean) ** 2, 0).sum(axis=0)
    sd = np.sqrt(squares / np.maximum(count - 1, 1))
    quantile = np.array([0.0, *T975, 1.96])[np.minimum(count - 1, len(T975) + 1)]
    return {
        "x": x, "mean": mean, "sd": sd, "low": np.nanmin(stacked, axis=0), "high": np.nanmax(stacked, axis=0),
        "ci": quantile * sd / np.sqrt(count), "count": count,
    }  # fmt: skip


def _clean(x: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Finite points by ascending x; of several at one x the last."""
    good = np.isfinite(x) & np.isfinite(value)
    x, value = x[good], value[good]
    order = np.argsort(x, kind="stable")
    x, value = x[order], value[order]
    last = np.append(x[1:] != x[:-1], True) if len(x) else np.array([], dtype=bool)
    return x[last], value[last]
