"""How the runner drives a training job: what to launch, where its outputs go, what becomes of its record."""

import json
import os
import shutil
import time
from pathlib import Path

from areas import images
from areas.training.engine import channels, states
from areas.training.engine.create import is_script_mode
from areas.training.resource import TRAINING_JOB
from catalog.models import Record
from engine.errors import AwsError
from engine.models import Work
from engine.runtime import data, files, hosts, instances, keys
from engine.runtime.drivers import Driver, JobFailed
from engine.s3 import store as s3

OPT_ML = "/opt/ml/"
CODE_ARCHIVE = "code-archive/sourcedir.tar.gz"
OUTPUT = "output.tar.gz"
GOOD = ("exited", "stopped", "max_runtime")


class TrainingDriver(Driver):
    resource = TRAINING_JOB

    def plan(self, record: Record, work: Work) -> list[dict]:
        document, connection = record.document, record.connection
        algorithm, hyperparameters = document["AlgorithmSpecification"], document.get("HyperParameters", {})
        resources = document["ResourceConfig"]
        count, longest = resources["InstanceCount"], document["StoppingCondition"]["MaxRuntimeInSeconds"]
        code = _code_archive(connection.account, hyperparameters)
        isolated = document["EnableNetworkIsolation"]
        known = isolated or "AWS_ACCESS_KEY_ID" in document.get("Environment", {})
        shared = {
            "run": _run(document),
            "env": {
                "TRAINING_JOB_NAME": record.name,
                "TRAINING_JOB_ARN": record.arn,
                "AWS_REGION": connection.region,
                "AWS_DEFAULT_REGION": connection.region,
                **({} if known else keys.environment(record, work, longest)),
                **({"ATELIER_CODE_ARCHIVE": OPT_ML + CODE_ARCHIVE} if code else {}),
                **document.get("Environment", {}),
            },
            "metrics": [[item["Name"], item["Regex"]] for item in algorithm.get("MetricDefinitions", ())],
            "limits": {
                "memory": instances.memory_of(resources["InstanceType"]),
                "cpus": instances.cpus_of(resources["InstanceType"]),
                "max_runtime": longest,
            },
            # Of several hosts the files come as they are, and are packed once they are together.
            "outputs": [
                {"from": "model", "to": "model", "compress": False}
                if count > 1
                else {"from": "model", **_model_output(document)},
                {"from": "output/data", "to": "output", "compress": False}
                if count > 1
                else {"from": "output/data", "to": OUTPUT},
            ],
            "failure": "output/failure",
            "hosts": hosts.addresses(work, count),
            "network": not isolated,
            "sync": _synced(document),
        }
        return [
            {
                **shared,
                "inputs": [
                    *({"kind": "folder", "to": name} for name in ("model", "output/data", "code")),
                    *_configuration(document, host),
                    *channels.inputs(record, number, count),
                    *code,
                    *_checkpoints(record),
                ],
                "log": hosts.log_path(record, work, TRAINING_JOB.logs, host),
                "hostname": host,
            }
            for number, host in enumerate(shared["hosts"])
        ]

    def wait(self, document: dict, now: float, message: str) -> None:
        if document["TrainingJobStatus"] == "InProgress":
            states.move(document, "Pending", now, message)

    def follow(self, document: dict, event: dict) -> None:
        now, kind = event["t"], event["event"]
        stopping = document["TrainingJobStatus"] == "Stopping"
        if kind == "downloading":
            document["TrainingStartTime"] = now
            if not stopping:
                states.move(document, "Downloading", now)
        elif kind == "started" and not stopping:
            states.move(document, "Training", now)
        elif kind == "stopping":
            document["TrainingJobStatus"] = "Stopping"
            states.move(document, "Stopping", now)
        elif kind == "packing":
            states.move(document, "Uploading", now)

    def measure(self, document: dict, points: list[dict]) -> None:
        states.measure(document, points)

    def mirror(self, record: Record, name: str, folder: Path, since: float) -> None:
        """Bring CheckpointConfig.S3Uri in step with the folder; where several hosts write there, none deletes."""
        document = record.document
        alone = document["ResourceConfig"]["InstanceCount"] == 1
        data.mirror(record, folder, document["CheckpointConfig"]["S3Uri"], since, delete=alone)

    def keep(self, record: Record, folders: list[Path], result: dict) -> None:
        good = result["reason"] in GOOD and (result["reason"] != "exited" or result["code"] == 0)
        folder = folders[0] if len(folders) == 1 else _together(record.document, folders)
        target = f"{record.document['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{record.name}/output"
        data.store_files(
            record, folder, target, lambda name: not name.startswith(".") and (good or not name.startswith("model"))
        )

    def finish(self, document: dict, result: dict) -> None:
        now, reason, code = time.time(), result["reason"], result["code"]
        if reason == "stopped":
            states.end(document, "Stopped", now)
        elif reason == "max_runtime":
            states.end(document, "Stopped", now, secondary="MaxRuntimeExceeded")
        elif reason == "exited" and code == 0:
            states.end(document, "Completed", now)
        elif reason == "refused":
            states.end(document, "Failed", now, reason=f"ClientError: {result['message']}")
        elif reason == "error":
            states.end(document, "Failed", now, reason=f"InternalServerError: {result['message']}")
        else:
            text = result["failure"].replace("\0", "\ufffd") or result["message"] or _how(code)
            states.end(document, "Failed", now, reason=_failure(text, code))

    def fail(self, document: dict, now: float, reason: str) -> None:
        states.end(document, "Failed", now, reason=reason)

    def stop(self, document: dict, now: float) -> None:
        states.end(document, "Stopped", now)

    def restart(self, document: dict, now: float, message: str) -> None:
        document.pop("TrainingStartTime", None)
        if not self.resumes(document):
            document.pop("FinalMetricDataList", None)
        states.move(document, "Restarting", now, message)

    def retries(self, document: dict) -> int:
        return document.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0)

    def resumes(self, document: dict) -> bool:
        return "CheckpointConfig" in document


