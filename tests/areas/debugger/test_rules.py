"""Each rule fires where its definition says, and not beside it."""

import numpy as np
import pytest

from areas.debugger.rules.base import NoTensors
from areas.debugger.rules.losses import StalledTrainingRule
from areas.debugger.trial import Trial
from tests.areas.debugger.trees import judge, run


def falling(count: int, factor: float = 0.9) -> list[float]:
    return [factor**step for step in range(count)]


def test_a_constant_loss_is_not_decreasing_at_step_10(tmp_path):
    step, reason = run("LossNotDecreasing", tmp_path, {"train-rmse": [0.5] * 30})
    assert step == 10
    assert "train-rmse went from 0.5 at step 0" in reason


def test_a_falling_loss_is_well(tmp_path):
    assert run("LossNotDecreasing", tmp_path, {"train-rmse": falling(60)}) == (None, "")


def test_a_loss_that_leaps_up_fires_at_once(tmp_path):
    assert run("LossNotDecreasing", tmp_path, {"l": [1.0, 0.9, 0.951, 0.9]})[0] == 2
    assert run("LossNotDecreasing", tmp_path / "b", {"l": [1.0, 0.9, 0.944, 0.9]})[0] is None


def test_a_negative_loss_that_falls_is_well(tmp_path):
    assert run("LossNotDecreasing", tmp_path, {"l": [-1.0 - step for step in range(40)]}) == (None, "")


def test_validation_30_percent_above_train_is_overfit(tmp_path):
    series = {"train-rmse": [1.0] * 3, "validation-rmse": [1.05, 1.3, 1.3]}
    assert run("Overfit", tmp_path, series)[0] == 1
    assert run("Overfit", tmp_path / "b", series, patience=2)[0] == 2
    assert run("Overfit", tmp_path / "c", series, ratio_threshold=0.35) == (None, "")
    assert run("Overfit", tmp_path / "d", series, start_step=2)[0] == 2


def test_overfit_goes_by_the_hooks_mode_where_names_say_nothing(tmp_path):
    modes = ["train", "eval", "train", "eval"]
    assert run("Overfit", tmp_path, {"loss": [1.0, 1.05, 0.99, 1.2]}, modes=modes)[0] == 3


def test_overfit_without_a_validation_loss_says_so(tmp_path):
    with pytest.raises(NoTensors, match="no tensors for collection losses"):
        run("Overfit", tmp_path, {"train-rmse": [1.0, 0.9]})


def test_overtraining_needs_both_losses_to_stand_still(tmp_path):
    still = {"train-rmse": falling(5, 0.5) + [0.06] * 15, "validation-rmse": falling(5, 0.5) + [0.07] * 15}
    assert run("Overtraining", tmp_path, still)[0] == 14
    moving = {"train-rmse": [1 - step / 20 for step in range(20)], "validation-rmse": [0.5] * 20}
    assert run("Overtraining", tmp_path / "b", moving) == (None, "")


def test_a_stalled_job_fires_by_the_clock(tmp_path):
    rule = StalledTrainingRule(Trial(tmp_path), {"threshold": 10})
    assert not rule.rest(100.0)
    assert not rule.rest(110.0)
    assert "No step came for 11 seconds" in rule.rest(111.0)
    rule.judge(3)
    assert not rule.rest(200.0)


def test_nan_explodes(tmp_path):
    assert run("ExplodingTensor", tmp_path, {"train-rmse": [1.0, float("nan")]})[0] == 1
    assert run("ExplodingTensor", tmp_path / "b", {"w": [1.0, float("inf")]})[0] == 1
    assert run("ExplodingTensor", tmp_path / "c", {"w": [1.0, float("inf")]}, only_nan=True) == (None, "")


def test_all_zero_counts_percent(tmp_path):
    assert run("AllZero", tmp_path, {"w": [np.array([0, 1.0]), np.zeros(2)]})[0] == 1
    assert run("AllZero", tmp_path / "b", {"w": [np.array([0, 0, 1.0])]}, threshold=60)[0] == 0


