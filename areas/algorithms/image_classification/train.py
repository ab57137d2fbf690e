"""Training Image Classification."""

import sys
import time

from areas.algorithms.frame.training import Job, run
from areas.algorithms.image_classification.data import Labelled, load
from areas.algorithms.image_classification.declaration import ALGORITHM
from areas.algorithms.neural import library
from areas.algorithms.neural.checkpoints import Checkpoints
from areas.algorithms.vision import networks, pictures
from areas.algorithms.vision.training import Patience, begin_with, optimizer, rate

SAME = ("num_layers", "image_shape", "num_classes")


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    """Learn from ``train``, measure on ``validation``, leave the network with the best accuracy."""
    given = job.given
    data = {name: load(job.box, name, given) for name in ("train", "validation")}
    if len(data["train"]) != given["num_training_samples"]:
        job.log.say(
            f"num_training_samples is {given['num_training_samples']}, but there are {len(data['train'])} pictures."
        )
    config = {
        "algorithm": ALGORITHM.repository,
        **{name: given[name] for name in ("num_layers", "num_classes", "multi_label", "resize")},
        "image_shape": list(given["image_shape"]),
    }
    library.prepare(heavy=True)
    network = build(config)
    if begin_with(job.box, network, config, SAME):
        job.log.say("Beginning with the model of channel 'model'.")
    fit(network, data, config, job)
    library.save(job.box.model, network, config)


def build(config: dict):
    """The network: pictures → a score for each class."""
    from torch import nn

    body = networks.backbone(config["num_layers"], config["image_shape"][0])
    return nn.Sequential(body, nn.Linear(body.features[-1], config["num_classes"]))


def fit(network, data: dict[str, Labelled], config: dict, job: Job) -> None:
    """Train until the epochs, the patience or the job's time end; leaves the weights with the best accuracy."""
    import numpy as np
    import torch

    given, rng = job.given, np.random.default_rng(0)
    moving, best = optimizer(given, network.parameters()), Patience(given)
    weights = class_weights(data["train"], config) if given["use_weighted_loss"] else None
    checkpoints = Checkpoints(job.box.checkpoints, network, optimizer=moving, best=best, rng=rng)
    begin = checkpoints.resume(job.log)
    job.stop.training = True
    for epoch in range(begin, given["epochs"]):
        began, sums, done = time.monotonic(), np.zeros(2), 0
        moving.rate = rate(given, epoch)
        network.train()
        order = rng.permutation(len(data["train"]))
        for start in range(0, len(order), given["mini_batch_size"]):
            rows = order[start : start + given["mini_batch_size"]]
            if len(rows) == 1 and len(order) > 1:
                continue  # nothing to normalize over
            batch = [changed(data["train"].picture(row, config["image_shape"][0]), config, given, rng) for row in rows]
            wanted = targets(data["train"], rows, config)
            outputs = network(pictures.tensor(batch))
            moving.step(loss_of(outputs, wanted, config, weights))
            sums += right(outputs, wanted, config, given["top_k"])
            done += len(rows)
            if job.stop.asked:
                break
        if job.stop.asked:
            break  # what is measured is a whole epoch
        tell(epoch, "Train", sums / max(done, 1), given["top_k"])
        seconds = time.monotonic() - began
        print(f"Epoch[{epoch}] Time cost={seconds:.3f}", flush=True)
        found = measure(network, data["validation"], config, given)
        tell(epoch, "Validation", found, given["top_k"])
        job.log.epoch(epoch, given["epochs"], done, seconds)
        best.offer(float(found[0]), epoch, network)
        checkpoints.save(epoch + 1, at_once=job.stop.asked or epoch + 1 == given["epochs"])
        if given["checkpoint_frequency"] and (epoch + 1) % given["checkpoint_frequency"] == 0:
            torch.save(network.state_dict(), job.box.model / f"image-classification-{epoch + 1:04d}.pt")
        if job.stop.asked:
            break
        if best.over(epoch):
            job.log.say(f"Accuracy has not improved for {best.since} epochs. Stopping early.")
            break
    best.restore(network)


def changed(picture, config: dict, given: dict, rng):
    """A picture as the network is trained on it: as ``augmentation_type`` says, else as it will be asked for."""
    _, height, width = config["image_shape"]
    kind = given["augmentation_type"]
    if not kind:
        return seen(picture, config)
    if kind == "crop_color_transform":
        picture = pictures.turned(picture, rng)
    if kind != "crop":
        picture = pictures.recoloured(picture, rng)
    picture = pictures.shorter_side(picture, config["resize"]) if config["resize"] else picture
    picture = pictures.anywhere(picture, height, width, rng)
    return picture[:, ::-1] if rng.random() < 0.5 else picture


def seen(picture, config: dict):
    """A picture as the network sees it when it is asked."""
    _, height, width = config["image_shape"]
    if config["resize"]:
        return pictures.middle(pictures.shorter_side(picture, config["resize"]), height, width)
    return pictures.resized(picture, height, width)


def targets(data: Labelled, rows, config: dict):
    """(pictures,) classes, or (pictures, classes) zeros and ones with multi_label."""
    import torch

    if not config["multi_label"]:
        return torch.tensor([data.labels[row][0] for row in rows])
    found = torch.zeros(len(rows), config["num_classes"])
    for at, row in enumerate(rows):
        found[at, data.labels[row]] = 1
    return found


def class_weights(data: Labelled, config: dict):
    """How much more a class counts where it is there, the rarer the more."""
    found = targets(data, range(len(data)), {**config, "multi_label": True}).sum(0)
    return (len(data) - found + 1) / (found + 1)


def loss_of(outputs, wanted, config: dict, weights):
    from torch.nn import functional

    if config["multi_label"]:
        return functional.binary_cross_entropy_with_logits(outputs, wanted, pos_weight=weights)
    return functional.cross_entropy(outputs, wanted)


def right(outputs, wanted, config: dict, top: int | None):
    """How many pictures are right, and how many within the likeliest ``top``; with multi_label shares of the classes."""
    import numpy as np

    if config["multi_label"]:
        share = ((outputs > 0) == (wanted > 0.5)).float().mean(1).sum().item()
        return np.array([share, share])
    first = (outputs.argmax(1) == wanted).sum().item()
    among = (outputs.topk(min(top or 1, outputs.shape[1]), 1).indices == wanted[:, None]).any(1).sum().item()
    return np.array([first, among])


def measure(network, data: Labelled, config: dict, given: dict):
    """(accuracy, top-k accuracy) of a channel."""
    import numpy as np
    import torch

    network.eval()
    sums, size = np.zeros(2), given["mini_batch_size"]
    with torch.no_grad():
        for start in range(0, len(data), size):
            rows = range(start, min(start + size, len(data)))
            batch = [seen(data.picture(row, config["image_shape"][0]), config) for row in rows]
            outputs = network(pictures.tensor(batch))
            sums += right(outputs, targets(data, rows, config), config, given["top_k"])
    return sums / len(data)


def tell(epoch: int, where: str, found, top: int | None) -> None:
    """MXNet's lines, which the metrics are read from."""
    print(f"Epoch[{epoch}] {where}-accuracy={found[0]:.6f}", flush=True)
    if top:
        print(f"Epoch[{epoch}] {where}-top_k_accuracy_{top}={found[1]:.6f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
