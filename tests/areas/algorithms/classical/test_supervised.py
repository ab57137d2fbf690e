"""Linear Learner, k-NN and Factorization Machines predict as well as the libraries do, and answer as AWS's do."""

import json

import numpy as np
import pytest

from areas.algorithms.linear_learner import choosing, losses
from areas.algorithms.linear_learner.declaration import ALGORITHM as LINEAR
from areas.algorithms.linear_learner.models import settings
from tests.areas.algorithms.data import as_csv


def test_linear_learner_classifies_tumors_as_well_as_scikit_learn(trained, cancers):
    from sklearn.linear_model import LogisticRegression

    rows, labels = cancers
    rows = rows * 7 + 3  # scales that it has to undo
    linear = trained("linear_learner")
    linear.put("train", rows[:350], labels[:350])
    linear.put("validation", rows[350:450], labels[350:450])
    linear.put("test", rows[450:], labels[450:])
    found = linear.fit(predictor_type="binary_classifier", mini_batch_size=32)
    library = LogisticRegression(max_iter=1000).fit(rows[:350], labels[:350]).score(rows[450:], labels[450:])
    assert found["test:binary_classification_accuracy"] > library - 0.03
    assert found["test:roc_auc_score"] > 0.98
    wanted = {
        "objective_loss",
        "binary_classification_accuracy",
        "binary_f_beta",
        "precision",
        "recall",
        "roc_auc_score",
    }
    assert {f"{channel}:{name}" for channel in ("train", "validation", "test") for name in wanted} <= found.keys()
    assert {"train:objective_loss:final", "validation:objective_loss:final", "train:progress", "train:throughput"} <= (
        found.keys()
    )
    answers = linear.ask(rows[450:])["predictions"]
    assert set(answers[0]) == {"score", "predicted_label"}
    assert type(answers[0]["predicted_label"]) is int
    assert np.mean([one["predicted_label"] for one in answers] == labels[450:]) == pytest.approx(
        found["test:binary_classification_accuracy"]
    )
    first = linear.post(as_csv(rows[450:451]), accept="text/csv").body.decode()
    assert first == f"{answers[0]['predicted_label']},{answers[0]['score']}\n"


def test_linear_learner_tells_digits_apart(trained, digits):
    from sklearn.linear_model import LogisticRegression

    rows, labels = digits[0], digits[1]
    linear = trained("linear_learner")
    linear.put("train", rows[:1300], labels[:1300])
    linear.put("test", rows[1300:], labels[1300:])
    given = {"predictor_type": "multiclass_classifier", "num_classes": 10, "mini_batch_size": 50, "num_models": 4}
    found = linear.fit(**given)
    library = (
        LogisticRegression(max_iter=500).fit(rows[:1300] / 16, labels[:1300]).score(rows[1300:] / 16, labels[1300:])
    )
    assert found["test:multiclass_accuracy"] > library - 0.03
    assert found["test:multiclass_top_k_accuracy"] > 0.97
    assert found["test:multiclass_accuracy"] < found["test:dcg"] < 1
    assert found["test:macro_recall"] == pytest.approx(found["test:multiclass_accuracy"], abs=0.02)
    answer = linear.ask(rows[1300:1302])["predictions"][0]
    assert len(answer["score"]) == 10
    assert sum(answer["score"]) == pytest.approx(1, abs=1e-5)
    assert answer["predicted_label"] == int(np.argmax(answer["score"]))


@pytest.mark.parametrize("loss", LINEAR.parameters[5].choices[2:8])
def test_linear_learner_predicts_numbers_with_every_loss(trained, diabetes, loss):
    from sklearn.linear_model import LinearRegression

    linear = trained("linear_learner")
    train, test = diabetes
    linear.put("train", train[:, 1:], train[:, 0])
    linear.put("test", test[:, 1:], test[:, 0])
    found = linear.fit(predictor_type="regressor", loss=loss, mini_batch_size=32, num_models=4)
    library = LinearRegression().fit(train[:, 1:], train[:, 0]).predict(test[:, 1:])
    assert found["test:mse"] < 1.1 * np.mean((library - test[:, 0]) ** 2)
    assert found["test:rmse"] == pytest.approx(found["test:mse"] ** 0.5)
    answers = [one["score"] for one in linear.ask(test[:, 1:])["predictions"]]
    assert np.mean(np.square(answers - test[:, 0])) == pytest.approx(found["test:mse"], rel=1e-4)