def test_variance_has_two_bounds(tmp_path):
    series = {"w": [np.array([-1.0, 1.0])]}
    assert run("TensorVariance", tmp_path, series) == (None, "")
    assert run("TensorVariance", tmp_path / "b", series, max_threshold=0.5)[0] == 0
    assert run("TensorVariance", tmp_path / "c", series, min_threshold=1.5)[0] == 0


def test_three_identical_values_are_unchanged(tmp_path):
    assert run("UnchangedTensor", tmp_path, {"train-rmse": [1.0, 0.5, 0.5, 0.5]})[0] == 3
    assert run("UnchangedTensor", tmp_path / "b", {"train-rmse": [1.0, 0.5, 0.5, 0.4]}) == (None, "")
    nan = {"w": [np.array([np.nan, 1])] * 3}
    assert run("UnchangedTensor", tmp_path / "c", nan) == (None, "")
    assert run("UnchangedTensor", tmp_path / "d", nan, equal_nan=True)[0] == 2


def test_given_tensors_are_no_matter_of_training(tmp_path):
    series = {"labels": [np.zeros(4)] * 5, "train-rmse": falling(5)}
    assert run("AllZero", tmp_path, series, collections={"labels": "labels", "losses": "rmse"}) == (None, "")


def test_weight_updates_may_be_neither_large_nor_small(tmp_path):
    weights = {"collections": {"weights": "."}}
    assert run("WeightUpdateRatio", tmp_path, {"w": [np.ones(3), np.ones(3) * 20]}, **weights)[0] == 1
    assert run("WeightUpdateRatio", tmp_path / "b", {"w": [np.ones(3), np.ones(3)]}, **weights)[0] == 1
    assert run("WeightUpdateRatio", tmp_path / "c", {"w": [np.ones(3), np.ones(3) * 1.1]}, **weights) == (None, "")


def test_the_same_run_twice_is_similar(tmp_path):
    for name, factor in (("a", 0.9), ("b", 0.9), ("c", 0.8)):
        run("AllZero", tmp_path / name, {"train-rmse": falling(4, factor)})
    from areas.debugger.rules.tensors import SimilarAcrossRuns

    def compared(one, other):
        trial = Trial(tmp_path / one)
        rule = SimilarAcrossRuns(trial, {"collection_names": "", "tensor_regex": None, "other_trial": "s3://x"})
        rule.other = Trial(tmp_path / other)
        return next((step for step in trial.refresh() if rule.judge(step)), None)

    assert compared("a", "b") == 1
    assert compared("a", "c") is None


CLASSES = {"labels": "labels", "predictions": "predictions"}


def classes(rare: int, count: int = 1000):
    labels = np.r_[np.ones(rare), np.zeros(count - rare)]
    return {"labels": [labels], "predictions": [labels * 0.8 + 0.1]}


def test_19_to_1_is_imbalanced_and_4_to_1_is_not(tmp_path):
    assert "19 times" in run("ClassImbalance", tmp_path, classes(50), collections=CLASSES)[1]
    assert run("ClassImbalance", tmp_path / "b", classes(200), collections=CLASSES) == (None, "")


def test_imbalance_waits_for_samples(tmp_path):
    few = {name: values * 3 for name, values in classes(10, 200).items()}
    assert run("ClassImbalance", tmp_path, few, collections=CLASSES)[0] == 2


def test_a_class_that_is_mispredicted_is_imbalanced(tmp_path):
    series = classes(300)
    series["predictions"] = [np.full(1000, 0.1)]
    assert "100% of class 1 are mispredicted" in run("ClassImbalance", tmp_path, series, collections=CLASSES)[1]


def test_confusion_goes_by_columns(tmp_path):
    labels, guesses = np.repeat([0, 1, 2], 100), np.repeat([0, 1, 2], 100)
    assert run("Confusion", tmp_path, {"labels": [labels], "predictions": [guesses]}, collections=CLASSES) == (None, "")
    guesses = guesses.copy()
    guesses[:15] = 1  # 15 of 115 that are predicted 1 are 0
    step, reason = run("Confusion", tmp_path / "b", {"labels": [labels], "predictions": [guesses]}, collections=CLASSES)
    assert (step, reason) == (0, "13% of what is predicted as class 1 is class 0, more than 10%.")


