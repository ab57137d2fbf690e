"""Semantic Segmentation as SageMaker declares it. Source: the developer guide's "Semantic Segmentation Hyperparameters"."""

from dataclasses import dataclass

from areas.algorithms.container import UserError
from areas.algorithms.frame.algorithm import Algorithm
from areas.algorithms.frame.hyperparameters import Choice, Flag, Integer, Number
from areas.algorithms.frame.log import PROGRESS, THROUGHPUT, quality
from areas.algorithms.vision.declared import FAMILY, Epochs, check_pairs, pictures, pretrained
from areas.algorithms.vision.training import check_pretrained


@dataclass(frozen=True)
class Segmentation(Algorithm):
    """With the checks of its channels."""

    def check(self, hyperparameters: dict[str, str], channels: dict[str, dict]) -> None:
        super().check(hyperparameters, channels)
        check_pairs(channels, "annotation")
        check_pretrained(self.parse(hyperparameters), channels)


def _together(given: dict) -> None:
    if given["lr_scheduler"] == "step" and not given["lr_scheduler_step"]:
        raise UserError("'lr_scheduler_step' is a required property where lr_scheduler is step")


ALGORITHM = Segmentation(
    package="areas.algorithms.semantic_segmentation",
    repository="semantic-segmentation",
    title="Semantic Segmentation",
    about="Tells for each pixel of a picture which class it belongs to.",
    parameters=(
        Integer("num_classes", "Classes of pixels", required=True, low=2, high=254),
        Integer("num_training_samples", "Pictures in the channel train", required=True, low=1),
        Choice("algorithm", "What follows the network", default="fcn", choices=("fcn", "psp", "deeplab")),
        Choice("backbone", "The network", default="resnet-50", choices=("resnet-50", "resnet-101")),
        Flag("use_pretrained_model", "Begin with learned weights", default=True),
        Integer("base_size", "Pixels of the longer side before the picture is cut, times 0.5 to 2", default=520, low=17),
        Integer("crop_size", "Pixels of each side that are learned from", default=240, low=17),
        Integer("epochs", "Passes over the data", default=10, low=1),
        Integer("mini_batch_size", "Pictures in a batch", default=16, low=1, tunable=(1, 128)),
        Integer("validation_mini_batch_size", "Pictures in a batch of validation", default=16, low=1),
        Number("learning_rate", "Step of the optimizer", default=0.001, above=0.0, high=1.0, tunable=(1e-4, 1e-1)),
        Choice("lr_scheduler", "How the step changes", default="poly", choices=("step", "poly", "cosine")),
        Number("lr_scheduler_factor", "What it is multiplied by (step)", default=0.1, low=0.0, high=1.0),
        Epochs("lr_scheduler_step", "Epochs after which it is"),
        Choice("optimizer", "How weights are moved", default="sgd",
               choices=("adam", "adagrad", "nag", "rmsprop", "sgd", "adadelta"), tunable=("sgd", "adam", "adadelta")),
        Number("momentum", "Of sgd and nag", default=0.9, above=0.0, high=1.0, tunable=(0.9, 0.999)),
        Number("weight_decay", "Of sgd", default=0.0001, low=0.0, below=1.0, tunable=(1e-5, 1e-3)),
        Number("gamma1", "Of rmsprop: decay of the squared gradient", default=0.9, low=0.0, high=1.0),
        Number("gamma2", "Of rmsprop: momentum", default=0.9, low=0.0, high=1.0),
        Flag("early_stopping", "End where mIOU doesn't grow", default=False),
        Integer("early_stopping_min_epochs", "The fewest epochs", default=5, low=1),
        Integer("early_stopping_patience", "Epochs without gain", default=4, low=1),
        Number("early_stopping_tolerance", "The least gain, as a share", default=0.0, low=0.0, high=1.0),
        Flag("syncbn", "Normalize over several GPUs", default=False, effective=False),
    ),
    channels=(
        pictures("train", "Pictures to learn from", formats=("image",)),
        pictures("validation", "Pictures to measure on", formats=("image",)),
        pictures("train_annotation", "A PNG for each, of the same name, whose values are classes", required=False,
                 formats=("image",)),
        pictures("validation_annotation", "The same for validation", required=False, formats=("image",)),
        pictures("label_map", "train_label_map.json and validation_label_map.json", required=False,
                 formats=("json", "text", "image")),
        pretrained(),
    ),
    metrics=(
        quality("validation:mIOU", "score"), quality("validation:pixel_accuracy", "score"),
        quality("validation:loss"), quality("train:loss"), PROGRESS, THROUGHPUT,
    ),
    together=_together,
    **FAMILY,
)  # fmt: skip
check = ALGORITHM.check
