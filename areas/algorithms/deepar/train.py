"""Training DeepAR: random windows of the series, their likelihood, and the scores of a test channel."""

import sys
import time

from areas.algorithms.container import UserError
from areas.algorithms.deepar import calendar, network, scores
from areas.algorithms.deepar.data import Series, check_together, load
from areas.algorithms.deepar.declaration import ALGORITHM
from areas.algorithms.frame.training import Job, run
from areas.algorithms.neural import library
from areas.algorithms.neural.checkpoints import Checkpoints
from areas.algorithms.neural.optimizers import Optimizer, Plateau

BATCHES = 10  # the fewest of an epoch
CLIP = 10.0  # the gradient's norm
PLATEAU = 10  # epochs without a better loss after which the learning rate is halved


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    """Learn from ``train``, score on ``test``, leave the model with the lowest loss."""
    given = job.given
    series = load(job.box, "train")
    check_together(series, "train")
    config = configure(series, given)
    check_values(series, config, "train")
    held = load(job.box, "test") if job.has("test") else []
    if held:
        check_together([series[0], *held], "test")
        check_values(held, config, "test")
    library.prepare()
    model = network.build(config)
    job.log.say(
        f"{len(series)} time series of {sum(len(one.target) for one in series)} points, "
        f"{sum(part.numel() for part in model.parameters())} weights."
    )
    loss, epoch = fit(model, series, config, given, job)
    job.log.say(f"Final loss: {loss} (occurred at epoch {epoch})")
    job.log.quality("train", "final_loss", loss)
    library.save(job.box.model, model, config)
    if held:
        evaluate(model, held, config, given, job)


def configure(series: list[Series], given: dict) -> dict:
    """What the network is built from. UserError where the data doesn't have what the hyperparameters say."""
    import numpy as np

    width = len(series[0].cat)
    counts = [max(one.cat[at] for one in series) + 1 for at in range(width)]
    cardinality = given["cardinality"]
    if cardinality == "auto":
        cardinality = counts
    elif cardinality == "ignore":
        cardinality = []
    elif len(cardinality) != width:
        raise UserError(f"cardinality has {len(cardinality)} categories, but the cat of the training data has {width}.")
    for at, (allowed, found) in enumerate(zip(cardinality, counts, strict=False)):
        if found > allowed:
            raise UserError(f"cat {at} of the training data goes up to {found - 1}, but its cardinality is {allowed}.")
    has = 0 if series[0].dynamic is None else len(series[0].dynamic)
    dynamic = {"auto": has, "ignore": 0}.get(given["num_dynamic_feat"], given["num_dynamic_feat"])
    if dynamic > has:
        raise UserError(f"num_dynamic_feat is {dynamic}, but the training data has {has} dynamic features.")
    if dynamic and dynamic < has:
        raise UserError(f"num_dynamic_feat is {dynamic}, but the training data has {has} dynamic features.")
    sizes = np.concatenate([np.abs(one.target[np.isfinite(one.target)]) for one in series])
    if not len(sizes):
        raise UserError("The training data has no point that isn't missing.")
    names = (
        "context_length",
        "prediction_length",
        "time_freq",
        "likelihood",
        "num_cells",
        "num_layers",
        "dropout_rate",
    )
    return {
        "algorithm": ALGORITHM.repository,
        **{name: given[name] for name in (*names, "embedding_dimension")},
        "cardinality": list(cardinality),
        "num_dynamic_feat": dynamic,
        "lags": calendar.lags(calendar.parse_frequency(given["time_freq"]), max(len(one.target) for one in series)),
        "scale": float(sizes.mean()) or 1.0,
    }


