"""Training Semantic Segmentation: parts of pictures at random sizes; mIOU and pixel accuracy of whole ones."""

import sys
import time

from areas.algorithms.frame.training import Job, run
from areas.algorithms.neural import library
from areas.algorithms.neural.checkpoints import Checkpoints
from areas.algorithms.semantic_segmentation.data import IGNORED, load
from areas.algorithms.semantic_segmentation.declaration import ALGORITHM
from areas.algorithms.semantic_segmentation.network import build
from areas.algorithms.vision import pictures
from areas.algorithms.vision.training import Patience, begin_with, optimizer, rate

SAME = ("algorithm_name", "backbone", "num_classes", "crop_size")
LEAST = 32  # pixels of a side that the network needs


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    """Learn from ``train``, measure on ``validation``, leave the network with the best mIOU."""
    given = job.given
    data = {name: load(job.box, name, given["num_classes"]) for name in ("train", "validation")}
    config = configure(given)
    library.prepare(heavy=True)
    network = build({**config, "algorithm": given["algorithm"]})
    if begin_with(job.box, network, config, SAME):
        job.log.say("Beginning with the model of channel 'model'.")
    fit(network, data, config, job)
    library.save(job.box.model, network, config)


def configure(given: dict) -> dict:
    """What the network is built from; ``crop_size`` in steps of 8, as AWS rounds it."""
    return {
        "algorithm": ALGORITHM.repository, "algorithm_name": given["algorithm"], "backbone": given["backbone"],
        "num_classes": given["num_classes"], "crop_size": -(-given["crop_size"] // 8) * 8, "base_size": given["base_size"],
    }  # fmt: skip


def fit(network, data: dict[str, list], config: dict, job: Job) -> None:
    """Train until the epochs, the patience or the job's time end; leaves the weights with the best mIOU."""
    import numpy as np
    import torch
    from torch.nn import functional

    given, rng = job.given, np.random.default_rng(0)
    moving, best = optimizer(given, network.parameters()), Patience(given)
    checkpoints = Checkpoints(job.box.checkpoints, network, optimizer=moving, best=best, rng=rng)
    begin = checkpoints.resume(job.log)
    job.stop.training = True
    for epoch in range(begin, given["epochs"]):
        began, total, done = time.monotonic(), 0.0, 0
        moving.rate = rate(given, epoch)
        network.train()
        order = rng.permutation(len(data["train"]))
        for start in range(0, len(order), given["mini_batch_size"]):
            rows = order[start : start + given["mini_batch_size"]]
            rows = np.repeat(rows, 2) if len(rows) == 1 else rows  # there must be two to normalize over
            parts = [part(data["train"][row], config, rng) for row in rows]
            masks = torch.as_tensor(np.stack([mask for _, mask in parts])).long()
            outputs = network(pictures.tensor([picture for picture, _ in parts]))
            seen = max(1, int((masks != IGNORED).sum()))
            loss = functional.cross_entropy(outputs, masks, ignore_index=IGNORED, reduction="sum") / seen
            moving.step(loss)
            total += loss.item() * len(rows)
            done += len(rows)
            if job.stop.asked:
                break
        if job.stop.asked:
            break  # what is measured is a whole epoch
        job.log.quality("train", "loss", total / max(1, done), epoch=epoch)
        found = measure(network, data["validation"], config)
        for name, kind in (("loss", "loss"), ("pixel_accuracy", "score"), ("mIOU", "score")):
            job.log.quality("validation", name, found[name], kind, epoch=epoch)
        job.log.epoch(epoch, given["epochs"], done, time.monotonic() - began)
        best.offer(found["mIOU"], epoch, network)
        checkpoints.save(epoch + 1, at_once=job.stop.asked or epoch + 1 == given["epochs"])
        if job.stop.asked:
            break
        if best.over(epoch):
            job.log.say(f"mIOU has not improved for {best.since} epochs. Stopping early.")
            break
    best.restore(network)


def part(sample: tuple, config: dict, rng):
    """(picture, mask) of crop_size × crop_size, from the sample at 0.5 to 2 times base_size, perhaps mirrored."""
    import numpy as np
    from PIL import Image

    encoded, mask, name = sample
    picture, crop = pictures.decode(encoded, name), config["crop_size"]
    factor = config["base_size"] * rng.uniform(0.5, 2.0) / max(picture.shape[:2])
    height, width = (max(1, round(side * factor)) for side in picture.shape[:2])
    picture = pictures.resized(picture, height, width)
    mask = np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST))
    below, beside = max(0, crop - height), max(0, crop - width)
    picture = np.pad(picture, ((0, below), (0, beside), (0, 0)))
    mask = np.pad(mask, ((0, below), (0, beside)), constant_values=IGNORED)
    top, left = rng.integers(mask.shape[0] - crop + 1), rng.integers(mask.shape[1] - crop + 1)
    picture, mask = picture[top : top + crop, left : left + crop], mask[top : top + crop, left : left + crop]
    return (picture[:, ::-1], mask[:, ::-1]) if rng.random() < 0.5 else (picture, mask)


def scores(network, picture, config: dict):
    """(classes, height, width) of a whole picture, seen with its longer side at base_size."""
    import torch
    from torch.nn import functional

    height, width = picture.shape[:2]
    factor = config["base_size"] / max(height, width)
    shown = pictures.resized(picture, max(LEAST, round(height * factor)), max(LEAST, round(width * factor)))
    with torch.no_grad():
        found = network(pictures.tensor([shown]))
        return functional.interpolate(found, (height, width), mode="bilinear", align_corners=False)[0]


def measure(network, data: list, config: dict) -> dict[str, float]:
    """mIOU over the classes that there are or that are seen, pixel accuracy, mean loss."""
    import numpy as np
    import torch
    from torch.nn import functional

    network.eval()
    classes = config["num_classes"]
    table, loss, seen = np.zeros((classes, classes)), 0.0, 0
    for encoded, mask, name in data:
        found = scores(network, pictures.decode(encoded, name), config)
        wanted = torch.as_tensor(mask).long()
        loss += functional.cross_entropy(found[None], wanted[None], ignore_index=IGNORED, reduction="sum").item()
        counted = mask != IGNORED
        seen += counted.sum()
        pairs = mask[counted].astype(int) * classes + found.argmax(0).cpu().numpy()[counted]
        table += np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    right, union = table.diagonal(), table.sum(0) + table.sum(1) - table.diagonal()
    present = union > 0
    return {
        "mIOU": float((right[present] / union[present]).mean()) if present.any() else 0.0,
        "pixel_accuracy": float(right.sum() / max(1, seen)), "loss": loss / max(1, seen),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
