"""NTM as SageMaker declares it. Source: the developer guide's "NTM Hyperparameters" and "Tune an NTM Model"."""

from dataclasses import dataclass

from areas.algorithms.frame.algorithm import Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Choice, Flag, Hyperparameter, Integer, Number
from areas.algorithms.frame.log import PROGRESS, THROUGHPUT, quality

MEASURES = ("total_loss", "kld", "recons", "logppx")


@dataclass(frozen=True)
class Layers(Hyperparameter):
    """Sizes with commas between."""

    def _parse(self, text: str) -> tuple[int, ...]:
        sizes = tuple(int(word) for word in text.strip("[]").split(","))
        if any(size < 1 for size in sizes):
            raise ValueError(text)
        return sizes

    def _expects(self) -> str:
        return "positive integers with commas between"


ALGORITHM = Algorithm(
    package="areas.algorithms.ntm",
    repository="ntm",
    title="Neural Topic Model",
    about="Finds the topics of documents from how often each word is in them.",
    parameters=(
        Integer("feature_dim", "Words of the vocabulary", required=True, low=1, high=1_000_000),
        Integer("num_topics", "Topics to find", required=True, low=2, high=1000),
        Integer("epochs", "The most passes over the data", default=50, low=1),
        Integer("mini_batch_size", "Documents in a batch", default=256, low=1, high=10000, tunable=(16, 2048)),
        Number("learning_rate", "Step of the optimizer", default=0.001, low=1e-6, high=1.0, tunable=(1e-4, 0.1)),
        Choice(
            "optimizer", "How weights are moved", default="adadelta",
            choices=("sgd", "adam", "adadelta", "adagrad", "rmsprop"), tunable=("sgd", "adam", "adadelta"),
        ),
        Layers("encoder_layers", "Sizes of the encoder's layers (auto: 3 and 2 × num_topics)", auto=True),
        Choice(
            "encoder_layers_activation", "What follows each layer", default="sigmoid", choices=("sigmoid", "tanh", "relu"),
            tunable=("sigmoid", "tanh", "relu"),
        ),
        Flag("batch_norm", "Whether layers are normalized over the batch", default=False),
        Number("clip_gradient", "The largest size of a gradient's component", low=1e-3),
        Number("rescale_gradient", "What gradients are multiplied by", default=1.0, low=1e-3, high=1.0, tunable=(0.1, 1.0)),
        Integer("num_patience_epochs", "Epochs over which the loss must change", default=3, low=1),
        Number("tolerance", "The least relative change of the loss", default=0.001, low=1e-6, high=0.1),
        Number("sub_sample", "Share of the documents in each epoch", default=1.0, above=0.0, high=1.0),
        Number("weight_decay", "L2 regularization", default=0.0, low=0.0, high=1.0, tunable=(0.0, 1.0)),
    ),
    channels=(
        Channel("train", "Documents as counts of words", required=True, labels="ignored"),
        Channel("validation", "Documents to stop early by", labels="ignored", distribution="FullyReplicated"),
        Channel("test", "Documents to measure the final model on", labels="ignored", distribution="FullyReplicated"),
        Channel(
            "auxiliary", "vocab.txt: a word a line, for the topics in the log", formats=("text",), default="text",
            labels="none", modes=("File", "FastFile"), distribution="FullyReplicated",
        ),
    ),
    metrics=(
        *(quality(f"{channel}:{name}", epoch=True) for channel in ("train", "validation") for name in MEASURES),
        *(quality(f"test:{name}", epoch=False) for name in MEASURES),
        PROGRESS,
        THROUGHPUT,
    ),
    extra="torch",
    preloaded=False,
    family="topics",
)  # fmt: skip
check = ALGORITHM.check