@pytest.mark.parametrize(
    "given",
    [
        {"optimizer": "sgd"}, {"optimizer": "sgd", "momentum": 0.9}, {"optimizer": "rmsprop"}, {"loss": "hinge_loss"},
        {"positive_example_weight_mult": "balanced"}, {"normalize_data": "false", "learning_rate": 0.01},
        {"use_bias": "true", "bias_lr_mult": 5, "bias_wd_mult": 0.1, "init_method": "normal", "use_lr_scheduler": "false"},
        {"l1": 0.001, "wd": 0.001, "learning_rate": 0.05, "lr_scheduler_step": 10, "lr_scheduler_factor": 0.9},
    ],
)  # fmt: skip
def test_linear_learner_learns_with_every_option(trained, cancers, given):
    linear = trained("linear_learner")
    linear.put("train", cancers[0], cancers[1], content_type=None, sparse="l1" in given)
    found = linear.fit(predictor_type="binary_classifier", mini_batch_size=50, num_models=3, **given)
    assert found["train:binary_classification_accuracy"] > 0.95


def test_the_slopes_are_those_of_the_losses():
    random = np.random.default_rng(0)
    given = LINEAR.parse({"predictor_type": "regressor"})
    step = 1e-6
    for loss in (*LINEAR.parameters[5].choices[:8], "softmax_loss"):
        shape = (6, 2, 3) if loss == "softmax_loss" else (6, 2)
        scores = random.normal(size=shape) * 2
        labels = random.integers(0, 2, (6, 1)).astype(float)
        slope = losses.slope(loss, scores, labels, given)
        for at in np.ndindex(*shape):
            moved = scores.copy()
            moved[at] += step
            change = losses.value(loss, moved, labels, given) - losses.value(loss, scores, labels, given)
            assert slope[at] == pytest.approx(change[at[:2]] / step, abs=1e-4), loss


def test_the_threshold_is_the_best_by_its_criterion():
    random = np.random.default_rng(1)
    labels = (random.random(400) < 0.3).astype(float)
    scores = labels + random.normal(size=400)
    places = np.append(np.unique(scores), np.inf)

    def worth(criterion, place):
        said = scores >= place
        hits = (said & (labels > 0)).sum()
        precision, recall = hits / max(said.sum(), 1), hits / labels.sum()
        return {
            "accuracy": (said == (labels > 0)).mean(),
            "f_beta": 5 * precision * recall / max(4 * precision + recall, 1e-9),
            "precision_at_target_recall": precision if recall >= 0.6 else -1,
            "recall_at_target_precision": recall if precision >= 0.5 else -1,
        }[criterion]

    for criterion in ("accuracy", "f_beta", "precision_at_target_recall", "recall_at_target_precision"):
        given = {"binary_classifier_model_selection_criteria": criterion, "f_beta": 2.0, "target_recall": 0.6,
                 "target_precision": 0.5}  # fmt: skip
        found, place = choosing.threshold(given, scores, labels)
        assert found == pytest.approx(worth(criterion, place))
        assert found >= max(worth(criterion, one) for one in places[:-1]) - 1e-12


def test_models_are_tried_around_what_the_job_fixes():
    auto = settings(LINEAR.parse({"predictor_type": "regressor"}), 1)
    assert len(auto.rates) == 32
    assert len({*zip(auto.rates, auto.l1, auto.wd, strict=True)}) == 32
    fixed = settings(LINEAR.parse({"predictor_type": "regressor", "learning_rate": "0.5", "num_models": "3"}), 1)
    assert fixed.rates.tolist() == [0.5] * 3


@pytest.mark.parametrize(
    ("given", "labels", "words"),
    [
        ({"predictor_type": "binary_classifier"}, [0, 1, 2, 0], "must be 0 or 1, but row 3 of channel 'train' has 2"),
        ({"predictor_type": "multiclass_classifier", "num_classes": 3}, [0, 1, 3, 0], "from 0 to 2"),
    ],
)
def test_linear_learner_refuses_labels_that_are_no_classes(trained, given, labels, words):
    linear = trained("linear_learner")
    linear.put("train", np.ones((4, 2)), np.array(labels))
    assert linear.train(**given) == 2
    assert words in linear.job.failure


