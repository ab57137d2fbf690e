"""How the runner drives a training job: what to launch, where its outputs go, what becomes of its record."""

import json
import os
import shutil
import time
from pathlib import Path

from areas import images
from areas.training.engine import channels, spot, states, warm
from areas.training.engine.create import is_script_mode
from areas.training.engine.groups import Group, count_of, group_of, groups_of
from areas.training.resource import TRAINING_JOB
from catalog.models import Record
from engine.errors import AwsError
from engine.models import Work
from engine.runtime import data, files, hosts, instances, jobs, keys, pools
from engine.runtime.drivers import Driver, JobFailed
from engine.s3 import store as s3

OPT_ML = "/opt/ml/"
CODE_ARCHIVE = "code-archive/sourcedir.tar.gz"
OUTPUT = "output.tar.gz"
TENSORBOARD = "tensorboard"
GOOD = ("exited", "stopped", "max_runtime")


class TrainingDriver(Driver):
    resource = TRAINING_JOB

    def plan(self, record: Record, work: Work) -> list[dict]:
        document, connection = record.document, record.connection
        algorithm, hyperparameters = document["AlgorithmSpecification"], document.get("HyperParameters", {})
        groups, longest = groups_of(document["ResourceConfig"]), document["StoppingCondition"]["MaxRuntimeInSeconds"]
        count = count_of(document["ResourceConfig"])
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
                **({pools.VARIABLE: OPT_ML + pools.CACHE} if warm.seconds_of(document) else {}),
                **document.get("Environment", {}),
            },
            "metrics": [[item["Name"], item["Regex"]] for item in algorithm.get("MetricDefinitions", ())],
            "trusted": _has_own_metrics(document),
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
        left = (
            max(1, longest - spot.trained(document, time.time(), statuses=("Training",)))
            if work.attempt > 1
            else longest
        )
        return [
            {
                **shared,
                "limits": {
                    "memory": instances.memory_of(group_of(groups, host).instance_type),
                    "cpus": instances.cpus_of(group_of(groups, host).instance_type),
                    "max_runtime": left if spot.is_spot(document) else longest,
                },
                "inputs": [
                    *({"kind": "folder", "to": name} for name in ("model", "output/data", "code")),
                    *_configuration(document, groups, host),
                    *channels.inputs(record, groups, host),
                    *code,
                    *_checkpoints(record),
                    *(pools.inputs(work, jobs.work_folder(), number) if warm.seconds_of(document) else ()),
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
        if document["SecondaryStatus"] == "Interrupted" and not stopping:
            return  # what the containers do with their notice
        if kind == "downloading":
            if not spot.is_spot(document) or "TrainingStartTime" not in document:
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
        """Bring what is in S3 in step with the folder; where several hosts write there, none deletes."""
        document = record.document
        alone = count_of(document["ResourceConfig"]) == 1
        if name == TENSORBOARD:
            target = (
                f"{document['TensorBoardOutputConfig']['S3OutputPath'].rstrip('/')}/{record.name}/tensorboard-output"
            )
            data.mirror(record, folder, target, since, delete=alone)
        else:
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
        if not spot.is_spot(document):
            document.pop("TrainingStartTime", None)
        if not self.resumes(document):
            document.pop("FinalMetricDataList", None)
        states.move(document, "Restarting", now, message)

    def interruption(self, document: dict, attempt: int) -> float | None:
        if not spot.is_spot(document):
            return None
        return spot.schedule_of(document).after(document["TrainingJobArn"], attempt)

    def interruption_asked(self, record: Record) -> str:
        if not spot.is_spot(record.document):
            return ""
        return record.tags.filter(key=spot.TAG).values_list("value", flat=True).first() or ""

    def interrupt(self, document: dict, now: float) -> None:
        if document["TrainingJobStatus"] == "InProgress":
            states.move(document, "Interrupted", now)

    def capacity_after(self, document: dict, interruptions: int) -> float:
        return spot.schedule_of(document).away(document["TrainingJobArn"], interruptions)

    def wait_for_capacity(self, document: dict, now: float, until: float) -> None:
        if not self.resumes(document):
            document.pop("FinalMetricDataList", None)
        where = "its last checkpoint" if self.resumes(document) else "the beginning"
        states.move(
            document, "Starting", now,
            f"Insufficient capacity: trying again in {max(0, until - now):.0f} s; the job goes on from {where}.",
        )  # fmt: skip

    def gives_up(self, document: dict, now: float) -> bool:
        if document["TrainingJobStatus"] != "InProgress":
            return False
        if now >= spot.deadline(document):
            return True
        patience = document["StoppingCondition"].get("MaxPendingTimeInSeconds")
        return bool(patience) and states.pending(document, now) > patience

    def give_up(self, document: dict, now: float) -> None:
        if now >= spot.deadline(document):
            states.end(document, "Stopped", now, secondary="MaxWaitTimeExceeded")
        else:
            states.end(document, "Stopped", now)
            document["SecondaryStatusTransitions"][-1]["StatusMessage"] = (
                "Training job was pending longer than MaxPendingTimeInSeconds provided"
            )

    def pool(self, document: dict) -> tuple[dict, float] | None:
        return warm.offer(document)

    def pool_available(self, document: dict) -> None:
        warm.available(document)

    def pool_taken(self, document: dict) -> None:
        warm.taken(document)

    def pool_reused(self, document: dict, by: str, now: float) -> None:
        warm.reused(document, by, now)

    def pool_ended(self, document: dict, now: float) -> None:
        warm.ended(document, now)

    def retries(self, document: dict) -> int:
        return document.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0)

    def resumes(self, document: dict) -> bool:
        return "CheckpointConfig" in document


def _how(code: int) -> str:
    """What can be said of a container that left no words: nothing, as AWS, unless a signal ended it."""
    return f"The container was ended by signal {code - 128} and left no reason" if code > 128 else ""


def _failure(text: str, code: int) -> str:
    """The failure file's text is kept whole up to its 1024 characters as far as the reason's own 1024 allow."""
    # A built-in algorithm ends with 2 where the job's maker has to change something, and says ClientError itself.
    before = "" if code == 2 and text.startswith("ClientError: ") else "AlgorithmError: "
    after = f", exit code: {code}"
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


def _has_own_metrics(document: dict) -> bool:
    """Whether the metric definitions are the image's own, not the request's."""
    image = images.find(document["AlgorithmSpecification"].get("TrainingImage", ""))
    return bool(image and image.builtin and not is_script_mode(document))


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
    found = []
    if "CheckpointConfig" in document:
        found.append({"from": _checkpoint_folder(document), "to": "checkpoints"})
    if "TensorBoardOutputConfig" in document:
        path = document["TensorBoardOutputConfig"].get("LocalPath") or "/opt/ml/output/tensorboard"
        found.append({"from": os.path.normpath(path).removeprefix(OPT_ML), "to": TENSORBOARD})
    return found


def _model_output(document: dict) -> dict:
    if document["OutputDataConfig"]["CompressionType"] == "NONE":
        return {"to": "model", "compress": False}
    return {"to": "model.tar.gz"}


def _configuration(document: dict, groups: list[Group], host: str) -> list[dict]:
    """The files of /opt/ml/input/config on a host."""
    group = group_of(groups, host)
    files = {
        "hyperparameters": document.get("HyperParameters", {}),
        "inputdataconfig": channels.configuration(document, group),
        "resourceconfig": {
            "current_host": host,
            "current_instance_type": group.instance_type,
            "current_group_name": group.name,
            "hosts": sorted(name for one in groups for name in one.hosts),
            "instance_groups": [one.told for one in groups],
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
