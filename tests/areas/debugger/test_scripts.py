"""What scripts save by ``smdebug``: PyTorch's hook in its own environment, XGBoost's and scikit-learn's."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from areas.debugger.engine.additions import LIBRARY
from areas.debugger.trial import Trial
from areas.images import EXTRAS
from tests.areas.debugger.conftest import rule
from tests.areas.debugger.trees import judge

TORCH = EXTRAS / "torch" / "bin" / "python"


def run(folder: Path, script: str, *collections: str, python=sys.executable, every: int = 1) -> Trial:
    """The trial of a script that was run with a DebugHookConfig for these collections."""
    (folder / "input" / "config").mkdir(parents=True)
    config = {"S3OutputPath": "s3://a/b", "HookParameters": {"save_interval": str(every)},
              "CollectionConfigurations": [{"CollectionName": name} for name in collections]}  # fmt: skip
    (folder / "input" / "config" / "debughookconfig.json").write_text(json.dumps(config))
    env = {**os.environ, "PYTHONPATH": str(LIBRARY), "SAGEMAKER_BASE_DIR": str(folder), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([python, "-c", script], env=env, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    trial = Trial(folder / "output" / "tensors")
    trial.refresh()
    return trial


NETWORK = """
import torch, smdebug.pytorch as smd
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
{change}
loss = torch.nn.CrossEntropyLoss()
hook = smd.Hook.create_from_json_file()
hook.register_module(net)
hook.register_loss(loss)
steps = torch.optim.SGD(net.parameters(), 0.1)
for step in range(12):
    rows = torch.randn(32, 4)
    steps.zero_grad()
    loss(net(rows), (rows[:, 0] > 0).long()).backward()
    steps.step()
hook.set_mode(smd.modes.EVAL)
with torch.no_grad():
    loss(net(rows), (rows[:, 0] > 0).long())
"""


@pytest.mark.skipif(not TORCH.exists(), reason="make extra-torch has not been run")
def test_a_network_is_looked_into(tmp_path):
    every = ("losses", "weights", "gradients", "relu_output")
    good = run(tmp_path / "good", NETWORK.format(change=""), *every, python=TORCH)
    assert good.steps("train") == list(range(12)) and good.steps("eval") == [12] and good.ended
    assert good.collections()["weights"] == {"0.weight", "2.weight"}
    assert good.tensor("gradient/0.weight").value(3).shape == (16, 4)
    for name in ("VanishingGradient", "DeadRelu", "WeightUpdateRatio", "PoorWeightInitialization"):
        assert judge(name, good) == (None, ""), name
    dead = run(tmp_path / "dead", NETWORK.format(change="net[0].bias.data -= 100"), *every, python=TORCH)
    assert judge("DeadRelu", dead)[0] == 0
    assert judge("VanishingGradient", dead)[0] == 0
    same = run(tmp_path / "same", NETWORK.format(change="net[2].weight.data.fill_(0.5)"), *every, python=TORCH)
    assert judge("PoorWeightInitialization", same)[1].startswith("All values of 2.weight are 0.5")


def test_xgboosts_callback(tmp_path):
    script = """
import numpy as np, xgboost
from smdebug.xgboost import Hook
rows = np.random.default_rng(0).normal(size=(200, 3))
data = xgboost.DMatrix(rows, rows[:, 0] > 0)
given = {"objective": "binary:logistic", "max_depth": 6, "min_child_weight": 0}
hook = Hook.create_from_json_file()
hook.train_data, hook.hyperparameters = data, given
xgboost.train(given, data, 6, evals=[(data, "train")], callbacks=[hook], verbose_eval=False)
"""
    trial = run(tmp_path, script, "metrics", "feature_importance", every=5)
    assert trial.tensor("train-logloss").steps() == [0, 5]
    assert trial.tensor_names(collection="feature_importance")


def test_a_fitted_estimator(tmp_path):
    script = """
import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from smdebug.sklearn import Hook
rows = np.random.default_rng(0).normal(size=(200, 3))
model = GradientBoostingClassifier(n_estimators=20, max_depth=5).fit(rows, rows[:, 0] > 0)
Hook.create_from_json_file().save_estimator(model, rows, (rows[:, 0] > 0).astype(int))
"""
    trial = run(tmp_path, script, "losses", "feature_importance", "trees", "labels", "predictions")
    assert len(trial.tensor("train-loss").steps()) == 20
    assert judge("TreeDepth", trial, depth=1)[0] == 19 or judge("TreeDepth", trial, depth=0)[0] == 19
    assert judge("FeatureImportanceOverweight", trial, nfeatures=1)[0] == 19
    assert judge("Confusion", trial) == (None, "")


def test_a_script_in_a_job_finds_it_and_is_judged(debugged, runner):
    script = """
import smdebug.pytorch as smd
hook = smd.get_hook()
for step in range(4):
    hook.begin_step()
    hook.add("my_loss", float("inf") if step == 2 else 1.0, "losses")
"""
    hook = debugged.hook(1, "losses")
    name = debugged.start(script, DebugHookConfig=hook, DebugRuleConfigurations=[rule("ExplodingTensor")])
    assert "at step 2 " in debugged.verdicts(name)["ExplodingTensor"]["StatusDetails"]
    assert debugged.wait(name)["TrainingJobStatus"] == "Completed"
