"""LDA: its hyperparameters, channels and metrics. Source: the developer guide's "LDA Hyperparameters"."""

from areas.algorithms.frame.algorithm import FAMILY_D, Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Integer, Number
from areas.algorithms.frame.log import PROGRESS, THROUGHPUT, quality

ALGORITHM = Algorithm(
    package="areas.algorithms.lda",
    repository="lda",
    title="LDA",
    about="Finds topics in documents that are given as counts of words.",
    account=FAMILY_D,
    hosts=1,
    family="topics",
    parameters=(
        Integer("feature_dim", "How many words the vocabulary has", required=True, low=1),
        Integer("num_topics", "How many topics to find", required=True, low=1),
        Integer("mini_batch_size", "How many documents there are", required=True, low=1),
        Number("alpha0", "How many topics documents mix: less means fewer", default=1.0, above=0, tunable=(0.1, 10)),
        Integer("max_restarts", "Restarts of AWS's spectral decomposition", default=10, low=1, effective=False),
        Integer("max_iterations", "The most rounds of training", default=1000, low=1),
        Number("tol", "Relative change of the likelihood at which training ends", default=1e-8, above=0),
    ),
    channels=(
        Channel("train", "Documents as counts of words", required=True, labels="ignored"),
        Channel("test", "Documents to measure on", labels="ignored"),
    ),
    metrics=(quality("test:pwll", "score", epoch=False), quality("train:pwll", "score", epoch=None), PROGRESS, THROUGHPUT),
)  # fmt: skip
check = ALGORITHM.check
