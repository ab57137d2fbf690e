"""Run with PyTorch's interpreter: the detector's own training, at a size below the smallest that a job may ask for, because
a CPU learns from that in seconds. Also checks the geometry against numbers worked out by hand."""

import json
import tempfile
from pathlib import Path

import numpy as np

from tests.areas.algorithms.neural.shapes import encoded, shape

SIZE = 64


class Quiet:
    """A log that keeps what it is told."""

    def __init__(self):
        self.told: dict[str, list[float]] = {}

    def quality(self, channel, name, value, kind="loss", *, epoch=None):
        self.told.setdefault(f"{channel}:{name}", []).append(value)

    def epoch(self, *figures):
        pass

    say = epoch


class Never:
    asked = training = False


def samples(count: int, seed: int) -> list[tuple]:
    rng, found = np.random.default_rng(seed), []
    for at in range(count):
        kind = at % 2
        picture, _, (left, top, width, height) = shape(kind, rng, SIZE)
        box = [kind, left / SIZE, top / SIZE, (left + width) / SIZE, (top + height) / SIZE]
        found.append((encoded(picture), np.array([box], np.float32), "a picture"))
    return found


CONFIG = {"base_network": "resnet-50", "num_classes": 2, "image_shape": SIZE, "nms_threshold": 0.45}
GIVEN = {
    "optimizer": "adam", "learning_rate": 0.001, "weight_decay": 0.0005, "momentum": 0.9, "lr_scheduler_step": "",
    "lr_scheduler_factor": 0.1, "mini_batch_size": 4, "overlap_threshold": 0.5, "early_stopping": False,
    "early_stopping_tolerance": 0.0,
}  # fmt: skip


def fitted(shown: list, epochs: int, kept: Path | None = None) -> dict[str, list[float]]:
    """The figures of each epoch of a network that is trained on, and asked for, these pictures."""
    from areas.algorithms.neural import library
    from areas.algorithms.object_detection.network import build
    from areas.algorithms.object_detection.train import fit
    from areas.algorithms.vision import networks

    library.prepare()
    networks.IMAGENET[50] = (1, 1, 1, 1)  # as in small.py
    log = Quiet()
    data = {"train": shown * 2, "validation": shown}
    fit(build(CONFIG), data, CONFIG, {**GIVEN, "epochs": epochs}, log, Never(), kept)
    return log.told


def learn() -> int:
    """Learn four pictures by heart, and print the figures of each epoch."""
    print(json.dumps(fitted(samples(4, 0), 8)), flush=True)
    return 0


def resume() -> int:
    """An epoch and another from its checkpoint tell what two tell."""
    shown = samples(2, 0)
    straight = fitted(shown, 2)
    with tempfile.TemporaryDirectory() as kept:
        fitted(shown, 1, Path(kept))
        resumed = fitted(shown, 2, Path(kept))
    for name, values in resumed.items():
        assert len(values) == 1
        assert np.allclose(values, straight[name][1:], rtol=1e-3), (name, values, straight)
    return 0


def geometry() -> int:
    import torch

    from areas.algorithms.object_detection import boxes

    one = torch.tensor([[0.0, 0.0, 0.5, 0.5]])
    other = torch.tensor([[0.25, 0.0, 0.75, 0.5], [0.6, 0.6, 0.9, 0.9]])
    assert torch.allclose(boxes.overlaps(one, other), torch.tensor([[1 / 3, 0.0]]))
    begin = boxes.anchors([4, 2])
    assert begin.shape == (4 * (16 + 4), 4)
    assert torch.allclose(boxes.moved(begin, boxes.moves(begin, begin)), begin.clamp(0, 1), atol=1e-5)
    objects = torch.tensor([[1.0, 0.4, 0.4, 0.6, 0.6]])
    classes, wanted = boxes.match(begin, objects)
    assert (classes > 0).any()
    assert set(classes.tolist()) == {0, 2}
    found = boxes.moved(begin, wanted)[classes > 0]
    assert torch.allclose(found, objects[:, 1:].expand_as(found), atol=1e-4)
    assert not boxes.match(begin, torch.zeros(0, 5))[0].any()
    chances = torch.tensor([[0.1, 0.9], [0.2, 0.8], [0.3, 0.7]])
    placed = torch.tensor([[0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.5, 0.49], [0.5, 0.5, 1.0, 1.0]])
    kept = boxes.choose(chances, placed, 0.45)
    assert [round(row[1], 1) for row in kept] == [0.9, 0.7]
    wanted = [np.array([[0, 0.0, 0.0, 0.5, 0.5]], np.float32), np.array([[0, 0.5, 0.5, 1.0, 1.0]], np.float32)]
    right, wrong = [0.0, 0.9, 0.0, 0.0, 0.5, 0.5], [0.0, 0.8, 0.0, 0.0, 0.1, 0.1]
    # The first is right, the second wrong, one object is never found: precision 1 at half of the objects.
    assert abs(boxes.mean_average_precision([[right, wrong], []], wanted, 1, 0.5) - 0.5) < 1e-6
    return 0
