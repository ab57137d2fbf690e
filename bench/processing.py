"""A processing job from CreateProcessingJob to Completed, against its script run by a bare Python on the same file."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.report import Row, median
from bench.stage import scaled, studio

ROWS, TIMES = 500_000, 5
OVERHEAD = 1.0  # seconds that a job may take beyond its script
SCRIPT = """
import sys
source, target = sys.argv[1:]
with open(source) as lines, open(target, "w") as out:
    for line in lines:
        cells = line.split(",")
        out.write(f"{sum(map(float, cells)) / len(cells):.6f}\\n")
"""
FOLDER = "/opt/ml/processing"


def compare() -> list[Row]:
    rows = scaled(ROWS, 1000)
    with tempfile.TemporaryDirectory() as folder, studio() as ours:
        data, script = Path(folder) / "data.csv", Path(folder) / "script.py"
        data.write_text("".join(f"{number},{number * 0.5},{number % 7}\n" for number in range(rows)))
        script.write_text(SCRIPT)
        s3 = ours.client("s3")
        s3.create_bucket(Bucket="bench")
        s3.upload_file(str(data), "bench", "in/data.csv")
        s3.upload_file(str(script), "bench", "code/script.py")
        bare, job = [], []
        for attempt in range(TIMES):
            bare.append(_bare(script, data, Path(folder) / "out.csv"))
            job.append(_job(ours, f"processing-{attempt}"))
    over = max(median(job) - median(bare), 0)
    return [
        Row(
            "Processing job beyond its script",
            f"limit; the bare script took {median(bare):.2f} s",
            OVERHEAD,
            over,
            "s",
            "≤ 1",
        )
    ]


def _bare(script: Path, data: Path, target: Path) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, str(script), str(data), str(target)], check=True)
    return time.perf_counter() - started


def _job(ours, name: str) -> float:
    """Seconds from the request to the end that Describe tells of."""
    client, started = ours.client("sagemaker"), time.time()
    client.create_processing_job(
        ProcessingJobName=name, RoleArn=ours.keys["role_arn"],
        AppSpecification={
            "ImageUri": "python:3.11",
            "ContainerEntrypoint": [
                "python3", f"{FOLDER}/code/script.py", f"{FOLDER}/in/data.csv", f"{FOLDER}/out/out.csv",
            ],
        },
        ProcessingInputs=[_input("code", "s3://bench/code/script.py"), _input("in", "s3://bench/in/")],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": {
            "S3Uri": f"s3://bench/{name}", "LocalPath": f"{FOLDER}/out", "S3UploadMode": "EndOfJob",
        }}]},
        ProcessingResources={"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}},
    )  # fmt: skip
    while (found := client.describe_processing_job(ProcessingJobName=name))["ProcessingJobStatus"] == "InProgress":
        time.sleep(0.01)
    if found["ProcessingJobStatus"] != "Completed":
        raise RuntimeError(f"{name}: {found.get('FailureReason')}")
    return found["LastModifiedTime"].timestamp() - started


def _input(name: str, uri: str) -> dict:
    source = {"S3Uri": uri, "LocalPath": f"{FOLDER}/{name}", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": source}
