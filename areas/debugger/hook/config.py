"""What a job's ``debughookconfig.json`` asks to save, and when. Standard library only.

A collection is a set of tensors, found by regular expressions; each saves by the keys ``save_interval``, ``save_steps``,
``start_step`` and ``end_step``, of its own parameters or of the hook's, with or without a mode before them
(``train.save_interval``). Source: developer guide "Configure the SageMaker Debugger hook", awslabs/sagemaker-debugger.
"""

import math
import re
from dataclasses import dataclass, field, replace

MODES = ("train", "eval", "predict", "global")
KEYS = ("save_interval", "save_steps", "start_step", "end_step")
INTERVAL = 500
REDUCTIONS = ("min", "max", "mean", "median", "prod", "sum", "variance", "std", "l1", "l2")
ALL_REDUCTIONS = frozenset(REDUCTIONS) | {f"abs_{name}" for name in REDUCTIONS}
OTHER = {
    "include_regex", "tensor_names", "reductions", "save_raw_tensor", "save_histogram", "save_shape",
    "include_workers", "export_tensorboard", "tensorboard_dir",
}  # fmt: skip
# Metrics that grow as the model gets better: none of the losses.
BIGGER = (
    "auc", "map", "aucpr", "ndcg", "accuracy", "balanced_accuracy", "acc", "f1", "f1_binary", "f1_macro", "precision",
    "precision_macro", "precision_micro", "recall", "recall_macro", "recall_micro", "r2", "score",
    "interval-regression-accuracy",
)  # fmt: skip


@dataclass(frozen=True)
class When:
    """At which steps a collection saves in one mode."""

    interval: int = INTERVAL
    steps: frozenset[int] = frozenset()
    start: int = 0
    end: float = math.inf  # the first step that isn't saved any more
    also: tuple["When", ...] = ()  # of a collection that is given more than once

    def holds(self, step: int) -> bool:
        if step in self.steps or any(one.holds(step) for one in self.also):
            return True
        if self.steps and not self.interval:
            return False
        return bool(self.interval) and self.start <= step < self.end and step % self.interval == 0


@dataclass(frozen=True)
class Collection:
    name: str
    patterns: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    reductions: tuple[str, ...] = ()
    raw: bool = True
    when: dict[str, When] = field(default_factory=dict)

    def has(self, tensor: str) -> bool:
        return tensor in self.names or any(re.search(pattern, tensor) for pattern in self.patterns)


def is_loss(name: str) -> bool:
    """Whether a metric's name is a loss's: ``train-rmse``, ``validation:loss``, not ``validation-auc``."""
    last = re.split(r"[-:/]", name.partition("@")[0])[-1].lower()
    return last not in BIGGER and not last.endswith(("auc", "map"))


def check(config: dict) -> None:
    """ValueError in a sentence about the first thing in a DebugHookConfig that no hook understands."""
    _check_parameters(config.get("HookParameters", {}), "HookParameters")
    for collection in config.get("CollectionConfigurations", ()):
        where = f"the CollectionParameters of {collection.get('CollectionName', 'a collection without a name')}"
        given = collection.get("CollectionParameters", {})
        _check_parameters(given, where)
        unknown = [word for word in _words(given.get("reductions", "")) if word not in ALL_REDUCTIONS]
        if unknown:
            raise ValueError(f"{unknown[0]} in {where} is no reduction; there are {', '.join(sorted(ALL_REDUCTIONS))}.")


def _check_parameters(given: dict[str, str], where: str) -> None:
    for name, value in given.items():
        mode, _, key = name.rpartition(".")
        if key in KEYS and (not mode or mode in MODES):
            _check_steps(name, value, where)
        elif name not in OTHER:
            raise ValueError(f"{name} in {where} is not known; there are {', '.join(sorted({*KEYS, *OTHER}))}.")
        elif name == "include_regex":
            for pattern in value.split(","):
                try:
                    re.compile(pattern)
                except re.error as error:
                    raise ValueError(f"{pattern!r} in {where} is no regular expression ({error}).") from None


def _check_steps(name: str, value: str, where: str) -> None:
    texts = _words(value) if name.endswith("save_steps") else [value]
    if not all(text.strip().isdecimal() for text in texts) or (name.endswith("interval") and int(value) < 1):
        least = "whole numbers with commas between them" if name.endswith("save_steps") else "a whole number"
        raise ValueError(f"{name} in {where} must be {least}, not {value!r}.")


def collections(config: dict, patterns: dict[str, tuple[str, ...]], default: tuple[str, ...]) -> dict[str, Collection]:
    """The collections to save, by name. One that is given more than once, as the SDK does where rules ask for it too, saves
    whenever any of them says so.

    Args:
        config: debughookconfig.json.
        patterns: the framework's own collections, {name: regular expressions}.
        default: those of them that are saved even if nobody names them.
    """
    hook = config.get("HookParameters") or {}
    wanted: dict[str, list[dict]] = {}
    for one in config.get("CollectionConfigurations") or ():
        wanted.setdefault(one["CollectionName"], []).append(one.get("CollectionParameters") or {})
    for name in default:
        wanted.setdefault(name, [{}])
    return {name: _collection(name, many, hook, patterns.get(name, ())) for name, many in wanted.items()}


def _collection(name: str, many: list[dict[str, str]], hook: dict[str, str], patterns: tuple[str, ...]) -> Collection:
    own = tuple(pattern for given in many for pattern in given.get("include_regex", "").split(",") if pattern)
    names = frozenset(word for given in many for word in _words(given.get("tensor_names", "")))
    reductions = tuple(dict.fromkeys(word for given in many for word in _words(given.get("reductions", ""))))
    raw = any(given.get("save_raw_tensor", str(not given.get("reductions"))).lower() == "true" for given in many)
    when = {}
    for mode in MODES:
        first, *others = (_when(mode, given, hook) for given in many)
        when[mode] = replace(first, also=tuple(others))
    return Collection(name, own or patterns, names, reductions, raw, when)


def _when(mode: str, *sources: dict[str, str]) -> When:
    """The first source that has a key decides it; within a source, the mode's own key before the general one."""

    def find(key: str) -> str:
        for source in sources:
            for name in (f"{mode}.{key}", key):
                if source.get(name):
                    return source[name]
        return ""

    steps, interval = frozenset(int(word) for word in _words(find("save_steps"))), find("save_interval")
    return When(
        int(interval) if interval else (0 if steps else INTERVAL), steps, int(find("start_step") or 0),
        int(find("end_step")) if find("end_step") else math.inf,
    )  # fmt: skip


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
