"""A local XGBoost job from CreateTrainingJob to Completed, against a fresh Python process that does the same."""

import io
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from bench.report import Row, median
from bench.stage import studio

ROWS, COLUMNS, ROUNDS, TIMES = 200_000, 30, 50, 5
PARAMETERS = {"objective": "binary:logistic", "max_depth": "6", "eta": "0.3"}
BARE = """
import sys, pandas, xgboost
table = pandas.read_csv(sys.argv[1], header=None, dtype="float32").to_numpy()
data = xgboost.DMatrix(table[:, 1:], label=table[:, 0])
model = xgboost.train({"objective": "binary:logistic", "max_depth": 6, "eta": 0.3}, data, ROUNDS, evals=[(data, "train")],
                      verbose_eval=True)
model.save_model(sys.argv[2])
"""
SCRIPT = "import time\nprint(f'first line at {time.time():.6f}', flush=True)\n"
CODE = {
    "ChannelName": "some",
    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bench/code/"}},
}
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/"


def compare() -> list[Row]:
    import numpy

    with tempfile.TemporaryDirectory() as folder, studio() as ours:
        csv = Path(folder) / "train.csv"
        random = numpy.random.default_rng(7)
        table = random.normal(size=(ROWS, COLUMNS + 1)).astype("float32")
        table[:, 0] = table[:, 1] * table[:, 2] + table[:, 3] > 0
        numpy.savetxt(csv, table, fmt="%.5g", delimiter=",")
        s3 = ours.client("s3")
        s3.create_bucket(Bucket="bench")
        s3.upload_file(str(csv), "bench", "data/train.csv")
        code = io.BytesIO()
        with tarfile.open(fileobj=code, mode="w:gz") as archive:
            member = tarfile.TarInfo("train.py")
            member.size = len(SCRIPT)
            archive.addfile(member, io.BytesIO(SCRIPT.encode()))
        s3.put_object(Bucket="bench", Key="code/sourcedir.tar.gz", Body=code.getvalue())
        bare, job, first = [], [], []
        for attempt in range(TIMES):
            bare.append(_bare(csv, Path(folder) / "model.ubj"))
            job.append(_job(ours, f"xgboost-{attempt}"))
            first.append(_first_line(ours, f"script-{attempt}"))
    return [
        Row("XGBoost job 200k × 30, 50 rounds", "fresh Python process", median(bare), median(job), "s", "≤ 1.1"),
        Row("Create to the script's first line", "limit of 0.5 s", 0.5, median(first), "s", "≤ 1"),
    ]


def _bare(csv: Path, model: Path) -> float:
    started = time.perf_counter()
    script = BARE.replace("ROUNDS", str(ROUNDS))
    subprocess.run(
        [sys.executable, "-c", script, str(csv), str(model)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


def _create(ours, name: str, image: str, hyperparameters: dict, channels: list) -> float:
    started = time.time()
    ours.client("sagemaker").create_training_job(
        TrainingJobName=name, RoleArn=ours.keys["role_arn"], HyperParameters=hyperparameters,
        AlgorithmSpecification={"TrainingImage": IMAGE + image, "TrainingInputMode": "File"},
        InputDataConfig=channels, OutputDataConfig={"S3OutputPath": "s3://bench/output"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )  # fmt: skip
    return started


def _wait(sagemaker, name: str) -> dict:
    while True:
        job = sagemaker.describe_training_job(TrainingJobName=name)
        if job["TrainingJobStatus"] not in ("InProgress", "Stopping"):
            if job["TrainingJobStatus"] != "Completed":
                raise RuntimeError(f"{name}: {job['TrainingJobStatus']}: {job.get('FailureReason')}")
            return job
        time.sleep(0.01)


def _job(ours, name: str) -> float:
    channel = {
        "ChannelName": "train", "ContentType": "text/csv",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bench/data/"}},
    }  # fmt: skip
    sagemaker = ours.client("sagemaker")
    started = _create(ours, name, "sagemaker-xgboost:1.7-1", {**PARAMETERS, "num_round": str(ROUNDS)}, [channel])
    _wait(sagemaker, name)
    return time.time() - started


def _first_line(ours, name: str) -> float:
    parameters = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": '"s3://bench/code/sourcedir.tar.gz"'}
    started = _create(ours, name, "sagemaker-scikit-learn:1.2-1-cpu-py3", parameters, [CODE])
    _wait(ours.client("sagemaker"), name)
    logs = ours.client("logs")
    events = logs.filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{name}/")[
        "events"
    ]
    line = next(event["message"] for event in events if "first line at" in event["message"])
    return float(line.rpartition(" ")[2]) - started
