"""Bad input, each with its one clear sentence, in the API and on the page; and nothing of it is left behind."""

import io
import json
import re
import socket
import tarfile
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from urllib.error import HTTPError

import pytest

from tests.system.stage import Studio

pytestmark = pytest.mark.slow

BUCKET = "bad-input"
ROLE = "arn:aws:iam::123456789012:role/AtelierExecutionRole"
IMAGES = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
XGBOOST, SCRIPT = f"{IMAGES}/sagemaker-xgboost:1.7-1", f"{IMAGES}/sagemaker-scikit-learn:1.2-1"
FORKS = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(3600)
        os._exit(0)
"""


class Person:
    """The administrator with a browser's cookies, without the browser."""

    def __init__(self, studio: Studio):
        self.studio, self.cookies = studio, CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.ask("GET", "/sign-in/")
        self.post("/sign-in/", username=studio.keys["username"], password=studio.keys["password"])

    @property
    def token(self) -> str:
        return next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
        headers = {"Referer": self.studio.url, "Content-Type": "application/x-www-form-urlencoded"}
        headers |= {"X-CSRFToken": self.token} if body is not None else {}
        request = urllib.request.Request(self.studio.url + path, body, headers, method=method)
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def post(self, path: str, **values) -> tuple[int, str]:
        return self.ask("POST", path, urllib.parse.urlencode(values).encode())

    def upload(self, name: str, body: bytes) -> tuple[int, dict]:
        status, text = self.ask("PUT", f"/datasets/upload/?name={name}&filename=table.csv", body)
        return status, json.loads(text)


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    with Studio(tmp_path_factory.mktemp("bad") / "home", ENGINE_PING_SECONDS="4") as studio:
        studio.client("s3").create_bucket(Bucket=BUCKET)
        yield studio


@pytest.fixture(scope="module")
def person(studio):
    return Person(studio)


def put(studio, key: str, body: bytes | dict) -> str:
    """The URI of an object of these bytes, or of a tar.gz of these files."""
    if isinstance(body, dict):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for name, text in body.items():
                member = tarfile.TarInfo(name)
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text.encode()))
        body = packed.getvalue()
    studio.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
    return f"s3://{BUCKET}/{key}"


def train(studio, name: str, image: str, hyperparameters: dict, **more) -> dict:
    """The Describe document of a job that has ended."""
    sagemaker = studio.client("sagemaker")
    sagemaker.create_training_job(
        TrainingJobName=name, RoleArn=ROLE, HyperParameters=hyperparameters,
        AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"}, StoppingCondition={"MaxRuntimeInSeconds": 60},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}, **more,
    )  # fmt: skip
    deadline = time.monotonic() + 50
    while (found := sagemaker.describe_training_job(TrainingJobName=name))["TrainingJobStatus"] == "InProgress":
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def run_script(studio, name: str, text: str) -> dict:
    source = put(studio, f"{name}.tar.gz", {"train.py": text})
    return train(studio, name, SCRIPT, {"sagemaker_program": "train.py", "sagemaker_submit_directory": source})


def assert_nothing_left(studio) -> None:
    """No workspace a moment later, and no process of a job's."""
    deadline = time.monotonic() + 10
    while left := [path.name for path in (studio.home / "work").iterdir()]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
    assert not [process for process in studio.processes() if "train.py" in " ".join(process.cmdline())]


@pytest.mark.parametrize(
    "body, sentence",
    [
        (b"", "table.csv is empty."),
        (b"a,b\n", "table.csv has a header but no rows."),
        ("a,b\n1,2\n".encode("utf-16"), "table.csv is in UTF-16; save it as UTF-8."),
        (b"a,b,c\n1,2,3\n4,5\n", "table.csv, line 3, has 2 values, but line 1 has 3."),
        (b"a,a,b\n1,2,3\n", "table.csv: columns 1 and 2 are both called 'a'."),
    ],
)
def test_a_file_that_is_no_table_is_refused_and_leaves_nothing(studio, person, body, sentence):
    assert person.upload("broken", body) == (400, {"error": sentence, "field": "file"})
    assert person.ask("GET", "/datasets/broken/")[0] == 404
    assert list((studio.home / "cache" / "uploads").glob("*")) == []


