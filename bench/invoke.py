"""InvokeEndpoint, SigV4 verified, against ``mlflow models serve`` on the same model: XGBoost, 100 trees × 30 features."""

import io
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from bench.load import latencies, rate
from bench.report import Row, median
from bench.stage import free_port, peer, process, studio, wait_for

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
SAVE = """
import sys, mlflow.xgboost, xgboost
model = xgboost.Booster(); model.load_model(sys.argv[1]); mlflow.xgboost.save_model(model, sys.argv[2])
"""


def compare() -> list[Row]:
    import numpy
    import xgboost

    random = numpy.random.default_rng(7)
    features = random.normal(size=(5000, 30)).astype("float32")
    label = features[:, 0] * features[:, 1] + features[:, 2] > 0
    model = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(features, label=label), 100)
    one, thousand = (_csv(features[:count]) for count in (1, 1000))
    names = ",".join(f"f{index}" for index in range(30)).encode() + b"\n"
    csv = {"Content-Type": "text/csv"}
    with tempfile.TemporaryDirectory() as folder, studio() as ours:
        path = Path(folder) / "xgboost-model.ubj"
        model.save_model(path)
        _deploy(ours, path)
        invoke = "/endpoints/bench/invocations"
        small, large = (ours.signed("sagemaker", "POST", invoke, body, csv) for body in (one, thousand))
        port = free_port()
        mlflow = f"http://127.0.0.1:{port}"
        subprocess.run([peer("python"), "-c", SAVE, path, f"{folder}/mlflow"], check=True, stderr=subprocess.DEVNULL)
        serve = [peer("mlflow"), "models", "serve", "-m", f"{folder}/mlflow", "-p", port, "--env-manager", "local"]
        with process(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            wait_for(f"{mlflow}/ping")
            ours_one, theirs_one, ours_many, theirs_many = [], [], [], []
            for _ in range(3):
                ours_one.append(median(latencies(ours.engine, "POST", invoke, one, small, 1000)))
                theirs_one.append(median(latencies(mlflow, "POST", "/invocations", names + one, csv, 200)))
                ours_many.append(median(latencies(ours.engine, "POST", invoke, thousand, large, 200)))
                theirs_many.append(median(latencies(mlflow, "POST", "/invocations", names + thousand, csv, 100)))
            ours_rate = rate(ours.engine, "POST", invoke, one, small, clients=4, seconds=4)
            theirs_rate = rate(mlflow, "POST", "/invocations", names + one, csv, clients=4, seconds=4)
    print(f"p50, 1 row: ours {median(ours_one):.2f} ms, mlflow {median(theirs_one):.2f} ms", file=sys.stderr)
    return [
        Row("InvokeEndpoint, 1 row, p50", "limit of 1.5 ms", 1.5, median(ours_one), "ms", "≤ 1"),
        Row("InvokeEndpoint, 1 row, 4 clients", "mlflow models serve", theirs_rate, ours_rate, "req/s", "≥ 5", False),
        Row(
            "InvokeEndpoint, 1000 rows, p50",
            "mlflow models serve",
            median(theirs_many),
            median(ours_many),
            "ms",
            "≥ 1.5",
        ),
    ]


def _csv(table) -> bytes:
    return "\n".join(",".join(f"{value:.6g}" for value in row) for row in table).encode() + b"\n"


def _deploy(ours, path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(path, "xgboost-model")
    s3, sagemaker = ours.client("s3"), ours.client("sagemaker")
    s3.create_bucket(Bucket="bench")
    s3.put_object(Bucket="bench", Key="model.tar.gz", Body=packed.getvalue())
    container = {"Image": IMAGE, "ModelDataUrl": "s3://bench/model.tar.gz"}
    sagemaker.create_model(ModelName="bench", PrimaryContainer=container, ExecutionRoleArn=ours.keys["role_arn"])
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "bench",
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    sagemaker.create_endpoint_config(EndpointConfigName="bench", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="bench", EndpointConfigName="bench")
    while True:
        endpoint = sagemaker.describe_endpoint(EndpointName="bench")
        if endpoint["EndpointStatus"] != "Creating":
            break
        time.sleep(0.1)
    if endpoint["EndpointStatus"] != "InService":
        raise RuntimeError(endpoint.get("FailureReason"))
