"""Scripts that the form starts with: each trains on the ``train`` channel and can serve what it saved."""

SKLEARN = '''"""Train a random forest on the prepared dataset: CSV with a header, the label in the first column."""

import argparse
import glob
import os

import joblib
import pandas as pd
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor


def read(channel):
    folder = os.environ[f"SM_CHANNEL_{channel.upper()}"]
    table = pd.concat(pd.read_csv(path) for path in sorted(glob.glob(f"{folder}/*.csv")))
    return table.iloc[:, 1:], table.iloc[:, 0]


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))


def predict_fn(data, model):
    # What the Studio's playground decodes: probabilities of the classes, or the number.
    return model.predict_proba(data) if hasattr(model, "predict_proba") else model.predict(data)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--problem", default="classification")
    arguments, _ = parser.parse_known_args()

    features, label = read("train")
    kind = RandomForestRegressor if arguments.problem == "regression" else RandomForestClassifier
    model = kind(warm_start=True, random_state=0)
    checks = read("validation") if "SM_CHANNEL_VALIDATION" in os.environ else (features, label)
    for trees in range(10, arguments.trees + 1, 10):
        model.set_params(n_estimators=trees).fit(features.values, label)
        print(f"trees={trees} validation:score={model.score(checks[0].values, checks[1]):.5f};", flush=True)
    joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
'''

XGBOOST = '''"""Train XGBoost with a script of your own: CSV with a header, the label in the first column."""

import argparse
import glob
import os

import numpy as np
import xgboost


def read(channel):
    folder = os.environ[f"SM_CHANNEL_{channel.upper()}"]
    files = sorted(glob.glob(f"{folder}/*.csv"))
    table = np.concatenate([np.genfromtxt(path, delimiter=",", skip_header=1) for path in files])
    return xgboost.DMatrix(table[:, 1:], table[:, 0])


def model_fn(model_dir):
    model = xgboost.Booster()
    model.load_model(os.path.join(model_dir, "xgboost-model"))
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--objective", default="reg:squarederror")
    parser.add_argument("--num_class", type=int, default=0)
    arguments, _ = parser.parse_known_args()

    train = read("train")
    watched = [(train, "train")]
    if "SM_CHANNEL_VALIDATION" in os.environ:
        watched.append((read("validation"), "validation"))
    parameters = {"objective": arguments.objective, "eta": 0.2, "max_depth": 5}
    if arguments.num_class:
        parameters["num_class"] = arguments.num_class
    model = xgboost.train(parameters, train, arguments.rounds, evals=watched)
    model.save_model(os.path.join(os.environ["SM_MODEL_DIR"], "xgboost-model"))
'''

PYTORCH = '''"""Train a small network on the prepared dataset: CSV with a header, the label in the first column."""

import argparse
import glob
import os

import pandas as pd
import torch


def read(channel):
    folder = os.environ[f"SM_CHANNEL_{channel.upper()}"]
    table = pd.concat(pd.read_csv(path) for path in sorted(glob.glob(f"{folder}/*.csv"))).fillna(0)
    return torch.tensor(table.values[:, 1:]).float(), torch.tensor(table.values[:, :1]).float()


def model_fn(model_dir):
    return torch.jit.load(os.path.join(model_dir, "model.pth"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--lr", type=float, default=0.01)
    arguments, _ = parser.parse_known_args()

    features, label = read("train")
    model = torch.nn.Sequential(torch.nn.Linear(features.shape[1], 32), torch.nn.ReLU(), torch.nn.Linear(32, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=arguments.lr)
    for epoch in range(arguments.epochs):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(features), label)
        loss.backward()
        optimizer.step()
        print(f"epoch={epoch} train:loss={loss.item():.5f};", flush=True)
    torch.jit.script(model).save(os.path.join(os.environ["SM_MODEL_DIR"], "model.pth"))
'''

SCRIPTS = {"sagemaker-scikit-learn": SKLEARN, "sagemaker-xgboost": XGBOOST, "pytorch-training": PYTORCH}

_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
# Name and regular expression of the metrics that the scripts above print.
METRICS = {
    "sagemaker-scikit-learn": f"validation:score = validation:score={_NUMBER}",
    "sagemaker-xgboost": "\n".join(
        f"{channel}:{metric} = {channel}-{metric}:{_NUMBER}"
        for metric in ("rmse", "logloss", "mlogloss")
        for channel in ("train", "validation")
    ),
    "pytorch-training": f"train:loss = train:loss={_NUMBER}",
}
