"""Processing jobs over the wire: ``processing.run(script, …)`` creates one that runs a script of the test's own."""

import itertools
import time

import pytest

TERMINAL = ("Completed", "Failed", "Stopped")
GROUP = "/aws/sagemaker/ProcessingJobs"
CODE, OUT = "/opt/ml/processing/input/code", "/opt/ml/processing/output"
_numbers = itertools.count(1)


def wait_for(check, seconds: float = 20):
    """The first true answer of ``check``."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return answer


def s3_input(name: str, uri: str, path: str, **more) -> dict:
    source = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File", **more}
    return {"InputName": name, "S3Input": source}


def s3_output(name: str, uri: str, path: str = OUT, mode: str = "EndOfJob") -> dict:
    return {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": path, "S3UploadMode": mode}}


class Processing:
    """One account's processing jobs."""

    def __init__(self, aws):
        self.aws = aws
        self.sagemaker, self.s3 = aws.client("sagemaker"), aws.client("s3")

    def put(self, key: str, body: bytes | str = b"1,2\n") -> str:
        self.s3.put_object(Bucket=self.aws.bucket, Key=key, Body=body)
        return f"s3://{self.aws.bucket}/{key}"

    def read(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def keys(self, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.aws.bucket, Prefix=prefix)
        return [one["Key"] for one in found.get("Contents", ())]

    def request(self, script: str = "", **changes) -> dict:
        """A request that runs ``script`` (without one: ``true``) and stores what it leaves in OUT."""
        name = f"job-{next(_numbers)}"
        inputs = list(changes.pop("inputs", ()))
        command = ["true"]
        if script:
            inputs.append(s3_input("code", self.put(f"{name}/code/script.py", script), CODE))
            command = ["python3", f"{CODE}/script.py"]
        outputs = changes.pop("outputs", [s3_output("out", f"s3://{self.aws.bucket}/{name}/out")])
        cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1, **changes.pop("cluster", {})}
        return {
            "ProcessingJobName": name,
            "RoleArn": self.aws.role,
            "AppSpecification": {"ImageUri": "python:3.11", "ContainerEntrypoint": command, **changes.pop("app", {})},
            "ProcessingResources": {"ClusterConfig": cluster},
            "ProcessingInputs": inputs,
            "ProcessingOutputConfig": {"Outputs": outputs},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            **changes,
        }

    def start(self, script: str = "", **changes) -> str:
        request = self.request(script, **changes)
        self.sagemaker.create_processing_job(**request)
        return request["ProcessingJobName"]

    def describe(self, name: str) -> dict:
        return self.sagemaker.describe_processing_job(ProcessingJobName=name)

    def wait(self, name: str, seconds: float = 30) -> dict:
        """The description once the job has ended."""

        def ended():
            found = self.describe(name)
            return found if found["ProcessingJobStatus"] in TERMINAL else None

        return wait_for(ended, seconds)

    def run(self, script: str = "", **changes) -> dict:
        return self.wait(self.start(script, **changes))

    def streams(self, name: str) -> list[str]:
        logs = self.aws.client("logs")
        try:
            found = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=f"{name}/")["logStreams"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [stream["logStreamName"] for stream in found]

    def lines(self, name: str) -> list[str]:
        """What the job has printed so far, host by host."""
        found = []
        for stream in self.streams(name):
            events = self.aws.client("logs").get_log_events(
                logGroupName=GROUP, logStreamName=stream, startFromHead=True
            )
            found += [event["message"] for event in events["events"]]
        return found

    def wait_for_line(self, name: str, text: str, seconds: float = 20) -> None:
        wait_for(lambda: any(text in line for line in self.lines(name)), seconds)


@pytest.fixture
def processing(aws, runner) -> Processing:
    return Processing(aws)
