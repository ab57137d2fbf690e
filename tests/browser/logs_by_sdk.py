"""Logs into one experiment by SDK v2's Run: six runs at once, then a seventh that waits for a line before it goes on."""

import os
import sys

import boto3
import sagemaker
from sagemaker.experiments import Run

session = sagemaker.Session(boto3.Session(), default_bucket=os.environ["SAGEMAKER_BUCKET"])


def log(run, depth: int, steps: range) -> None:
    for step in steps:
        run.log_metric("accuracy", 1 - 1 / (1 + depth + step), step=step)


def say(word: str) -> None:
    print(word, flush=True)


for depth in range(1, 7):
    with Run(sys.argv[1], f"sdk-{depth}", sagemaker_session=session) as run:
        run.log_parameters({"depth": depth, "rate": depth % 3 / 10})
        log(run, depth, range(3))
        if depth < 3:
            run.log_confusion_matrix([0, 1, 1, 0], [0, 1, depth % 2, 0], title="validation")
            run.log_roc_curve([0, 1, 1, 0], [0.2, 0.9, 0.4, 0.1 * depth], title="roc")
with Run(sys.argv[1], "sdk-live", sagemaker_session=session) as run:
    run.log_parameters({"depth": 9, "rate": 0.1 + 0.2})
    log(run, 9, range(10))  # the SDK sends ten at a time
    say("logged")
    sys.stdin.readline()
    log(run, 9, range(10, 20))
    say("logged")
    sys.stdin.readline()
