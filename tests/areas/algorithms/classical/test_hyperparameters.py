"""Hyperparameters are refused in the words of the algorithms' schemas, when the job runs and when a form asks."""

import pytest

from areas.algorithms.container import UserError
from areas.algorithms.frame.hyperparameters import Choice, Flag, Integer, List, Number, Text, parse
from areas.images import find, images

TABLE = (
    Integer("k", required=True, low=1, high=10),
    Number("rate", auto=True, above=0),
    Choice("kind", default="a", choices=("a", "b")),
    Flag("bias", default=True),
    List("metrics", default=("msd",), choices=("msd", "ssd")),
    List("levels", numbers=True),
    Text("note"),
)
CLASSICAL = (
    "linear-learner", "kmeans", "pca", "knn", "factorization-machines", "randomcutforest", "lda", "ipinsights",
)  # fmt: skip


def test_values_are_read_and_defaults_filled_in():
    assert parse(TABLE, {"k": "3"}) == {
        "k": 3, "rate": "auto", "kind": "a", "bias": True, "metrics": ("msd",), "levels": None, "note": None,
    }  # fmt: skip
    given = {"k": '"3"', "rate": "0.5", "bias": "False", "metrics": '["msd","ssd"]', "levels": "[0.1, 0.9]"}
    found = parse(TABLE, given)
    assert (found["k"], found["rate"], found["bias"]) == (3, 0.5, False)
    assert (found["metrics"], found["levels"]) == (("msd", "ssd"), (0.1, 0.9))
    assert parse(TABLE, {"k": "1", "_tuning_objective_metric": "test:msd", "force_dense": "True"})["k"] == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"k": "3", "x": "1"}, "Additional properties are not allowed ('x' was unexpected)"),
        ({"k": "3", "x": "1", "y": "1"}, "('x', 'y' were unexpected)"),
        ({}, "'k' is a required property"),
        ({"k": "0"}, "k must be an integer from 1 to 10: '0' is not valid under any of the given schemas"),
        ({"k": "1.5"}, "'1.5' is not valid under any of the given schemas"),
        ({"k": "1", "rate": "nan"}, "rate must be a number above 0 or auto: 'nan' is not valid"),
        ({"k": "1", "rate": "0"}, "rate must be"),
        ({"k": "1", "kind": "c"}, "kind must be one of a, b: 'c'"),
        ({"k": "1", "bias": "maybe"}, "bias must be true or false"),
        ({"k": "1", "metrics": '["no"]'}, "metrics must be a list of msd, ssd"),
        ({"k": "1", "metrics": "[1"}, "metrics must be"),
    ],
)
def test_what_is_wrong_is_named(given, words):
    with pytest.raises(UserError) as caught:
        parse(TABLE, given)
    assert words in str(caught.value)


def test_the_account_and_the_region_of_an_image_do_not_matter():
    for name in CLASSICAL:
        assert find(f"351501993468.dkr.ecr.ap-northeast-1.amazonaws.com/{name}:1").repository == name


@pytest.mark.parametrize("repository", CLASSICAL)
def test_every_algorithm_tells_its_table(repository):
    """The create form and the docs are made of it: each has its phrase, and its default is one that it accepts."""
    algorithm = images()[repository].algorithm
    assert algorithm.about
    for item in algorithm.parameters:
        assert item.about, item.name
        if item.required or item.fallback in (None, ()):
            continue
        value = item.fallback
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        assert item.parse(text) == value, item.name


@pytest.mark.parametrize(
    ("repository", "given", "words"),
    [
        ("knn", {"feature_dim": "4", "k": "9", "predictor_type": "classifier", "sample_size": "5"}, "sample_size is only 5"),
        ("knn", {"feature_dim": "4", "k": "2", "predictor_type": "classifier", "sample_size": "5",
                 "dimension_reduction_type": "sign"}, "dimension_reduction_target"),
        ("pca", {"feature_dim": "4", "num_components": "5", "mini_batch_size": "5"}, "feature_dim is only 4"),
        ("linear-learner", {"predictor_type": "multiclass_classifier"}, "'num_classes' is a required property"),
        ("linear-learner", {"predictor_type": "regressor", "loss": "logistic"}, "The loss of a regressor must be one of"),
        ("linear-learner", {"predictor_type": "classifier"}, "is not valid under any of the given schemas"),
        ("randomcutforest", {"feature_dim": "10001"}, "from 1 to 10000"),
        ("randomcutforest", {"feature_dim": "2", "num_trees": "49"}, "from 50 to 1000"),
        ("factorization-machines", {"feature_dim": "2", "num_factors": "2"}, "'predictor_type' is a required property"),
        ("lda", {"num_topics": "2", "feature_dim": "2"}, "'mini_batch_size' is a required property"),
        ("ipinsights", {"num_entity_vectors": "10", "vector_dim": "3"}, "from 4 to 4096"),
        ("kmeans", {"feature_dim": "2", "k": "2", "extra_center_factor": "0.5"}, "extra_center_factor must be"),
    ],
)  # fmt: skip
def test_an_algorithm_refuses_what_does_not_go_together(repository, given, words):
    with pytest.raises(UserError) as caught:
        images()[repository].algorithm.check(given, {"train": {}})
    assert words in str(caught.value)


def test_a_job_with_a_wrong_hyperparameter_says_so_and_is_the_clients_error(trained, cancers):
    kmeans = trained("kmeans")
    kmeans.put("train", cancers[0][:20])
    assert kmeans.train(k=2, feature_dim=30, x=1) == 2
    assert kmeans.job.failure == "ClientError: Additional properties are not allowed ('x' was unexpected)"
    assert kmeans.job.failure in kmeans.job.log


def test_what_has_no_effect_is_said_in_the_log(trained, cancers):
    forest = trained("random_cut_forest")
    forest.put("train", cancers[0][:60], S3DistributionType="ShardedByS3Key")
    forest.fit(feature_dim=30, num_trees=50, num_samples_per_tree=16, mini_batch_size=1000)
    assert "The hyperparameter mini_batch_size has no effect" in forest.job.log