def test_an_upload_cut_half_way_leaves_no_file_and_no_row(studio, person):
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in person.cookies)
    head = (
        f"PUT /datasets/upload/?name=cut&filename=big.csv HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n"
        f"X-CSRFToken: {person.token}\r\nContent-Length: 2000000000\r\n\r\n"
    )
    folder = studio.home / "cache" / "uploads"
    for listens in (True, False):
        with socket.create_connection(("127.0.0.1", int(studio.ports["STUDIO_PORT"]))) as wire:
            wire.settimeout(20)
            wire.sendall(head.encode() + b"a,b\n" + b"1,2\n" * 5_000_000)
            if listens:
                wire.shutdown(socket.SHUT_WR)
                answer = b"".join(iter(lambda: wire.recv(65536), b"")).decode()
                assert "big.csv was cut off after 20.0 MB of 2.0 GB; nothing was kept." in answer
    deadline = time.monotonic() + 10
    while any(folder.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert person.ask("GET", "/datasets/cut/")[0] == 404


def test_the_page_names_the_column_that_is_not_there(studio, person):
    deadline = time.monotonic() + 30
    while "penguins/v1" not in person.ask("GET", "/training-jobs/create/")[1]:
        assert time.monotonic() < deadline, "the datasets that come along aren't there"
        time.sleep(0.3)
    form = {"source": "dataset", "dataset": "penguins/v1", "algorithm": "sagemaker-xgboost", "objective": "reg:linear"}
    form |= {"name": "bad", "validation_share": "20", "hp_num_round": "abc", "label": "speciez", "max_runtime": "60"}
    status, page = person.post("/training-jobs/create/", **form)
    assert status == 422
    assert "has no column &#x27;speciez&#x27;; it has species, island" in page
    assert "Hyperparameter num_round: could not parse value &#x27;abc&#x27;" in page


@pytest.mark.parametrize(
    "name, rows, sentence",
    [
        ("empty", b"", "No data in training channel path /opt/ml/input/data/train"),
        ("words", b"1,foo\n0,bar\n", "File 'words.csv' is not all numbers: line 1, column 2 is 'foo'."),
        ("utf16", "1,2\n0,3\n".encode("utf-16"), "File 'utf16.csv' is not CSV in UTF-8: it holds zero bytes"),
    ],
)
def test_a_channel_of_wrong_data_fails_in_the_same_words_everywhere(studio, person, name, rows, sentence):
    uri = put(studio, f"{name}.csv", rows)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
    channels = [{"ChannelName": "train", "ContentType": "text/csv", "DataSource": source}]
    found = train(studio, name, XGBOOST, {"num_round": "2"}, InputDataConfig=channels)
    assert found["TrainingJobStatus"] == "Failed"
    assert sentence in found["FailureReason"]
    assert studio.rest("GET", f"/training-jobs/{name}/")["document"]["FailureReason"] == found["FailureReason"]
    assert sentence.replace("'", "&#x27;") in person.ask("GET", f"/training-jobs/{name}/")[1]


@pytest.mark.parametrize(
    "name, text, sentence",
    [
        ("raises", "raise ValueError('no column price')", 'ErrorMessage "ValueError: no column price"'),
        ("syntax", "x = 1\ndef f(:\n    pass", "SyntaxError: invalid syntax (train.py, line 2)"),
        ("exits", "raise SystemExit(3)", "the script ended with exit code 3 and printed no error"),
        ("killed", "import os; os.kill(os.getpid(), 9)", "the script was ended by SIGKILL and printed no error"),
        (
            "nul",
            "open('/opt/ml/output/failure', 'wb').write(b'a\\0b'); exit(1)",
            "AlgorithmError: a\ufffdb, exit code: 1",
        ),
    ],
)
def test_a_script_that_fails_says_why(studio, name, text, sentence):
    found = run_script(studio, name, text)
    assert found["TrainingJobStatus"] == "Failed"
    assert sentence in found["FailureReason"]


def test_a_script_that_forks_and_sleeps_ends_with_its_first_process(studio):
    assert run_script(studio, "forks", FORKS)["TrainingJobStatus"] == "Completed"
    assert_nothing_left(studio)


def test_a_script_that_prints_without_end_keeps_a_bounded_log_that_says_so(studio, person):
    found = run_script(studio, "prints", "line = 'x' * 1000\nfor _ in range(120_000): print(line)")
    assert found["TrainingJobStatus"] == "Completed"
    assert sum(path.stat().st_size for path in (studio.home / "logs").rglob("*") if path.is_file()) < 80 << 20
    started = time.monotonic()
    assert person.ask("GET", "/training-jobs/prints/logs/")[0] == 200
    assert time.monotonic() - started < 3
    logs, group = studio.client("logs"), "/aws/sagemaker/TrainingJobs"
    stream = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="prints")["logStreams"][0]
    last = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"][-1]["message"]
    assert re.search(r"The log reached its limit: [\d,]+ more bytes were printed and are not kept\.", last)


@pytest.mark.parametrize(
    "name, content, sentence",
    [
        ("silent", {"code/inference.py": "import time; time.sleep(600)"}, "It had 4 seconds to answer /ping with 200."),
        ("torn", b"\x1f\x8b\x08\x00 this is no archive", "it is no tar, such as tar -czf makes, or it is broken"),
        ("climbs", {"../../evil": "x"}, "'../../evil' doesn't lie below its folder"),
        ("imports", {"code/inference.py": "x = 1\ndef f(:"}, "SyntaxError: invalid syntax (File "),
    ],
)
def test_a_model_server_that_never_answers_ping_fails_its_endpoint(studio, person, name, content, sentence):
    sagemaker = studio.client("sagemaker")
    container = {"Image": SCRIPT, "ModelDataUrl": put(studio, f"{name}.tar.gz", content)}
    container["Environment"] = {"SAGEMAKER_PROGRAM": "inference.py"}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {"VariantName": "A", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    deadline = time.monotonic() + 40
    while (found := sagemaker.describe_endpoint(EndpointName=name))["EndpointStatus"] == "Creating":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert found["EndpointStatus"] == "Failed"
    assert sentence in found["FailureReason"]
    assert str(studio.home) not in found["FailureReason"]
    assert sentence.replace("'", "&#x27;") in person.ask("GET", f"/endpoints/{name}/")[1]
    assert_nothing_left(studio)


def test_the_api_refuses_a_request_that_the_client_would_not_send_once_and_for_all(studio):
    body = {"TrainingJobName": "short-role", "RoleArn": "xx", "AlgorithmSpecification": {"TrainingInputMode": "File"}}
    body |= {"OutputDataConfig": {"S3OutputPath": "s3://a/b"}, "StoppingCondition": {"MaxRuntimeInSeconds": 60}}
    body |= {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}}
    try:
        run = studio.rest("POST", "/training-jobs/", body)
    except AssertionError as refused:
        assert "400" in str(refused)
        assert "RoleArn" in str(refused)
        return
    deadline = time.monotonic() + 30
    while (found := studio.rest("GET", f"/runs/{run['id']}/"))["state"] not in ("Failed", "Completed"):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    assert "Invalid length for parameter RoleArn" in found["error"]
