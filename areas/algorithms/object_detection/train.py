"""Training Object Detection."""

import re
import sys
import time
from pathlib import Path

from areas.algorithms.frame.training import Job, run
from areas.algorithms.neural import library
from areas.algorithms.neural.checkpoints import Checkpoints
from areas.algorithms.object_detection import boxes
from areas.algorithms.object_detection.data import load
from areas.algorithms.object_detection.declaration import ALGORITHM
from areas.algorithms.object_detection.network import build
from areas.algorithms.vision import pictures
from areas.algorithms.vision.training import Patience, begin_with, optimizer, rate

SAME = ("base_network", "num_classes")
NEGATIVES = 3  # places without an object that count, for each with one


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    """Learn from ``train``, measure on ``validation``, leave the network with the best mAP."""
    given = job.given
    data = {name: load(job.box, name, given["num_classes"]) for name in ("train", "validation")}
    names = ("base_network", "num_classes", "image_shape", "nms_threshold")
    config = {"algorithm": ALGORITHM.repository, **{name: given[name] for name in names}}
    library.prepare(heavy=True)
    network = build(config)
    if begin_with(job.box, network, config, SAME):
        job.log.say("Beginning with the model of channel 'model'.")
    if given["freeze_layer_pattern"]:
        frozen = [name for name, _ in network.named_parameters() if re.search(given["freeze_layer_pattern"], name)]
        for name, weight in network.named_parameters():
            weight.requires_grad_(name not in frozen)
        job.log.say(f"{len(frozen)} of the network's weights stay as they are.")
    fit(network, data, config, given, job.log, job.stop, job.box.checkpoints)
    library.save(job.box.model, network, config)


def fit(network, data: dict[str, list], config: dict, given: dict, log, stop, kept: Path | None = None) -> None:
    """Train until the epochs, the patience or the job's time end; leaves the weights with the best mAP.

    Args:
        kept: the folder of checkpoints.
    """
    import numpy as np
    import torch

    rng, begin = np.random.default_rng(0), boxes.anchors(network.sides())
    moving, best = optimizer(given, network.parameters()), Patience(given)
    checkpoints = Checkpoints(kept, network, optimizer=moving, best=best, rng=rng)
    first = checkpoints.resume(log)
    stop.training = True
    for epoch in range(first, given["epochs"]):
        began, sums, done = time.monotonic(), np.zeros(2), 0
        moving.rate = rate(given, epoch)
        network.train()
        order = rng.permutation(len(data["train"]))
        for start in range(0, len(order), given["mini_batch_size"]):
            rows = order[start : start + given["mini_batch_size"]]
            rows = np.repeat(rows, 2) if len(rows) == 1 else rows  # there must be two to normalize over
            batch = [sample(data["train"][row], config["image_shape"], rng) for row in rows]
            matched = [boxes.match(begin, torch.as_tensor(objects)) for _, objects in batch]
            classes, wanted = (torch.stack(part) for part in zip(*matched, strict=True))
            entropy, far = losses(*network(pictures.tensor([picture for picture, _ in batch])), classes, wanted)
            moving.step(entropy + far)
            sums += np.array([entropy.item(), far.item()]) * len(rows)
            done += len(rows)
            if stop.asked:
                break
        if stop.asked:
            break  # what is measured is a whole epoch
        for name, value in zip(("cross_entropy", "smooth_l1"), sums / max(1, done), strict=True):
            log.quality("train", name, value, epoch=epoch)
        found = [
            detect(network, begin, pictures.decode(encoded, name), config) for encoded, _, name in data["validation"]
        ]
        objects = [one for _, one, _ in data["validation"]]
        score = boxes.mean_average_precision(found, objects, config["num_classes"], given["overlap_threshold"])
        log.quality("validation", "mAP", score, "score", epoch=epoch)
        log.epoch(epoch, given["epochs"], done, time.monotonic() - began)
        best.offer(float(score), epoch, network)
        checkpoints.save(epoch + 1, at_once=stop.asked or epoch + 1 == given["epochs"])
        if stop.asked:
            break
        if best.over(epoch):
            log.say(f"mAP has not improved for {best.since} epochs. Stopping early.")
            break
    best.restore(network)


def sample(one: tuple, size: int, rng):
    """(picture of size × size, objects), recoloured and perhaps mirrored."""
    encoded, objects, name = one
    picture = pictures.recoloured(pictures.resized(pictures.decode(encoded, name), size, size), rng)
    if rng.random() < 0.5:
        picture, objects = picture[:, ::-1], objects.copy()
        objects[:, [1, 3]] = 1 - objects[:, [3, 1]]
    return picture, objects


def losses(scores, moves, classes, wanted):
    """(cross-entropy, smooth L1), each by the number of places with an object: all of those count, and of the others the
    hardest."""
    from torch.nn import functional

    taken = classes > 0
    count = taken.sum().clamp(min=1)
    entropy = functional.cross_entropy(scores.transpose(1, 2), classes, reduction="none")
    ranks = entropy.detach().masked_fill(taken, -1).argsort(1, descending=True).argsort(1)
    hard = ranks < (NEGATIVES * taken.sum(1, keepdim=True)).clamp(min=NEGATIVES)
    far = functional.smooth_l1_loss(moves[taken], wanted[taken], reduction="sum")
    return (entropy * (taken | hard)).sum() / count, far / count


def detect(network, begin, picture, config: dict) -> list[list[float]]:
    """[[class, chance, left, top, right, bottom]] of one picture."""
    import torch

    network.eval()
    size = config["image_shape"]
    with torch.no_grad():
        scores, moves = network(pictures.tensor([pictures.resized(picture, size, size)]))
        chances, found = torch.softmax(scores[0], 1), boxes.moved(begin, moves[0])
    return boxes.choose(chances.cpu(), found.cpu(), config["nms_threshold"])


if __name__ == "__main__":
    sys.exit(main())
