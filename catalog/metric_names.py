"""What the name of a metric tells: which of its values are good ones, its group, whether it is of the machine."""

import re

USAGE = ("CPUUtilization", "MemoryUtilization", "DiskUtilization", "GPUUtilization", "GPUMemoryUtilization")
_LOWER = {
    "loss", "logloss", "mlogloss", "error", "merror", "err", "rmse", "rmsle", "mse", "mae", "mape", "mphe", "nll", "deviance",
    "nloglik", "perplexity", "ppl", "wer", "cer", "fid", "latency", "time", "seconds", "duration", "brier", "entropy",
}  # fmt: skip
_HIGHER = {
    "accuracy", "acc", "top1", "top5", "auc", "aucpr", "auprc", "auroc", "roc", "ap", "f1", "f2", "fbeta", "precision", "recall",
    "sensitivity", "specificity", "r2", "map", "ndcg", "mrr", "hits", "score", "reward", "return", "bleu", "rouge", "meteor",
    "iou", "miou", "dice", "kappa", "mcc", "gini", "psnr", "ssim", "silhouette", "likelihood", "throughput", "neg", "win", "pre",
    "explained", "correlation",
}  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+")


def is_higher_better(metric: str) -> bool:
    """Whether more of it is better: ``validation:auc`` and ``neg_mean_squared_error`` yes, ``train/rmse`` and what nobody knows no.
    What the name measures stands in its last part."""
    last = re.split(r"[/:]", metric)[-1]
    words = [word.lower() for word in _WORD.findall(last)]
    if words and words[0] == "neg":
        return True
    if not _LOWER.isdisjoint(words):
        return False
    return not _HIGHER.isdisjoint(words) or last.startswith("interval-regression")


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