def check_values(series: list[Series], config: dict, channel: str) -> None:
    """UserError for a target that the likelihood can't have, or a category that training hasn't seen."""
    import numpy as np

    likelihood = config["likelihood"]
    for number, one in enumerate(series, 1):
        target = one.target[np.isfinite(one.target)]
        if likelihood == "beta" and ((target < 0) | (target > 1)).any():
            raise UserError(
                f"With likelihood beta all values must lie in [0, 1]: series {number} of '{channel}' doesn't."
            )
        if likelihood == "negative-binomial" and ((target < 0) | (target != np.rint(target))).any():
            raise UserError(
                f"With likelihood negative-binomial all values must be counts from 0 on: series {number} of '{channel}' "
                f"isn't."
            )
        for at, count in enumerate(config["cardinality"]):
            if one.cat[at] >= count:
                raise UserError(
                    f"cat {at} of series {number} of '{channel}' is {one.cat[at]}, which training has not seen."
                )


def fit(model, series: list[Series], config: dict, given: dict, job: Job) -> tuple[float, int]:
    """Train until the epochs, the patience or the job's time end; leaves the best weights, returns (loss, epoch)."""
    import numpy as np

    horizon, size = config["prediction_length"], given["mini_batch_size"]
    history = config["context_length"] + max(config["lags"])
    layout = network.Layout(series, config, history=history, future=horizon)
    rng = np.random.default_rng(0)
    # A forecast may begin at any point that has one before it and, where the series is that long, a whole horizon after it.
    room = np.maximum(layout.lengths - horizon, 1)
    ends = np.cumsum(room)
    batches = max(BATCHES, -(-int(layout.lengths.sum()) // (horizon * size)))
    optimizer = Optimizer("adam", model.parameters(), given["learning_rate"], norm=CLIP)
    schedule = Plateau(optimizer, factor=0.5, patience=PLATEAU)
    best = library.Best()
    checkpoints = Checkpoints(job.box.checkpoints, model, optimizer=optimizer, best=best, rng=rng, plateau=schedule)
    patience = given["early_stopping_patience"]
    begin = checkpoints.resume(job.log)
    job.stop.training = True
    for epoch in range(begin, given["epochs"]):
        began, total = time.monotonic(), 0.0
        model.train()
        for batch in range(batches):
            drawn = rng.integers(ends[-1], size=size)
            rows = np.searchsorted(ends, drawn, side="right")
            forecasts = drawn - (ends[rows] - room[rows]) + 1
            loss = network.window_loss(model, layout, rows, np.minimum(forecasts, layout.lengths[rows]), config)
            optimizer.step(loss)
            total += loss.item()
            if batch == 0:
                job.log.quality("train", "loss", loss.item(), epoch=epoch, batch=0)
            if job.stop.asked:
                break
        mean = total / (batch + 1)
        job.log.quality("train", "loss", mean, epoch=epoch)
        job.log.epoch(epoch, given["epochs"], (batch + 1) * size, time.monotonic() - began)
        best.offer(mean, epoch, model)
        if job.stop.asked:
            break
        schedule.check(mean)
        checkpoints.save(epoch + 1, at_once=epoch + 1 == given["epochs"])
        if patience and best.since >= patience:
            job.log.say(f"Loss has not improved for {patience} epochs. Stopping early.")
            break
    best.restore(model)
    return best.score, best.epoch


def evaluate(model, series: list[Series], config: dict, given: dict, job: Job) -> None:
    """Forecast the last points of each series from those before, and report the scores."""
    import numpy as np

    horizon = config["prediction_length"]
    usable = [one for one in series if len(one.target) > horizon]
    if len(usable) < len(series):
        job.log.say(f"{len(series) - len(usable)} test series of at most {horizon} points are not scored.")
    if not usable:
        raise UserError(f"No series of channel 'test' is longer than prediction_length ({horizon}).")
    shown = [Series(one.start, one.target[:-horizon], one.cat, one.dynamic) for one in usable]
    actual = np.stack([one.target[-horizon:] for one in usable])
    if not np.isfinite(actual).any():
        raise UserError("The last points of all series of channel 'test' are missing, so there is nothing to score.")
    paths = network.forecast(model, shown, config, given["num_eval_samples"])
    found = scores.score(paths, actual, list(given["test_quantiles"]))
    for name, value in found.items():
        print(f"#test_score ({job.log.host}, {name}): {value!r}", flush=True)
        job.log.quality("test", name, value)


if __name__ == "__main__":
    sys.exit(main())
