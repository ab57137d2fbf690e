"""Random Cut Forest: its hyperparameters, channels and metrics. Source: the developer guide's "RCF Hyperparameters"."""

from areas.algorithms.frame.algorithm import Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Integer, List
from areas.algorithms.frame.log import PROGRESS, THROUGHPUT, quality

ALGORITHM = Algorithm(
    package="areas.algorithms.random_cut_forest",
    repository="randomcutforest",
    title="Random Cut Forest",
    about="Scores how unlike the other rows a row is, to find anomalies.",
    family="anomaly detection",
    parameters=(
        Integer("feature_dim", "How many features a row has", required=True, low=1, high=10000),
        Integer("num_trees", "How many trees score", default=100, low=50, high=1000, tunable=(50, 1000)),
        Integer("num_samples_per_tree", "How many rows each tree is grown of", default=256, low=1, high=2048,
                tunable=(1, 2048)),
        List("eval_metrics", "What to measure on labeled rows", default=("accuracy", "precision_recall_fscore"),
             choices=("accuracy", "precision_recall_fscore")),
        Integer("mini_batch_size", "Rows in a batch; the SDK sends it", low=1, effective=False),
    ),
    channels=(
        Channel("train", "The rows to learn what is usual from", required=True, labels="ignored",
                distribution="ShardedByS3Key"),
        Channel("test", "Rows labeled 1 where they are anomalies, else 0", distribution="FullyReplicated"),
    ),
    metrics=(
        quality("test:f1", "score", epoch=False),
        quality("test:accuracy", "score", epoch=False),
        quality("test:precision", "score", epoch=False),
        quality("test:recall", "score", epoch=False),
        PROGRESS, THROUGHPUT,
    ),
)  # fmt: skip
check = ALGORITHM.check
