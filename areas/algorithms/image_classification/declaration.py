"""Image Classification as SageMaker declares it. Source: the developer guide's "Image Classification Hyperparameters"."""

from dataclasses import dataclass

from areas.algorithms.container import UserError
from areas.algorithms.frame.algorithm import Algorithm
from areas.algorithms.frame.hyperparameters import Choice, Flag, Integer, Number
from areas.algorithms.vision.declared import (
    FAMILY,
    Epochs,
    Shape,
    check_pairs,
    pictures,
    pretrained,
)
from areas.algorithms.vision.networks import DEPTHS
from areas.algorithms.vision.training import check_pretrained


@dataclass(frozen=True)
class ImageClassification(Algorithm):
    """With the checks of its channels."""

    def check(self, hyperparameters: dict[str, str], channels: dict[str, dict]) -> None:
        super().check(hyperparameters, channels)
        given = self.parse(hyperparameters)
        check_pairs(channels, "lst")
        check_pretrained(given, channels)


def _together(given: dict) -> None:
    if given["num_layers"] not in DEPTHS:
        depths = ", ".join(map(str, DEPTHS))
        raise UserError(f"num_layers must be one of {depths}, not {given['num_layers']}")
    if given["top_k"] and given["top_k"] > given["num_classes"]:
        raise UserError(f"top_k is {given['top_k']}, but there are only {given['num_classes']} classes")
    if given["resize"] and given["resize"] < max(given["image_shape"][1:]):
        raise UserError("resize must not be smaller than height and width of image_shape")


ALGORITHM = ImageClassification(
    package="areas.algorithms.image_classification",
    repository="image-classification",
    title="Image Classification",
    about="Tells which of its classes a picture shows.",
    parameters=(
        Integer("num_classes", "Classes", required=True, low=1),
        Integer("num_training_samples", "Pictures in the channel train", required=True, low=1),
        Integer("num_layers", "Layers of the network: " + ", ".join(map(str, DEPTHS)), default=152, low=1),
        Shape("image_shape", "Channels, height and width that the network sees", default=(3, 224, 224)),
        Integer("epochs", "Passes over the data", default=30, low=1),
        Integer("mini_batch_size", "Pictures in a batch", default=32, low=1, tunable=(8, 512)),
        Number("learning_rate", "Step of the optimizer", default=0.1, low=0.0, high=1.0, tunable=(1e-6, 0.5)),
        Number("lr_scheduler_factor", "What the step is multiplied by", default=0.1, low=0.0, high=1.0),
        Epochs("lr_scheduler_step", "Epochs after which it is"),
        Choice("optimizer", "How weights are moved", default="sgd", choices=("sgd", "adam", "rmsprop", "nag"),
               tunable=("sgd", "adam", "rmsprop", "nag")),
        Number("momentum", "Of sgd and nag", default=0.9, low=0.0, high=1.0, tunable=(0.0, 0.999)),
        Number("weight_decay", "Of sgd and nag", default=0.0001, low=0.0, high=1.0, tunable=(0.0, 0.999)),
        Number("beta_1", "Of adam", default=0.9, low=0.0, high=1.0, tunable=(1e-6, 0.999)),
        Number("beta_2", "Of adam", default=0.999, low=0.0, high=1.0, tunable=(1e-6, 0.999)),
        Number("eps", "Of adam and rmsprop", default=1e-8, low=0.0, high=1.0, tunable=(1e-8, 1.0)),
        Number("gamma", "Of rmsprop", default=0.9, low=0.0, high=1.0, tunable=(1e-8, 0.999)),
        Choice("augmentation_type", "How pictures are changed while it trains",
               choices=("crop", "crop_color", "crop_color_transform")),
        Integer("resize", "Pixels of the shorter side before the picture is cut", low=1),
        Flag("multi_label", "Whether a picture may be of several classes", default=False),
        Flag("use_weighted_loss", "Whether rare classes count more (multi_label)", default=False),
        Integer("top_k", "Also tell how often the class is among the k likeliest", low=2),
        Flag("use_pretrained_model", "Begin with learned weights", default=False),
        Flag("early_stopping", "End where accuracy doesn't grow", default=False),
        Integer("early_stopping_min_epochs", "The fewest epochs", default=10, low=1),
        Integer("early_stopping_patience", "Epochs without gain", default=5, low=1),
        Number("early_stopping_tolerance", "The least gain, as a share", default=0.0, low=0.0, high=1.0),
        Integer("checkpoint_frequency", "Epochs between models that are kept beside the best", low=1),
        Choice("precision_dtype", "Precision of the weights", default="float32", choices=("float32", "float16"),
               effective=False),
        Choice("kv_store", "How hosts agree", choices=("dist_sync", "dist_async"), effective=False),
    ),
    channels=(
        pictures("train", "Pictures to learn from"),
        pictures("validation", "Pictures to measure on"),
        pictures("train_lst", "Numbers, classes and paths of the pictures", required=False, formats=("image",)),
        pictures("validation_lst", "The same for validation", required=False, formats=("image",)),
        pretrained(),
    ),
    metrics=(
        ("train:accuracy", r"Epoch\[\d+\] Train-accuracy=(\S+)"),
        ("train:accuracy:epoch", r"Epoch\[\d+\] Train-accuracy=(\S+)"),
        ("train:accuracy:topk", r"Epoch\[\d+\] Train-top_k_accuracy_\d+=(\S+)"),
        ("validation:accuracy", r"Epoch\[\d+\] Validation-accuracy=(\S+)"),
        ("validation:accuracy:topk", r"Epoch\[\d+\] Validation-top_k_accuracy_\d+=(\S+)"),
    ),
    together=_together,
    **FAMILY,
)  # fmt: skip
check = ALGORITHM.check