@pytest.mark.parametrize(
    "given",
    [
        {}, {"index_metric": "COSINE"}, {"index_type": "faiss.IVFFlat"},
        {"dimension_reduction_type": "sign", "dimension_reduction_target": 32},
        {"dimension_reduction_type": "fjlt", "dimension_reduction_target": 32},
    ],
)  # fmt: skip
def test_knn_tells_digits_apart(trained, digits, given):
    rows, labels = digits
    knn = trained("knn")
    knn.put("train", rows[:1300], labels[:1300])
    knn.put("test", rows[1300:], labels[1300:])
    found = knn.fit(feature_dim=64, k=5, predictor_type="classifier", sample_size=1300, **given)
    assert found["test:accuracy"] > (0.92 if "dimension_reduction_type" in given else 0.96)
    assert found["test:macro_f_1.000"] == pytest.approx(found["test:accuracy"], abs=0.02)
    assert ("searched exactly" in knn.job.log) == ("index_type" in given)


def test_knn_finds_scikit_learns_neighbors(trained, digits):
    from sklearn.neighbors import KNeighborsRegressor

    rows, labels = digits
    knn = trained("knn")
    knn.put("train", rows[:1000], labels[:1000])
    knn.put("test", rows[1000:], labels[1000:])
    found = knn.fit(feature_dim=64, k=4, predictor_type="regressor", sample_size=2000)
    library = KNeighborsRegressor(4).fit(rows[:1000], labels[:1000])
    wanted = library.predict(rows[1000:])
    assert found["test:mse"] == pytest.approx(np.mean((wanted - labels[1000:]) ** 2), rel=0.02)
    answer = knn.ask(rows[1000:1020], accept="application/json; verbose=true")["predictions"]
    distances, _ = library.kneighbors(rows[1000:1020])
    assert np.array([one["distances"] for one in answer]) == pytest.approx(distances, rel=1e-4)
    assert all(one["distances"] == sorted(one["distances"]) and len(one["labels"]) == 4 for one in answer)
    assert set(knn.ask(rows[1000:1001])["predictions"][0]) == {"predicted_label"}


def test_knn_keeps_a_sample_of_the_rows(trained, digits):
    rows, labels = digits
    knn = trained("knn")
    knn.put("train", rows, labels)
    knn.fit(feature_dim=64, k=1, predictor_type="classifier", sample_size=100)
    with np.load(knn.model / "model_algo-1") as model:
        assert model["rows"].shape == (100, 64)
    knn.put("train", rows, labels + 0.5)
    assert knn.train(feature_dim=64, k=1, predictor_type="classifier", sample_size=100) == 2
    assert "whole numbers" in knn.job.failure


@pytest.mark.parametrize("sparse", [False, True])
def test_factorization_machines_learn_what_only_pairs_tell(trained, sparse):
    """Whether two signs are the same: a linear model can't do better than chance."""
    random = np.random.default_rng(0)
    rows = (random.integers(0, 2, (2000, 6)) * 2 - 1).astype(np.float32)
    labels = (rows[:, 0] * rows[:, 1] > 0).astype(np.float32)
    machine = trained("factorization_machines")
    machine.put("train", rows[:1500], labels[:1500], content_type=None, sparse=sparse)
    machine.put("test", rows[1500:], labels[1500:], content_type=None, sparse=sparse)
    given = {"feature_dim": 6, "num_factors": 4, "epochs": 15, "mini_batch_size": 100, "factors_init_sigma": 0.1}
    found = machine.fit(predictor_type="binary_classifier", factors_lr=0.05, **given)
    assert found["test:binary_classification_accuracy"] > 0.99
    assert {"test:binary_classification_cross_entropy", "test:binary_f_beta"} <= found.keys()
    body = json.dumps({"instances": [{"features": row.tolist()} for row in rows[1500:1510]]})
    answers = json.loads(machine.post(body, "application/json").body)["predictions"]
    assert [one["predicted_label"] for one in answers] == labels[1500:1510].tolist()
    assert machine.post(b"1,2,3,4,5,6", "text/csv").status == 415
    assert machine.post(body, "application/json", "text/csv").status == 406


def test_factorization_machines_predict_numbers(trained, diabetes):
    train, test = diabetes
    mean, deviation = train[:, 0].mean(), train[:, 0].std()
    machine = trained("factorization_machines")
    machine.put("train", train[:, 1:] * 20, (train[:, 0] - mean) / deviation, content_type=None)
    machine.put("test", test[:, 1:] * 20, (test[:, 0] - mean) / deviation, content_type=None)
    given = {"feature_dim": 10, "num_factors": 2, "epochs": 60, "mini_batch_size": 32, "clip_gradient": 5}
    found = machine.fit(predictor_type="regressor", linear_lr=0.01, factors_lr=0.001, **given)
    assert found["test:mse"] < 0.65  # the share of the variance that is left; linear regression leaves 0.55
    assert found["test:rmse"] == pytest.approx(found["test:mse"] ** 0.5)
    assert "test:absolute_loss" in found
