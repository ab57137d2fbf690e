"""Run with PyTorch's interpreter: the image algorithms' own training and serving, but a ResNet-50 has one block a stage, so that
a CPU learns in seconds; and TabTransformer without the archive of its script."""

import importlib
import os


def main() -> int:
    """What CALL names, such as areas.algorithms.object_detection.train:main."""
    from areas.algorithms.vision import networks

    networks.IMAGENET[50] = (1, 1, 1, 1)
    module, _, function = os.environ["CALL"].partition(":")
    return getattr(importlib.import_module(module), function)()


def classification() -> int:
    return _tabtransformer("classification")


def regression() -> int:
    return _tabtransformer("regression")


def _tabtransformer(problem: str) -> int:
    from areas.algorithms.tabular.training import main

    return main("tabtransformer", problem)
