"""The control plane with 10,000 training jobs against an in-memory moto_server; the list page at 100 and at 10,000."""

import http.cookiejar
import json
import re
import subprocess
import urllib.parse
import urllib.request

from bench.load import latencies
from bench.report import Row, median
from bench.stage import free_port, peer, process, studio, wait_for

JOBS = 10_000
# A moto access key needs no signature; the scope names the service.
FOREIGN = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/sagemaker/aws4_request, SignedHeaders=host, Signature=0"
FILL = """
import time
from engine.context import Context
from engine.store import create
from areas.index import resources
from django.db import transaction
resource = resources()["TrainingJob"]
with transaction.atomic():
    for n in range({first}, {last}):
        context = Context("sagemaker", "CreateTrainingJob", "123456789012", "us-east-1", now=time.time() - {last} + n)
        create(context, resource, f"job-{{n:05}}", {document}, status="Completed")
"""


def _request(name: str) -> dict:
    return {
        "TrainingJobName": name,
        "RoleArn": "arn:aws:iam::123456789012:role/AtelierExecutionRole",
        "HyperParameters": {"max_depth": "6", "eta": "0.3", "num_round": "50"},
        "AlgorithmSpecification": {"TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
                                   "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://bench/output"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }  # fmt: skip


def compare() -> list[Row]:
    document = _request("")
    del document["TrainingJobName"]
    document |= {"SecondaryStatus": "Completed", "TrainingTimeInSeconds": 12, "SecondaryStatusTransitions": []}
    with studio() as ours:
        ours.manage("shell", script=FILL.format(first=0, last=100, document=document))
        browser = _sign_in(ours)
        few = _page(browser, ours)
        ours.manage("shell", script=FILL.format(first=100, last=JOBS, document=document))
        many = _page(browser, ours)
        own = {operation: median(_own(ours, operation)) for operation in ("Describe", "List")}
        port = free_port()
        with process([peer("moto_server"), "-p", port], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            moto = f"http://127.0.0.1:{port}"
            wait_for(f"{moto}/moto-api/")
            for number in range(JOBS):
                body = json.dumps(_request(f"job-{number:05}")).encode()
                latencies(moto, "POST", "/", body, {**_target("CreateTrainingJob"), "Authorization": FOREIGN}, 1)
            theirs = {}
            for operation in ("Describe", "List"):
                name, body = _call(operation)
                headers = {**_target(name), "Authorization": FOREIGN}
                theirs[operation] = median(latencies(moto, "POST", "/", body, headers, 300))
    return [
        Row(f"DescribeTrainingJob, {JOBS:,} jobs", "moto_server", theirs["Describe"], own["Describe"], "ms", "≥ 1.5"),
        Row(f"ListTrainingJobs (100), {JOBS:,} jobs", "moto_server", theirs["List"], own["List"], "ms", "≥ 1.5"),
        Row("list page, 10,000 jobs", "limit of 100 ms", 100, many, "ms", "≤ 1"),
        Row("list page, 10,000 jobs", "the same at 100 jobs", few, many, "ms", "≤ 1.3"),
    ]


def _call(operation: str) -> tuple[str, bytes]:
    if operation == "Describe":
        return "DescribeTrainingJob", b'{"TrainingJobName": "job-04321"}'
    return "ListTrainingJobs", b'{"MaxResults": 100, "SortBy": "CreationTime", "SortOrder": "Descending"}'


def _target(operation: str) -> dict:
    return {"X-Amz-Target": f"SageMaker.{operation}", "Content-Type": "application/x-amz-json-1.1"}


def _own(ours, operation: str) -> list[float]:
    name, body = _call(operation)
    headers = ours.signed("sagemaker", "POST", "/", body, _target(name))
    return latencies(ours.engine, "POST", "/", body, headers, 300)


def _sign_in(ours):
    """An opener with the administrator's session."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = opener.open(f"{ours.url}/sign-in/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    form = {"csrfmiddlewaretoken": token, "username": ours.keys["username"], "password": ours.keys["password"]}
    headers = {"Referer": f"{ours.url}/sign-in/"}
    opener.open(urllib.request.Request(f"{ours.url}/sign-in/", urllib.parse.urlencode(form).encode(), headers))
    return opener


def _page(browser, ours) -> float:
    """Median milliseconds of the training jobs' list page, the whole round trip on this machine."""
    import time

    found = []
    for _ in range(15):
        started = time.perf_counter()
        with browser.open(f"{ours.url}/training-jobs/") as response:
            body = response.read()
        found.append((time.perf_counter() - started) * 1000)
        if b"job-00" not in body:
            raise RuntimeError("the list page shows no job")
    return median(found)
