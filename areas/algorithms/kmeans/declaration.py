"""K-Means: its hyperparameters, channels and metrics.

Source: the developer guide's "K-Means Hyperparameters" and "Metrics Computed by the K-Means Algorithm".
"""

from areas.algorithms.container import UserError
from areas.algorithms.frame.algorithm import Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Choice, Integer, List, Number
from areas.algorithms.frame.log import PROGRESS, THROUGHPUT, quality


def _together(given: dict) -> None:
    factor = given["extra_center_factor"]
    if factor != "auto" and given["k"] * factor < given["k"]:
        raise UserError("extra_center_factor must be at least 1")


ALGORITHM = Algorithm(
    package="areas.algorithms.kmeans",
    repository="kmeans",
    title="K-Means",
    about="Groups rows into k clusters around their means.",
    family="clustering",
    parameters=(
        Integer("feature_dim", "How many features a row has", required=True, low=1),
        Integer("k", "How many clusters to find", required=True, low=1),
        Integer("epochs", "How often the data is gone through", default=1, low=1),
        List("eval_metrics", "What to measure: mean or sum of squared distances", default=("msd",), choices=("msd", "ssd")),
        Number("extra_center_factor", "k times as many centers are kept while training", auto=True, low=1, tunable=(4, 10)),
        Integer("half_life_time_size", "Rows after which a row's weight is half (0: never)", default=0, low=0),
        Choice("init_method", "How the first centers are chosen", default="random", choices=("random", "kmeans++"),
               tunable=("kmeans++", "random")),
        Choice("local_lloyd_init_method", "How the last step chooses its first centers", default="kmeans++",
               choices=("random", "kmeans++")),
        Integer("local_lloyd_max_iter", "Iterations of the last step", default=300, low=1),
        Integer("local_lloyd_num_trials", "Runs of the last step, of which the best counts", auto=True, low=1),
        Number("local_lloyd_tol", "Change of the centers at which the last step ends", default=0.0001, low=0),
        Integer("mini_batch_size", "Rows in a batch", default=5000, low=1, tunable=(3000, 15000)),
    ),
    channels=(
        Channel("train", "The rows to group", required=True, labels="ignored"),
        Channel("test", "Rows to measure on", labels="ignored"),
    ),
    metrics=(
        quality("test:msd", epoch=False), quality("test:ssd", epoch=False), quality("train:msd", epoch=False),
        quality("train:ssd", epoch=False), PROGRESS, THROUGHPUT,
    ),
    together=_together,
)  # fmt: skip
check = ALGORITHM.check
