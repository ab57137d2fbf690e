"""How good forecasts are on held-out points."""


def score(paths, targets, quantiles: list[float]) -> dict[str, float]:
    """RMSE of the mean, the weighted quantile losses, and their mean.

    Args:
        paths: (series, samples, points); targets: (series, points) with NaN for missing, which don't count.

    Source: the developer guide's "DeepAR" page: wQuantileLoss = 2 Σ Q / Σ |target|.
    """
    import numpy as np

    seen = np.isfinite(targets)
    actual = np.nan_to_num(targets)
    found = {"RMSE": float(np.sqrt(((paths.mean(1) - actual)[seen] ** 2).mean()))}
    size = np.abs(actual[seen]).sum()
    losses = []
    for quantile, forecast in zip(quantiles, np.quantile(paths, quantiles, axis=1), strict=True):
        missed = (actual - forecast)[seen]
        loss = 2 * np.maximum(quantile * missed, (quantile - 1) * missed).sum()
        losses.append(loss)
        found[f"wQuantileLoss[{quantile:g}]"] = float(loss / size) if size else float("nan")
    found["mean_absolute_QuantileLoss"] = float(np.mean(losses))
    found["mean_wQuantileLoss"] = float(np.mean(losses) / size) if size else float("nan")
    return found
