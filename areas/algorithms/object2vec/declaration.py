"""Object2Vec as SageMaker declares it. Source: the developer guide's "Object2Vec Hyperparameters" and "Tune an Object2Vec
Model"."""

from areas.algorithms.container import UserError
from areas.algorithms.frame.algorithm import Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Choice, Flag, Hyperparameter, Integer, List, Number, Text
from areas.algorithms.frame.log import PROGRESS, THROUGHPUT, quality

NETWORKS = ("hcnn", "bilstm", "pooled_embedding")
COMPARATORS = ("hadamard", "concat", "abs_diff")
ALIKE = "enc0"  # enc1_network: as the first encoder


def _encoder(name: str) -> tuple[Hyperparameter, ...]:
    first = name == "enc0"
    return (
        Integer(f"{name}_max_seq_len", "Tokens of a sequence that are read", required=first, low=1, high=5000),
        Integer(f"{name}_vocab_size", "How many tokens there are", required=first, low=2, high=3_000_000),
        Choice(
            f"{name}_network", "The encoder's network", default="hcnn" if first else ALIKE,
            choices=NETWORKS if first else (ALIKE, *NETWORKS),
        ),
        Integer(f"{name}_layers", "Layers of the encoder", auto=True, low=1, high=4, tunable=(1, 4)),
        Integer(f"{name}_cnn_filter_width", "Tokens that a filter of hcnn sees", default=3 if first else None, low=1, high=9,
                tunable=(1, 5)),
        Integer(f"{name}_token_embedding_dim", "Size of a token's embedding", default=300 if first else None, low=2,
                high=1000, tunable=(5, 300)),
        Text(f"{name}_pretrained_embedding_file", "Token embeddings in the auxiliary channel", default=""),
        Text(f"{name}_vocab_file", "JSON in the auxiliary channel: word to token", default=""),
        Flag(f"{name}_freeze_pretrained_embedding", "Whether pretrained embeddings stay as they are", default=True),
    )  # fmt: skip


def _together(given: dict) -> None:
    for missing in ("enc1_max_seq_len", "enc1_vocab_size"):
        if given["enc1_network"] != ALIKE and given[missing] is None:
            raise UserError(f"'{missing}' is a required property where enc1_network is {given['enc1_network']}")
    second = given["enc1_vocab_size"] or given["enc0_vocab_size"]
    if given["tied_token_embedding_weight"]:
        if second != given["enc0_vocab_size"]:
            raise UserError("tied_token_embedding_weight needs enc0_vocab_size and enc1_vocab_size to be equal")
        dim = given["enc1_token_embedding_dim"]
        if dim is not None and dim != given["enc0_token_embedding_dim"]:
            raise UserError("tied_token_embedding_weight needs both token_embedding_dim to be equal")
    for name in ("enc0", "enc1"):
        if bool(given[f"{name}_pretrained_embedding_file"]) != bool(given[f"{name}_vocab_file"]):
            raise UserError(f"{name}_pretrained_embedding_file and {name}_vocab_file are given together or not at all")


_PAIRS = {"formats": ("jsonlines",), "default": "jsonlines", "labels": "none", "modes": ("File", "FastFile")}

ALGORITHM = Algorithm(
    package="areas.algorithms.object2vec",
    repository="object2vec",
    title="Object2Vec",
    about="Learns embeddings of sequences, and how two of them belong together.",
    parameters=(
        *_encoder("enc0"),
        *_encoder("enc1"),
        Integer("enc_dim", "Size of an encoder's output", default=4096, low=4, high=10000, tunable=(4, 4096)),
        List("comparator_list", "How the two encodings are put together", default=COMPARATORS, choices=COMPARATORS),
        Choice("output_layer", "Classification or regression", default="softmax", choices=("softmax", "mean_squared_error")),
        Integer("num_classes", "Classes, if it classifies", default=2, low=2, high=30),
        Integer("mlp_layers", "Layers after the comparison", default=2, low=0, high=10, tunable=(1, 4)),
        Integer("mlp_dim", "Size of each of them", default=512, low=2, high=10000, tunable=(16, 1024)),
        Choice("mlp_activation", "What follows each of them", default="linear", choices=("tanh", "relu", "linear"),
               tunable=("tanh", "relu", "linear")),
        Integer("epochs", "The most passes over the data", default=30, low=1, high=100, tunable=(4, 20)),
        Integer("mini_batch_size", "Pairs in a batch", default=32, low=1, high=10000, tunable=(1, 8192)),
        Number("learning_rate", "Step of the optimizer", default=0.0004, low=1e-6, high=1.0, tunable=(1e-6, 1.0)),
        Choice("optimizer", "How weights are moved", default="adam",
               choices=("adadelta", "adagrad", "adam", "sgd", "rmsprop"),
               tunable=("adagrad", "adam", "rmsprop", "sgd", "adadelta")),
        Number("dropout", "Share of values left out while it trains", default=0.0, low=0.0, high=1.0, tunable=(0.0, 1.0)),
        Number("weight_decay", "L2 regularization", default=0.0, low=0.0, high=10000, tunable=(0.0, 1.0)),
        Integer("early_stopping_patience", "Epochs without a better loss", default=3, low=1, high=5, tunable=(1, 5)),
        Number("early_stopping_tolerance", "How much better the loss must be", default=0.01, low=1e-6, high=0.1,
               tunable=(0.001, 0.1)),
        Integer("bucket_width", "Lengths that go into one batch (0: all)", default=0, low=0, high=100),
        Integer("negative_sampling_rate", "Wrong pairs made for each right one", default=0, low=0),
        Flag("tied_token_embedding_weight", "Whether both encoders share the tokens' embeddings", default=False),
        Choice("token_embedding_storage_type", "How gradients of embeddings are kept", default="dense",
               choices=("dense", "row_sparse"), effective=False),
    ),
    channels=(
        Channel("train", "Pairs: label, in0, in1", required=True, **_PAIRS),
        Channel("validation", "Pairs to stop early by", **_PAIRS),
        Channel("test", "Pairs to measure the final model on", **_PAIRS),
        Channel("auxiliary", "Pretrained embeddings and their vocabulary", formats=("text", "json", "jsonlines"),
                default="text", labels="none", modes=("File", "FastFile")),
    ),
    metrics=(
        *(quality(f"{channel}:{name}", kind)
          for channel in ("train", "validation", "test")
          for name, kind in (("accuracy", "score"), ("cross_entropy", "loss"), ("mean_squared_error", "loss"))),
        PROGRESS,
        THROUGHPUT,
    ),
    together=_together,
    hosts=1,
    extra="torch",
    preloaded=False,
    family="embeddings",
)  # fmt: skip
check = ALGORITHM.check
