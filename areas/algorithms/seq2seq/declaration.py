"""Seq2Seq as SageMaker declares it. Source: the developer guide's "Sequence-to-Sequence Hyperparameters"."""

from areas.algorithms.container import UserError
from areas.algorithms.frame.algorithm import FAMILY_B, Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Choice, Flag, Integer, Number
from areas.algorithms.frame.log import PROGRESS, THROUGHPUT, quality

METRICS = ("perplexity", "accuracy", "bleu")


def _together(given: dict) -> None:
    for side in ("encoder", "decoder"):
        if given[f"{side}_type"] == "cnn":
            raise UserError(f"{side}_type cnn is not supported by this engine: use rnn")
    if given["rnn_num_hidden"] % 2:
        raise UserError(f"rnn_num_hidden must be a multiple of 2, not {given['rnn_num_hidden']}")


def _count(name: str, about: str, default: int | None, low: int = 1, **more) -> Integer:
    return Integer(name, about, default=default, low=low, **more)


def _dropout(name: str, about: str) -> Number:
    return Number(name, about, default=0.0, low=0.0, high=1.0, tunable=(0.0, 0.5))


ALGORITHM = Algorithm(
    package="areas.algorithms.seq2seq",
    repository="seq2seq",
    title="Sequence-to-Sequence",
    about="Learns to turn one sequence of tokens into another: translation, summaries, pronunciation.",
    parameters=(
        _count("batch_size", "Pairs in a batch", 64, tunable=(16, 32, 64, 128, 256, 512, 1024, 2048)),
        _count("max_seq_len_source", "Tokens of a source that are read", 100),
        _count("max_seq_len_target", "Tokens of a target that are learned and written", 100),
        Choice("encoder_type", "The encoder's network", default="rnn", choices=("rnn", "cnn")),
        Choice("decoder_type", "The decoder's network", default="rnn", choices=("rnn", "cnn")),
        _count("num_layers_encoder", "Layers of the encoder", 1, tunable=(1, 10)),
        _count("num_layers_decoder", "Layers of the decoder", 1, tunable=(1, 10)),
        _count("rnn_num_hidden", "Cells of a layer", 1024, 2, tunable=(128, 256, 512, 1024, 2048)),
        _count("num_embed_source", "Size of a source token's embedding", 512, tunable=(256, 512)),
        _count("num_embed_target", "Size of a target token's embedding", 512, tunable=(256, 512)),
        Choice("rnn_cell_type", "The recurrent cell", default="lstm", choices=("lstm", "gru")),
        Choice("rnn_attention_type", "How the decoder looks at the source", default="mlp",
               choices=("dot", "fixed", "mlp", "bilinear")),
        _count("rnn_attention_num_hidden", "Cells of the attention (rnn_num_hidden)", None),
        Choice("rnn_decoder_state_init", "What the decoder begins with", default="last", choices=("last", "avg", "zero")),
        Flag("rnn_residual_connections", "Whether layers add to what they get", default=False),
        _count("rnn_first_residual_layer", "The first layer that does", 2),
        Flag("rnn_attention_in_upper_layers", "Attention in upper layers", default=True, effective=False),
        _dropout("rnn_decoder_hidden_dropout", "Dropout after the attention"),
        _dropout("embed_dropout_source", "Dropout of the source's embeddings"),
        _dropout("embed_dropout_target", "Dropout of the target's embeddings"),
        _dropout("cnn_hidden_dropout", "Of cnn only"),
        Choice("cnn_activation_type", "Of cnn only", default="glu", choices=("glu", "relu", "softrelu", "sigmoid", "tanh"),
               effective=False),
        _count("cnn_kernel_width_encoder", "Of cnn only", 3, effective=False),
        _count("cnn_kernel_width_decoder", "Of cnn only", 5, effective=False),
        _count("cnn_num_hidden", "Of cnn only", 512, effective=False),
        Choice("optimizer_type", "How weights are moved", default="adam", choices=("adam", "sgd", "rmsprop"),
               tunable=("adam", "sgd", "rmsprop")),
        Number("learning_rate", "Step of the optimizer", default=0.0003, above=0.0, tunable=(0.00005, 0.2)),
        Number("momentum", "Of sgd", low=0.0, below=1.0, tunable=(0.5, 0.9)),
        Number("weight_decay", "L2 regularization", default=0.0, low=0.0, tunable=(0.0, 0.1)),
        Number("clip_gradient", "The largest size of a gradient's component (negative: any)", default=1.0, tunable=(1.0, 5.0)),
        Choice("lr_scheduler_type", "How the step changes", default="plateau_reduce",
               choices=("plateau_reduce", "fixed_rate_inv_t", "fixed_rate_inv_sqrt_t"),
               tunable=("plateau_reduce", "fixed_rate_inv_t", "fixed_rate_inv_sqrt_t")),
        Number("plateau_reduce_lr_factor", "What the step is multiplied by", default=0.5, above=0.0, below=1.0,
               tunable=(0.1, 0.5)),
        _count("plateau_reduce_lr_threshold", "Checkpoints without a better score before it is", 3, tunable=(1, 5)),
        _count("fixed_rate_lr_half_life", "Checkpoints after which the step is half", 10, tunable=(10, 30)),
        Choice("weight_init_type", "First weights", default="xavier", choices=("uniform", "xavier"),
               tunable=("xavier", "uniform")),
        Number("weight_init_scale", "Their size", default=2.34, above=0.0, tunable=(2.0, 3.0)),
        Choice("xavier_factor_type", "What xavier counts", default="in", choices=("in", "out", "avg")),
        _count("checkpoint_frequency_num_batches", "Batches between looks at the validation data", 1000),
        _count("checkpoint_threshold", "Looks without a better score after which it ends", 3),
        Choice("optimized_metric", "The score that counts", default="perplexity", choices=METRICS),
        Choice("training_metric", "What is told of the training data", default="perplexity",
               choices=("perplexity", "accuracy")),
        Integer("bleu_sample_size", "Validation pairs decoded for BLEU (-1: all)", default=0, low=-1),
        _count("beam_size", "Sequences that the search keeps", 5),
        _count("bucket_width", "Lengths that go into one batch", 10),
        Flag("bucketing_enabled", "Whether pairs of one length go together", default=True),
        Integer("max_num_epochs", "The most passes over the data: goes on until then", low=1),
        Integer("min_num_epochs", "The fewest passes", default=0, low=0),
        Integer("max_num_batches", "The most batches (-1: any)", default=-1, low=-1),
        Choice("loss_type", "The loss", default="cross-entropy", choices=("cross-entropy",)),
    ),
    channels=tuple(
        Channel(name, about, required=True, formats=formats, default=formats[0], labels="none", modes=("File", "FastFile"))
        for name, about, formats in (
            ("train", "Pairs of token sequences", ("recordio",)),
            ("validation", "Pairs to end by", ("recordio",)),
            ("vocab", "vocab.src.json and vocab.trg.json", ("json", "text", "recordio")),
        )
    ),
    metrics=(
        quality("validation:perplexity"), quality("validation:accuracy", "score"), quality("validation:bleu", "score"),
        quality("train:perplexity"), quality("train:accuracy", "score"), PROGRESS, THROUGHPUT,
    ),
    together=_together,
    account=FAMILY_B,
    hosts=1,
    extra="torch",
    preloaded=False,
    family="text",
)  # fmt: skip
check = ALGORITHM.check
