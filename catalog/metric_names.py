"""What the name of a metric tells: which of its values are good ones, its group, whether it is of the machine."""

import re

USAGE = ("CPUUtilization", "MemoryUtilization", "DiskUtilization", "GPUUtilization", "GPUMemoryUtilization")
_LOWER = {
    "loss", "logloss", "mlogloss", "hinge", "bce", "error", "errors", "merror", "err", "rmse", "rmsle", "mse", "msle", "mae",
    "mape", "smape", "wmape", "mase", "mphe", "residual", "nll", "deviance", "nloglik", "entropy", "crossentropy", "perplexity",
    "ppl", "bpc", "bpb", "brier", "ece", "wer", "cer", "ter", "eer", "fid", "kid", "lpips", "fpr", "fnr", "aic", "bic", "inertia",
    "regret", "cost", "distance", "divergence", "kl", "drift", "latency", "delay", "time", "runtime", "seconds", "duration",
}  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+")


def is_higher_better(metric: str) -> bool:
    """Whether more of it is better: of what nobody knows, too, unless a word of its name says error, loss, cost or time.
    What the name measures stands in its last part: ``train/rmse`` no, ``loss/accuracy`` yes. ``neg_mean_squared_error`` turns it
    around, as ``negative_log_likelihood`` does."""
    words = [word.lower().rstrip("0123456789") for word in _WORD.findall(re.split(r"[/:]", metric)[-1])]
    lower = "likelihood" in words if _turned(words) else not _LOWER.isdisjoint(words)
    return not lower


def _turned(words: list[str]) -> bool:
    return bool(words) and words[0] in ("neg", "negative")


def is_system(metric: str) -> bool:
    """Whether it measures the machine: SageMaker's utilisations, MLflow's ``system/…``."""
    return metric.startswith(("system/", "system.")) or metric.split(":")[-1] in USAGE or metric in USAGE


def group_of(metric: str) -> str:
    """What stands before the first ``/`` or ``:``: ``train`` of ``train/loss``; "" where there is neither."""
    found = re.match(r"([^/:]+)[/:].", metric)
    return found[1] if found else ""


def rank(metric: str) -> tuple:
    """To sort by: what a model is judged by first, so validation and test before training, the machine last."""
    group = metric.lower()
    judged = group.startswith(("val", "test", "eval", "best")) or "/val" in group or "_val" in group
    return is_system(metric), not judged, group.startswith("train"), metric