def test_labels_of_a_regression_are_no_classes(tmp_path):
    series = {"labels": [np.array([0.5, 1.7])], "predictions": [np.array([0.5, 1.7])]}
    with pytest.raises(NoTensors, match="regression"):
        run("Confusion", tmp_path, series, collections=CLASSES)


def test_the_share_of_the_top_features(tmp_path):
    def tree(*shares):
        return {f"feature_importance/weight/f{at}": [share] for at, share in enumerate(shares)}

    kept = {"collections": {"feature_importance": "^feature_importance/"}}
    rule = "FeatureImportanceOverweight"
    assert run(rule, tmp_path, tree(0.5, 0.2, 0.2, 0.1), **kept)[1].startswith("f0, f1, f2 carry 90%")
    assert run(rule, tmp_path / "b", tree(0.2, 0.2, 0.2, 0.2, 0.2), **kept) == (None, "")


def test_images_shall_lie_around_zero(tmp_path):
    images = np.random.default_rng(0).normal(0.0, 1, (600, 3, 4, 4))
    kept = {"collections": {"input_image": "."}}
    assert run("CheckInputImages", tmp_path, {"input_image": [images]}, **kept) == (None, "")
    shifted = images + np.array([0.1, 0.5, 0]).reshape(3, 1, 1)
    assert "channel 1" in run("CheckInputImages", tmp_path / "b", {"input_image": [shifted]}, **kept)[1]
    assert run("CheckInputImages", tmp_path / "c", {"input_image": [images[:100] + 1]}, **kept) == (None, "")


def test_padding_is_counted(tmp_path):
    rows = np.array([[0, 0, 0, 5], [0, 0, 7, 8]])
    kept = {"collections": {"input_sequence": "."}}
    assert run("NLPSequenceRatio", tmp_path, {"embedding0_input_0": [rows]}, **kept)[1].startswith("62 %")
    assert (
        run("NLPSequenceRatio", tmp_path / "b", {"embedding0_input_0": [rows]}, token_thresholds_percent=70, **kept)[0]
        is None
    )


def test_layers(tmp_path):
    gradients = {"collections": {"gradients": "."}}
    assert run("VanishingGradient", tmp_path, {"g": [np.full(4, 1e-3), np.full(4, 1e-9)]}, **gradients)[0] == 1
    dead = np.c_[np.zeros((10, 3)), np.ones((10, 1))]
    kept = {"collections": {"relu_output": "."}}
    assert "75 %" in run("DeadRelu", tmp_path / "b", {"a_relu_output": [dead]}, **kept)[1]
    assert run("DeadRelu", tmp_path / "c", {"a_relu_output": [dead[:, 2:]]}, **kept) == (None, "")
    kept = {"collections": {"saturated_activation": "."}}
    assert run("SaturatedActivation", tmp_path / "d", {"a_tanh_input": [np.full((8, 4), 20.0)]}, **kept)[0] == 0
    assert run("SaturatedActivation", tmp_path / "e", {"a_sigmoid_input": [np.full((8, 4), 12.0)]}, **kept) == (
        None,
        "",
    )
    kept = {"collections": {"weights": "."}}
    assert "are 1" in run("PoorWeightInitialization", tmp_path / "f", {"w": [np.ones((3, 3))]}, **kept)[1]
    random = np.random.default_rng(0).normal(size=(9, 9))
    assert run("PoorWeightInitialization", tmp_path / "g", {"w": [random]}, **kept) == (None, "")


def test_nothing_saved_is_no_verdict(tmp_path):
    for rule in ("LossNotDecreasing", "VanishingGradient", "TreeDepth", "UnchangedTensor"):
        with pytest.raises(NoTensors):
            judge(rule, Trial(tmp_path))
