"""Training jobs over the wire: ``train(script, …)`` creates one that runs a script of the test's own."""

import io
import itertools
import tarfile
import time

import pytest

from areas import images

SCRIPT_IMAGE = "sagemaker-scikit-learn"
TERMINAL = ("Completed", "Failed", "Stopped")
_numbers = itertools.count(1)


def wait_for(check, seconds: float = 20):
    """The first true answer of ``check``."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return answer


class Training:
    """One account's training jobs."""

    def __init__(self, aws):
        self.aws = aws
        self.sagemaker, self.s3 = aws.client("sagemaker"), aws.client("s3")

    def put(self, key: str, body: bytes | str = b"1,2\n") -> str:
        self.s3.put_object(Bucket=self.aws.bucket, Key=key, Body=body)
        return f"s3://{self.aws.bucket}/{key}"

    def archive(self, script: str, name: str = "train.py") -> str:
        return self.put_archive({name: script.encode()})

    def put_archive(self, members: dict[str, bytes]) -> str:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            for name, body in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(body)
                tar.addfile(info, io.BytesIO(body))
        return self.put(f"code/{next(_numbers)}/sourcedir.tar.gz", buffer.getvalue())

    def request(self, script: str = "", **changes) -> dict:
        """A request that runs ``script`` by the script-mode image."""
        given = changes.pop("hyperparameters", {})
        hyperparameters = dict(given)
        if script:
            archive = self.archive(script)
            hyperparameters |= {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": f'"{archive}"'}
        metrics = changes.pop("metrics", [])
        algorithm = {
            "TrainingImage": images.images()[SCRIPT_IMAGE].uri(),
            "TrainingInputMode": "File",
            **({"MetricDefinitions": [{"Name": name, "Regex": regex} for name, regex in metrics]} if metrics else {}),
            **changes.pop("algorithm", {}),
        }
        return {
            "TrainingJobName": f"job-{next(_numbers)}",
            "RoleArn": self.aws.role,
            "AlgorithmSpecification": algorithm,
            "HyperParameters": hyperparameters,
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.aws.bucket}/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            **changes,
        }

    def start(self, script: str = "", **changes) -> str:
        request = self.request(script, **changes)
        self.sagemaker.create_training_job(**request)
        return request["TrainingJobName"]

    def describe(self, name: str) -> dict:
        return self.sagemaker.describe_training_job(TrainingJobName=name)

    def wait(self, name: str, seconds: float = 30) -> dict:
        """The description once the job has ended."""

        def ended():
            found = self.describe(name)
            return found if found["TrainingJobStatus"] in TERMINAL else None

        return wait_for(ended, seconds)

    def wait_for_line(self, name: str, text: str, seconds: float = 20) -> None:
        wait_for(lambda: any(text in line for line in self.lines(name)), seconds)

    def run(self, script: str = "", **changes) -> dict:
        return self.wait(self.start(script, **changes))

    def lines(self, name: str) -> list[str]:
        """What the job has printed so far."""
        logs, group = self.aws.client("logs"), "/aws/sagemaker/TrainingJobs"
        try:
            streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        lines = []
        for stream in streams:
            events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)[
                "events"
            ]
            lines += [event["message"] for event in events]
        return lines

    def model(self, description: dict) -> dict[str, bytes]:
        """The members of the job's model.tar.gz."""
        return self.tar(description["ModelArtifacts"]["S3ModelArtifacts"])

    def tar(self, uri: str) -> dict[str, bytes]:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            return {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}


@pytest.fixture
def training(aws, runner) -> Training:
    return Training(aws)
