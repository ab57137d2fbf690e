"""k-NN: its hyperparameters, channels and metrics. Source: the developer guide's "k-NN Hyperparameters" and "k-NN Metrics"."""

from areas.algorithms.container import UserError
from areas.algorithms.frame.algorithm import Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Choice, Integer
from areas.algorithms.frame.log import PROGRESS, THROUGHPUT, quality


def _together(given: dict) -> None:
    kind, target = given["dimension_reduction_type"], given["dimension_reduction_target"]
    if kind and target is None:
        raise UserError("'dimension_reduction_target' is a required property where dimension_reduction_type is given")
    if target is not None and not kind:
        raise UserError("'dimension_reduction_type' is a required property where dimension_reduction_target is given")
    if kind and target >= given["feature_dim"]:
        raise UserError(f"dimension_reduction_target is {target}, but must be below feature_dim {given['feature_dim']}")
    if given["k"] > given["sample_size"]:
        raise UserError(f"k is {given['k']}, but sample_size is only {given['sample_size']}")
    parts = given["faiss_index_pq_m"]
    if given["index_type"] == "faiss.IVFPQ":
        if parts is None:
            raise UserError("'faiss_index_pq_m' is a required property where index_type is faiss.IVFPQ")
        if (target or given["feature_dim"]) % parts:
            raise UserError(
                f"faiss_index_pq_m is {parts}, but must divide the {target or given['feature_dim']} features"
            )


ALGORITHM = Algorithm(
    package="areas.algorithms.knn",
    repository="knn",
    title="k-NN",
    about="Answers by the k rows of the training data that are nearest: by their vote, or by their mean.",
    family="classification and regression",
    parameters=(
        Integer("feature_dim", "How many features a row has", required=True, low=1),
        Integer("k", "How many neighbors count", required=True, low=1, tunable=(1, 1024)),
        Choice("predictor_type", "Classes or numbers", required=True, choices=("classifier", "regressor")),
        Integer("sample_size", "How many rows are drawn from the data and kept", required=True, low=1,
                tunable=(256, 20000000)),
        Choice("dimension_reduction_type", "How rows are made shorter", choices=("sign", "fjlt")),
        Integer("dimension_reduction_target", "How many features are left then", low=1),
        Choice("index_type", "How neighbors are looked for", default="faiss.Flat",
               choices=("faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ")),
        Choice("index_metric", "What near means", default="L2", choices=("L2", "INNER_PRODUCT", "COSINE")),
        Integer("faiss_index_ivf_nlists", "Cells of an approximate index", auto=True, low=1, effective=False),
        Integer("faiss_index_pq_m", "Parts of a vector in a quantized index", low=1, effective=False),
        Integer("mini_batch_size", "Rows in a batch", default=5000, low=1),
    ),
    channels=(
        Channel("train", "The rows to look among, with their labels", required=True),
        Channel("test", "Rows to measure on"),
    ),
    metrics=(
        quality("test:accuracy", "score", epoch=False),
        quality("test:macro_f_1.000", "score", pattern=r"macro_f_\S+", epoch=False),
        quality("test:mse", epoch=False),
        PROGRESS, THROUGHPUT,
    ),
    together=_together,
)  # fmt: skip
check = ALGORITHM.check
