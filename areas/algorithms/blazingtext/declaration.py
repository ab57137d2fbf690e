"""BlazingText's declaration. Source: the developer guide's "BlazingText Hyperparameters" and "Tune a BlazingText Model"."""

from areas.algorithms.container import UserError
from areas.algorithms.frame.algorithm import FAMILY_B, Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Choice, Flag, Integer, Number

MODES = ("batch_skipgram", "skipgram", "cbow", "supervised")
_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
# What only one of the two uses has: AWS's image refuses it in the other.
WORD_VECTORS = (
    "batch_size", "evaluation", "max_char", "min_char", "negative_samples", "sampling_threshold", "subwords", "window_size",
)  # fmt: skip
CLASSIFIER = ("early_stopping", "min_epochs", "patience", "word_ngrams")


def together(given: dict) -> None:
    if given["max_char"] < given["min_char"]:
        raise UserError(
            f"max_char is {given['max_char']}, but must not be below min_char, which is {given['min_char']}"
        )


PARAMETERS = (
    Choice("mode", "Word vectors, or a classifier of sentences (supervised)", required=True, choices=MODES),
    Integer("epochs", "How often the whole text is gone through", 5, low=1, tunable=(5, 15)),
    Number("learning_rate", "Step size at the start; it falls to 0", 0.05, above=0, tunable=(0.005, 0.01)),
    Integer("vector_dim", "Length of a word's vector", 100, low=1, high=2048, tunable=(32, 300)),
    Integer("min_count", "Words that occur less often are left out", 5, low=0, tunable=(0, 100)),
    Integer("buckets", "Hash buckets of n-grams; each is one more vector", 2_000_000, low=1, tunable=(1_000_000, 10_000_000)),
    Integer("window_size", "Words on each side that count as context (word vectors)", 5, low=1, tunable=(1, 10)),
    Integer("negative_samples", "Wrong words drawn for each right one (word vectors)", 5, low=1, tunable=(5, 25)),
    Number("sampling_threshold", "Words more frequent than this are thinned out (word vectors)", 0.0001, above=0, below=1,
           tunable=(0.0001, 0.001)),
    Flag("subwords", "Learn from parts of words, so that unknown words get vectors (word vectors)", False,
         tunable=("True", "False")),
    Integer("min_char", "Shortest part of a word (subwords)", 3, low=0),
    Integer("max_char", "Longest part of a word (subwords)", 6, low=0),
    Integer("batch_size", "Windows in a batch of batch_skipgram", 11, low=1, tunable=(8, 32), effective=False),
    Flag("evaluation", "Measure the vectors on pairs of words (word vectors)", True),
    Integer("word_ngrams", "Longest run of words taken as a feature (supervised)", 2, low=1, tunable=(1, 3)),
    Flag("early_stopping", "Stop where the accuracy on validation no longer rises (supervised)", False),
    Integer("patience", "Epochs without gain before stopping (supervised)", 4, low=1),
    Integer("min_epochs", "Epochs before stopping may begin (supervised)", 5, low=1, tunable=(5, 15)),
)  # fmt: skip

ALGORITHM = Algorithm(
    package="areas.algorithms.blazingtext",
    repository="blazingtext",
    title="BlazingText",
    about="Word vectors from plain text, or a fast classifier of sentences.",
    parameters=PARAMETERS,
    channels=(
        Channel("train", "Text: a sentence a line, tokens parted by spaces; supervised lines begin with __label__<name>",
                required=True, formats=("text", "jsonlines"), default="text", labels="none"),
        Channel("validation", "Labelled sentences to measure on (supervised)", formats=("text", "jsonlines"), default="text",
                labels="none"),
    ),
    metrics=(
        ("train:mean_rho", rf"#mean_rho: {_NUMBER}"),
        ("train:accuracy", rf"#train_accuracy: {_NUMBER}"),
        ("validation:accuracy", rf"#validation_accuracy: {_NUMBER}"),
    ),
    together=together,
    account=FAMILY_B,
    hosts=1,
    preloaded=False,
    family="text",
)  # fmt: skip
check = ALGORITHM.check
