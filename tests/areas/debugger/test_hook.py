"""What XGBoost's hook saves, and when; read back as a trial."""

import numpy as np
import pytest

from areas.algorithms.container import Container
from areas.algorithms.xgboost.checkpoints import Checkpoints
from areas.algorithms.xgboost.train import boost
from areas.debugger.hook import config, xgboost
from areas.debugger.trial import TensorUnavailable, Trial
from tests.areas.debugger.trees import judge


class NoStop:
    asked = training = False


def trained(folder, rounds=50, *, collections=None, hook=None, rows=300, seed=0, label=None, **given) -> Trial:
    """The trial of a booster trained on made-up data with these collections ({name: parameters})."""
    import xgboost as library

    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows * 2, 5)).astype(np.float32)
    labels = (features[:, 0] + rng.normal(scale=0.5, size=len(features)) > 0).astype(np.float32)
    if label:
        features = label(features, labels)
    matrices = {
        "train": library.DMatrix(features[:rows], labels[:rows], nthread=1),
        "validation": library.DMatrix(features[rows:], labels[rows:], nthread=1),
    }
    given = {"objective": "binary:logistic", "num_round": rounds, "nthread": 1, **given}
    asked = {
        "HookParameters": hook or {},
        "CollectionConfigurations": [
            {"CollectionName": name, "CollectionParameters": parameters}
            for name, parameters in (collections or {}).items()
        ],
    }
    made = xgboost.make(asked, folder, matrices, {name: str(value) for name, value in given.items()})
    boost(given, matrices, NoStop(), Checkpoints(None), lambda line: None, hook=made)
    trial = Trial(folder)
    trial.refresh()
    return trial


def test_every_fifth_of_50_rounds(tmp_path):
    trial = trained(tmp_path, hook={"save_interval": "5"})
    assert trial.steps() == list(range(0, 50, 5))
    assert trial.ended


def test_the_modes_own_interval_wins(tmp_path):
    trial = trained(tmp_path, 30, hook={"save_interval": "5", "train.save_interval": "10", "eval.save_interval": "1"})
    assert trial.steps() == [0, 10, 20]


def test_steps_start_and_end(tmp_path):
    trial = trained(
        tmp_path, 30, hook={"save_interval": "2", "start_step": "10", "end_step": "16"},
        collections={"metrics": {"save_steps": "1,7"}},
    )  # fmt: skip
    assert trial.steps() == [1, 7, 10, 12, 14]


def test_metrics_hold_all_and_losses_no_auc(tmp_path):
    trial = trained(tmp_path, 3, collections={"metrics": {"save_interval": "1"}}, eval_metric=["logloss", "auc"])
    assert trial.collections()["metrics"] == {"train-logloss", "validation-logloss", "train-auc", "validation-auc"}
    assert trial.collections()["losses"] == {"train-logloss", "validation-logloss"}
    values = trial.tensor("train-logloss").values()
    assert values[2] < values[0]
    assert trial.modes() == ["train"]


def test_importances_sum_to_one(tmp_path):
    trial = trained(tmp_path, 2, collections={"feature_importance": {"save_interval": "1"}})
    for kind in xgboost.IMPORTANCES:
        names = trial.tensor_names(regex=f"^feature_importance/{kind}/")
        assert sum(trial.tensor(name).value(1) for name in names) == pytest.approx(1)


def test_predictions_labels_shap_and_hyperparameters(tmp_path):
    every = {"save_steps": "1"}
    wanted = ("predictions", "labels", "average_shap", "full_shap", "hyperparameters")
    trial = trained(tmp_path, 2, collections=dict.fromkeys(wanted, every), rows=40)
    assert trial.tensor("predictions").value(1).shape == trial.tensor("labels").value(1).shape == (40,)
    shap = np.stack([trial.tensor(name).value(1) for name in trial.tensor_names(regex="^full_shap/")])
    assert shap.shape == (6, 40)
    assert trial.tensor("average_shap/f0").value(1) == pytest.approx(
        trial.tensor("full_shap/f0").value(1).mean(), abs=1e-5
    )
    assert str(trial.tensor("hyperparameters/objective").value(1)) == "binary:logistic"


