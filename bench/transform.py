"""Batch transform of a large CSV by XGBoost, against one process that reads it with Polars, predicts and writes.

The peer is timed from its first read to its last write, with everything imported; ours from Create to Completed as a client
sees it, and from TransformStartTime to TransformEndTime. Memory is what the job's whole process tree held at most.
"""

import io
import json
import subprocess
import tarfile
import tempfile
import threading
import time
from pathlib import Path

import psutil

from bench.report import Row, median
from bench.stage import peer, scaled, studio

ROWS, COLUMNS, ROUNDS, TIMES = scaled(1_000_000, 10_000), 30, 100, 3
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
BARE = """
import json, sys, time
import polars, xgboost
model = xgboost.Booster(model_file=sys.argv[2])
started = time.perf_counter()
table = polars.read_csv(sys.argv[1], has_header=False, schema_overrides=[polars.Float32] * COLUMNS).to_numpy()
answers = model.inplace_predict(table)
polars.DataFrame({"answer": answers}).write_csv(sys.argv[3], include_header=False)
print(json.dumps(time.perf_counter() - started))
"""


def compare() -> list[Row]:
    import numpy
    import xgboost

    with tempfile.TemporaryDirectory() as name, studio() as ours:
        folder = Path(name)
        random = numpy.random.default_rng(7)
        table = random.normal(size=(ROWS, COLUMNS)).astype("float32")
        truth = table[:, 0] * table[:, 1] + table[:, 2] > 0
        few = xgboost.DMatrix(table[:100_000], truth[:100_000])
        model = xgboost.train({"objective": "binary:logistic", "max_depth": 6}, few, ROUNDS)
        model.save_model(folder / "xgboost-model.ubj")
        numpy.savetxt(folder / "rows.csv", table, fmt="%.5g", delimiter=",")
        _bring(ours, folder)
        bare, whole, inside, memory = [], [], [], []
        for attempt in range(TIMES):
            bare.append(_bare(folder))
            with Watch(ours) as watch:
                seconds, job = _job(ours, f"transform-{attempt}")
            whole.append(seconds)
            inside.append((job["TransformEndTime"] - job["TransformStartTime"]).total_seconds())
            memory.append(watch.most / 2**30)
        _check(ours, folder)
    what = f"transform {ROWS:,} × {COLUMNS}, {ROUNDS} trees"
    return [
        Row(f"{what}, from start to end", "Polars + XGBoost", median(bare), median(inside), "s", "≥ 0.6"),
        Row(f"{what}, from Create to Completed", "Polars + XGBoost", median(bare), median(whole), "s", "≥ 0.6"),
        Row("memory of that job", "limit of 1.5 GiB", 1.5, max(memory), "GiB", "≤ 1"),
    ]


def _bring(ours, folder: Path) -> None:
    s3, sagemaker = ours.client("s3"), ours.client("sagemaker")
    s3.create_bucket(Bucket="bench")
    s3.upload_file(str(folder / "rows.csv"), "bench", "rows/rows.csv")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(folder / "xgboost-model.ubj", "xgboost-model")
    s3.put_object(Bucket="bench", Key="model.tar.gz", Body=packed.getvalue())
    sagemaker.create_model(
        ModelName="bench", ExecutionRoleArn=ours.keys["role_arn"],
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": "s3://bench/model.tar.gz"},
    )  # fmt: skip


def _bare(folder: Path) -> float:
    command = [peer("python"), "-c", BARE.replace("COLUMNS", str(COLUMNS)), folder / "rows.csv",
               folder / "xgboost-model.ubj", folder / "answers.csv"]  # fmt: skip
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def _job(ours, name: str) -> tuple[float, dict]:
    sagemaker, started = ours.client("sagemaker"), time.perf_counter()
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bench/rows/"}}
    sagemaker.create_transform_job(
        TransformJobName=name, ModelName="bench",
        TransformInput={"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        TransformOutput={"S3OutputPath": f"s3://bench/{name}", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.4xlarge", "InstanceCount": 1},
    )  # fmt: skip
    while True:
        job = sagemaker.describe_transform_job(TransformJobName=name)
        if job["TransformJobStatus"] != "InProgress":
            if job["TransformJobStatus"] != "Completed":
                raise RuntimeError(f"{name}: {job.get('FailureReason')}")
            return time.perf_counter() - started, job
        time.sleep(0.02)


def _check(ours, folder: Path) -> None:
    """Both have answered alike."""
    import numpy

    body = ours.client("s3").get_object(Bucket="bench", Key="transform-0/rows.csv.out")["Body"].read()
    ours_, theirs = numpy.loadtxt(io.BytesIO(body)), numpy.loadtxt(folder / "answers.csv")
    if not numpy.allclose(ours_, theirs, atol=1e-5):
        raise RuntimeError("The job's answers are not the peer's.")


class Watch:
    """The most memory that the processes of jobs hold, looked at four times a second; what they share counts once (PSS)."""

    def __init__(self, ours):
        self.folder, self.most, self.over = ours.home / "work", 0, threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _look(self) -> None:
        while not self.over.wait(0.25):
            total = 0
            for known in self.folder.glob("job-*/shim.json"):
                try:
                    shim = psutil.Process(json.loads(known.read_text())["pid"])
                    for process in (shim, *shim.children(recursive=True)):
                        total += process.memory_full_info().pss
                except (psutil.Error, OSError, ValueError):
                    continue
            self.most = max(self.most, total)
