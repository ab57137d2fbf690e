"""A script-mode training script, as a data scientist writes it for SageMaker; it knows nothing of Atelier."""

import argparse
import os

import joblib
import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("-C", "--C", type=float, default=1.0)
    parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
    arguments = parser.parse_args()
    table = numpy.loadtxt(os.path.join(arguments.train, "train.csv"), delimiter=",")
    model = make_pipeline(StandardScaler(), LogisticRegression(C=arguments.C, max_iter=1000))
    model.fit(table[:, 1:], table[:, 0])
    print(f"accuracy={model.score(table[:, 1:], table[:, 0]):.4f}")
    joblib.dump(model, os.path.join(arguments.model_dir, "model.joblib"))