def test_reductions_instead_of_the_tensor(tmp_path):
    trial = trained(tmp_path, 1, collections={"predictions": {"reductions": "mean,abs_max", "save_interval": "1"}})
    tensor = trial.tensor("predictions")
    assert 0 < tensor.reduction_value(0, "mean") < tensor.reduction_value(0, "max", absolute=True) < 1
    with pytest.raises(TensorUnavailable):
        tensor.value(0)


@pytest.mark.parametrize(("depth", "step"), [(8, 0), (3, None)])
def test_deep_trees(tmp_path, depth, step):
    trial = trained(tmp_path, 5, collections={"trees": {"save_interval": "1"}}, max_depth=depth, min_child_weight=0)
    assert judge("TreeDepth", trial)[0] == step


def test_a_copy_of_the_label_outweighs(tmp_path):
    def copied(features, labels):
        return np.c_[features, labels]

    kept = {"feature_importance": {"save_interval": "1"}}
    assert (
        judge("FeatureImportanceOverweight", trained(tmp_path, 3, collections=kept, label=copied), nfeatures=1)[0] == 0
    )


def test_a_linear_booster_has_no_trees(tmp_path):
    kept = {"trees": {"save_interval": "1"}, "feature_importance": {"save_interval": "1"}}
    trial = trained(tmp_path, 2, collections=kept, booster="gblinear")
    assert not trial.tensor_names(collection="trees")
    assert trial.tensor_names(regex="^feature_importance/weight/")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"HookParameters": {"save_interval": "0"}}, "save_interval in HookParameters must be a whole number, not '0'"),
        ({"HookParameters": {"save_intervall": "5"}}, "save_intervall in HookParameters is not known"),
        ({"HookParameters": {"train.save_steps": "1,x"}}, "whole numbers with commas"),
        ({"CollectionConfigurations": [{"CollectionName": "a", "CollectionParameters": {"reductions": "mode"}}]}, "no reduction"),
        ({"CollectionConfigurations": [{"CollectionName": "a", "CollectionParameters": {"include_regex": "("}}]}, "no regular"),
    ],
)  # fmt: skip
def test_what_no_hook_understands(asked, words):
    with pytest.raises(ValueError, match=words):
        config.check(asked)


def test_a_collection_that_is_given_twice_saves_as_either_says():
    asked = {
        "CollectionConfigurations": [
            {"CollectionName": "losses", "CollectionParameters": {"save_interval": "500"}},
            {"CollectionName": "losses", "CollectionParameters": {"save_interval": "5"}},
        ]
    }
    when = config.collections(asked, xgboost.PATTERNS, xgboost.DEFAULT)["losses"].when["train"]
    assert [step for step in range(12) if when.holds(step)] == [0, 5, 10]


def test_a_job_without_a_debugger_has_no_hook(tmp_path, monkeypatch):
    from areas.algorithms import hooks

    monkeypatch.delenv("ATELIER_HOOK", raising=False)
    assert isinstance(hooks.hook_of(Container(tmp_path), {}), hooks.NoHook)


def test_a_hooks_fault_ends_the_hook_alone(capsys):
    from areas.algorithms.hooks import Guarded, NoHook

    class Broken:
        def after(self, step, model, scores):
            raise OSError("no space left")

    hook = Guarded(Broken())
    hook.after(0, None, [])
    assert "no space left" in capsys.readouterr().err
    assert isinstance(hook.hook, NoHook)


def test_a_step_without_its_arrays_waits(tmp_path):
    trial = trained(tmp_path, 1, hook={"save_interval": "1"})
    events = next(tmp_path.glob("events/*/*.npz"))
    away = events.rename(tmp_path / "away")
    later = Trial(tmp_path)
    assert later.refresh() == []
    away.rename(events)
    assert later.refresh() == trial.steps() == [0]
