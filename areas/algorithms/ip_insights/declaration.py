"""IP Insights: hyperparameters, channels and metrics. Source: the developer guide's "IP Insights Hyperparameters"."""

from areas.algorithms.frame.algorithm import Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Integer, Number
from areas.algorithms.frame.log import PROGRESS, THROUGHPUT, quality
from areas.algorithms.ip_insights.pairs import read

_BATCH = r"#quality_metric: host=\S+, epoch=\S+, batch=\S+, train {} <{}>=(\S+)"

ALGORITHM = Algorithm(
    package="areas.algorithms.ip_insights",
    repository="ipinsights",
    title="IP Insights",
    about="Learns which IPv4 addresses belong to which users or accounts, to find suspicious ones.",
    family="anomaly detection",
    parameters=(
        Integer("num_entity_vectors", "How many vectors the entities share: twice as many as entities", required=True,
                low=1, high=250_000_000, tunable=(10000, 1000000)),
        Integer("vector_dim", "How many numbers stand for an entity or an address", required=True, low=4, high=4096,
                tunable=(8, 256)),
        Integer("epochs", "How often the data is gone through", default=10, low=1, tunable=(5, 100)),
        Integer("mini_batch_size", "Rows in a batch", default=10000, low=1, high=500000, tunable=(100, 50000)),
        Number("learning_rate", "How far a step goes", default=0.001, low=1e-6, high=10, tunable=(1e-4, 0.1)),
        Integer("num_ip_encoder_layers", "Hidden layers between an address and its vector", default=1, low=0, high=100,
                tunable=(1, 10)),
        Integer("random_negative_sampling_rate", "Made-up addresses for each row", default=1, low=0, high=500,
                tunable=(0, 10)),
        Integer("shuffled_negative_sampling_rate", "Addresses of other rows for each row", default=1, low=0, high=500,
                tunable=(0, 10)),
        Number("weight_decay", "L2 regularization", default=0.00001, low=0, high=10, tunable=(0, 1)),
        Integer("batch_metrics_publish_interval", "Batches between lines of metrics", default=1000, low=1),
        Integer("feature_dim", "The SDK sends it", low=1, effective=False),
    ),
    channels=(
        Channel("train", "Rows of entity and IPv4 address", required=True, formats=("csv",), default="csv", labels="none",
                modes=("File", "FastFile")),
        Channel("validation", "Rows to measure on", formats=("csv",), default="csv", labels="none",
                modes=("File", "FastFile")),
    ),
    metrics=(
        quality("validation:discriminator_auc", "score"),
        ("train:binary_classification_accuracy", _BATCH.format("binary_classification_accuracy", "score")),
        ("train:binary_classification_cross_entropy", _BATCH.format("binary_classification_cross_entropy", "loss")),
        ("train:binary_classification_accuracy:epoch",
         r"#quality_metric: host=\S+, epoch=\S+, train binary_classification_accuracy <score>=(\S+)"),
        ("train:binary_classification_cross_entropy:epoch",
         r"#quality_metric: host=\S+, epoch=\S+, train binary_classification_cross_entropy <loss>=(\S+)"),
        PROGRESS, THROUGHPUT,
    ),
    read=read,
)  # fmt: skip
check = ALGORITHM.check
