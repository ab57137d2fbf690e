"""Object Detection as SageMaker declares it. Source: the developer guide's "Object Detection Hyperparameters"."""

import re
from dataclasses import dataclass

from areas.algorithms.frame.algorithm import Algorithm
from areas.algorithms.frame.hyperparameters import Choice, Flag, Integer, Number, Text
from areas.algorithms.frame.log import PROGRESS, THROUGHPUT, quality
from areas.algorithms.vision.declared import FAMILY, Epochs, check_pairs, pictures, pretrained
from areas.algorithms.vision.training import check_pretrained


@dataclass(frozen=True)
class Detection(Algorithm):
    """With the checks of its channels."""

    def check(self, hyperparameters: dict[str, str], channels: dict[str, dict]) -> None:
        super().check(hyperparameters, channels)
        check_pairs(channels, "annotation")
        check_pretrained(self.parse(hyperparameters), channels)


@dataclass(frozen=True)
class Pattern(Text):
    """A regular expression."""

    def _parse(self, text: str) -> str:
        try:
            re.compile(text)
        except re.error:
            raise ValueError(text) from None
        return text

    def _expects(self) -> str:
        return "a regular expression"


ALGORITHM = Detection(
    package="areas.algorithms.object_detection",
    repository="object-detection",
    title="Object Detection",
    about="Finds the objects in a picture: of which class, how surely, and where.",
    parameters=(
        Integer("num_classes", "Classes of objects", required=True, low=1),
        Integer("num_training_samples", "Pictures in the channel train", required=True, low=1),
        Choice("base_network", "The network", default="vgg-16", choices=("vgg-16", "resnet-50")),
        Flag("use_pretrained_model", "Begin with learned weights", default=True),
        Integer("image_shape", "Pixels of each side that the network sees", default=300, low=300, high=2048),
        Integer("epochs", "Passes over the data", default=30, low=1),
        Integer("mini_batch_size", "Pictures in a batch", default=32, low=1, tunable=(8, 64)),
        Number("learning_rate", "Step of the optimizer", default=0.001, above=0.0, high=1.0, tunable=(1e-6, 0.5)),
        Number("lr_scheduler_factor", "What the step is multiplied by", default=0.1, above=0.0, below=1.0),
        Epochs("lr_scheduler_step", "Epochs after which it is", default=""),
        Choice("optimizer", "How weights are moved", default="sgd", choices=("sgd", "adam", "rmsprop", "adadelta"),
               tunable=("sgd", "adam", "rmsprop", "adadelta")),
        Number("momentum", "Of sgd", default=0.9, above=0.0, high=1.0, tunable=(0.0, 0.999)),
        Number("weight_decay", "Of sgd and rmsprop", default=0.0005, above=0.0, below=1.0, tunable=(0.0, 0.999)),
        Number("overlap_threshold", "Overlap from which a found box is right", default=0.5, above=0.0, high=1.0),
        Number("nms_threshold", "Overlap from which of two boxes the surer stays", default=0.45, above=0.0, high=1.0),
        Flag("early_stopping", "End where mAP doesn't grow", default=False),
        Integer("early_stopping_min_epochs", "The fewest epochs", default=10, low=1),
        Integer("early_stopping_patience", "Epochs without gain", default=5, low=1),
        Number("early_stopping_tolerance", "The least gain, as a share", default=0.0, low=0.0, high=1.0),
        Pattern("freeze_layer_pattern", "Names of the network's weights that stay as they are"),
        Integer("label_width", "Numbers of a record's padded label", default=350, low=1, effective=False),
        Choice("kv_store", "How hosts agree", choices=("dist_sync", "dist_async"), effective=False),
    ),
    channels=(
        pictures("train", "Pictures to learn from"),
        pictures("validation", "Pictures to measure on"),
        pictures("train_annotation", "A JSON file for each picture, of its name", required=False, formats=("image", "json")),
        pictures("validation_annotation", "The same for validation", required=False, formats=("image", "json")),
        pretrained(),
    ),
    metrics=(
        quality("validation:mAP", "score"), quality("train:cross_entropy"), quality("train:smooth_l1"), PROGRESS,
        THROUGHPUT,
    ),
    **FAMILY,
)  # fmt: skip
check = ALGORITHM.check