def _how(code: int) -> str:
    """What can be said of a container that left no words: nothing, as AWS, unless a signal ended it."""
    return f"The container was ended by signal {code - 128} and left no reason" if code > 128 else ""


def _failure(text: str, code: int) -> str:
    """The failure file's text is kept whole up to its 1024 characters as far as the reason's own 1024 allow."""
    before, after = "AlgorithmError: ", f", exit code: {code}"
    return before + text[: 1024 - len(before) - len(after)] + after


def _run(document: dict) -> dict:
    algorithm = document["AlgorithmSpecification"]
    argv = [*algorithm.get("ContainerEntrypoint", ()), *algorithm.get("ContainerArguments", ())]
    image = images.find(algorithm["TrainingImage"])
    if argv and image:
        return {"argv": argv, "python": image.python}
    if image is None:
        raise JobFailed(
            f"ClientError: The training image {algorithm['TrainingImage']} does not exist on this engine any more."
        )
    preloaded = image.preloaded and not is_script_mode(document)
    return {"call": image.train, "preloaded": preloaded, "python": image.python}


def _together(document: dict, folders: list[Path]) -> Path:
    """One folder of the outputs of several hosts, as a single host would have left it; of a name the first host's file."""
    gathered = folders[0].with_name("gathered")
    shutil.rmtree(gathered, ignore_errors=True)
    for folder in reversed(folders):
        if folder.exists():
            shutil.copytree(folder, gathered, dirs_exist_ok=True, copy_function=_link)
    packed = folders[0].with_name("packed")
    shutil.rmtree(packed, ignore_errors=True)
    packed.mkdir()
    files.pack(gathered, "output", packed / OUTPUT)
    model = _model_output(document)
    if model.get("compress", True):
        files.pack(gathered, "model", packed / model["to"])
    elif (gathered / "model").exists():
        (gathered / "model").rename(packed / "model")
    return packed


def _link(source: str, target: str) -> None:
    Path(target).unlink(missing_ok=True)
    os.link(source, target)


def _synced(document: dict) -> list[dict]:
    """The folders that S3 is kept in step with while the job runs."""
    return [{"from": _checkpoint_folder(document), "to": "checkpoints"}] if "CheckpointConfig" in document else []


def _model_output(document: dict) -> dict:
    if document["OutputDataConfig"]["CompressionType"] == "NONE":
        return {"to": "model", "compress": False}
    return {"to": "model.tar.gz"}


def _configuration(document: dict, host: str) -> list[dict]:
    """The files of /opt/ml/input/config on a host."""
    kind, everybody = (
        document["ResourceConfig"]["InstanceType"],
        hosts.names(document["ResourceConfig"]["InstanceCount"]),
    )
    group = {"instance_group_name": "homogeneousCluster", "instance_type": kind, "hosts": everybody}
    files = {
        "hyperparameters": document.get("HyperParameters", {}),
        "inputdataconfig": channels.configuration(document),
        "resourceconfig": {
            "current_host": host,
            "current_instance_type": kind,
            "current_group_name": "homogeneousCluster",
            "hosts": everybody,
            "instance_groups": [group],
            "network_interface_name": "eth0",
            "topology": None,
        },
    }
    if "CheckpointConfig" in document:
        path = OPT_ML + _checkpoint_folder(document)
        files["checkpointconfig"] = {"S3Uri": document["CheckpointConfig"]["S3Uri"], "LocalPath": path}
    if "DebugHookConfig" in document:
        files["debughookconfig"] = document["DebugHookConfig"]
    return [
        {"kind": "text", "to": f"input/config/{name}.json", "text": json.dumps(value)} for name, value in files.items()
    ]


def _code_archive(account: str, hyperparameters: dict) -> list[dict]:
    """The script's sourcedir.tar.gz, where the script images look for it."""
    value = hyperparameters.get("sagemaker_submit_directory", "")
    try:
        uri = json.loads(value)
    except ValueError:
        uri = value
    if not isinstance(uri, str) or not uri.startswith("s3://"):
        return []
    try:
        row = s3.get(account, *s3.split_uri(uri))
    except AwsError as error:
        raise JobFailed(f"ClientError: The script's archive {uri} can't be read: {error.message}") from None
    return [{"kind": "copy", "source": str(s3.path_of(row)), "to": CODE_ARCHIVE, "label": uri}]


def _checkpoint_folder(document: dict) -> str:
    path = os.path.normpath(document["CheckpointConfig"].get("LocalPath") or "/opt/ml/checkpoints")
    return path.removeprefix(OPT_ML)


def _checkpoints(record: Record) -> list[dict]:
    """What a run before left at CheckpointConfig.S3Uri."""
    if "CheckpointConfig" not in record.document:
        return []
    folder = _checkpoint_folder(record.document)
    bucket, prefix = data.prefix_of(record.document["CheckpointConfig"]["S3Uri"])
    try:
        rows = [row for row in s3.listing(record.connection.account, bucket, prefix) if not row.key.endswith("/")]
    except AwsError as error:
        raise JobFailed(f"ClientError: The checkpoints can't be read: {error.message}") from None
    return data.laid_down([(path, row) for row in rows if (path := data.path_below(row.key[len(prefix) :]))], folder)
