"""A request and its answer of each algorithm, and hyperparameters to begin with: for the gallery, test pages and batch transform.

Standard library only. Bodies are texts; answers are of the form that the algorithm gives, with rounded numbers.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Example:
    """``begin`` are the hyperparameters that a first job must have; ``answer`` is the body for ``accept``."""

    begin: dict[str, str] = field(default_factory=dict)
    content_type: str = "text/csv"
    body: str = ""
    accept: str = "application/json"
    answer: str = ""


_ROW = "39.1,18.7,181.0,3750.0\n"
_TABLE = {"content_type": "text/csv", "body": _ROW}
_CLASSES = '{"probabilities": [[0.97, 0.03]]}'

EXAMPLES = {
    "sagemaker-xgboost": Example({"num_round": "100", "objective": "binary:logistic"}, **_TABLE,
                                 answer='{"predictions": [{"score": 0.43}]}'),
    "linear-learner": Example({"predictor_type": "binary_classifier"}, **_TABLE,
                              answer='{"predictions": [{"score": 0.4, "predicted_label": 0}]}'),
    "knn": Example({"feature_dim": "4", "k": "10", "predictor_type": "classifier", "sample_size": "1000"}, **_TABLE,
                   answer='{"predictions": [{"predicted_label": 0.0}]}'),
    "kmeans": Example({"feature_dim": "4", "k": "10"}, **_TABLE,
                      answer='{"predictions": [{"closest_cluster": 1.0, "distance_to_cluster": 3.0}]}'),
    "pca": Example({"feature_dim": "4", "mini_batch_size": "500", "num_components": "2"}, **_TABLE,
                   answer='{"projections": [{"projection": [1.2, -0.3]}]}'),
    "factorization-machines": Example(
        {"feature_dim": "1000", "num_factors": "8", "predictor_type": "binary_classifier"}, "application/json",
        '{"instances": [{"data": {"features": {"keys": [3, 871], "shape": [1000], "values": [1, 1]}}}]}',
        answer='{"predictions": [{"score": 0.81, "predicted_label": 1.0}]}'),
    "randomcutforest": Example({"feature_dim": "4"}, **_TABLE, answer='{"scores": [{"score": 0.02}]}'),
    "blazingtext": Example({"mode": "supervised"}, "application/json",
                           '{"instances": ["the movie was great"], "configuration": {"k": 2}}',
                           answer='[{"label": ["__label__1", "__label__2"], "prob": [0.93, 0.07]}]'),
    "forecasting-deepar": Example(
        {"context_length": "30", "prediction_length": "14", "time_freq": "D", "epochs": "20"}, "application/json",
        '{"instances": [{"start": "2026-01-01 00:00:00", "target": [4.0, 10.0, 50.0, 100.0, 113.0]}], "configuration": '
        '{"num_samples": 50, "output_types": ["mean", "quantiles"], "quantiles": ["0.5"]}}',
        answer='{"predictions": [{"mean": [110.2, 113.8], "quantiles": {"0.5": [109.9, 113.1]}}]}'),
    "object2vec": Example({"enc0_max_seq_len": "50", "enc0_vocab_size": "10000"}, "application/json",
                          '{"instances": [{"in0": [774, 14, 21], "in1": [21, 366, 125]}]}',
                          answer='{"predictions": [{"scores": [0.31, 0.69]}]}'),
    "ipinsights": Example({"num_entity_vectors": "20000", "vector_dim": "128"}, "text/csv", "user-1,198.51.100.7\n",
                          answer='{"predictions": [{"dot_product": 0.1}]}'),
    "lda": Example({"feature_dim": "1000", "mini_batch_size": "500", "num_topics": "10"}, "application/json",
                   '{"instances": [{"features": [0, 3, 1, 0]}]}', answer='{"predictions": [{"topic_mixture": [0.9, 0.1]}]}'),
    "ntm": Example({"feature_dim": "1000", "num_topics": "10"}, "application/json", '{"instances": [{"features": [0, 3, 1, 0]}]}',
                   answer='{"predictions": [{"topic_weights": [0.9, 0.1]}]}'),
    "seq2seq": Example({}, "application/json", '{"instances": [{"data": "guten morgen"}]}',
                       answer='{"predictions": [{"target": "good morning"}]}'),
    "image-classification": Example({"num_classes": "2", "num_training_samples": "1000"}, "application/x-image", "",
                                    answer="[0.98, 0.02]"),
    "object-detection": Example({"num_classes": "2", "num_training_samples": "1000", "use_pretrained_model": "0"},
                                "application/x-image", "",
                                answer='{"prediction": [[0.0, 0.94, 0.1, 0.2, 0.5, 0.7]]}'),
    "semantic-segmentation": Example({"num_classes": "2", "num_training_samples": "1000", "use_pretrained_model": "0"},
                                "application/x-image", "",
                                     accept="image/png", answer="a PNG mask: the class of each pixel"),
    "classification on tables": Example({}, **_TABLE, answer=_CLASSES),
    "regression on tables": Example({}, **_TABLE, answer='{"prediction": [12.5]}'),
}  # fmt: skip


def of(algorithm) -> Example:
    """The example of a declared algorithm; one without bodies if there is none."""
    return EXAMPLES.get(algorithm.family) or EXAMPLES.get(algorithm.repository) or Example()
