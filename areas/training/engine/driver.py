"""How the runner drives a training job: what to launch, where its outputs go, what becomes of its record."""

import json
import math
import os
import secrets
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from areas import images
from areas.training.engine import channels, states
from areas.training.engine.create import is_script_mode
from areas.training.resource import TRAINING_JOB
from catalog.models import AccessKey, Record
from engine import store
from engine.errors import AwsError
from engine.logs import store as logs
from engine.models import Work
from engine.runtime import instances
from engine.runtime.drivers import Driver, JobFailed
from engine.s3 import store as s3

OPT_ML = "/opt/ml/"
CODE_ARCHIVE = "code-archive/sourcedir.tar.gz"
GOOD = ("exited", "stopped", "max_runtime")


class TrainingDriver(Driver):
    resource = TRAINING_JOB

    def plan(self, record: Record, work: Work) -> dict:
        document, connection = record.document, record.connection
        algorithm, hyperparameters = document["AlgorithmSpecification"], document.get("HyperParameters", {})
        resources = document["ResourceConfig"]
        cpus = instances.cpus_of(resources["InstanceType"])
        code = _code_archive(connection.account, hyperparameters)
        isolated = document["EnableNetworkIsolation"]
        return {
            "inputs": [
                *({"kind": "folder", "to": name} for name in ("model", "output/data", "code")),
                *_configuration(document),
                *channels.inputs(record),
                *code,
                *_checkpoints(connection.account, document),
            ],
            "run": _run(document),
            "env": {
                "TRAINING_JOB_NAME": record.name,
                "TRAINING_JOB_ARN": record.arn,
                "AWS_REGION": connection.region,
                "AWS_DEFAULT_REGION": connection.region,
                **({} if isolated else _credentials(record, work)),
                **({"ATELIER_CODE_ARCHIVE": OPT_ML + CODE_ARCHIVE} if code else {}),
                **document.get("Environment", {}),
            },
            "log": str(_log(record, work)),
            "metrics": [[item["Name"], item["Regex"]] for item in algorithm.get("MetricDefinitions", ())],
            "limits": {
                "memory": instances.memory_of(resources["InstanceType"]),
                "cpus": cpus,
                "max_runtime": document["StoppingCondition"]["MaxRuntimeInSeconds"],
            },
            "outputs": [
                {"from": "model", **_model_output(document)},
                {"from": "output/data", "to": "output.tar.gz"},
            ],
            "failure": "output/failure",
            "hostname": "algo-1",
            "network": not isolated,
            **({"sync": _checkpoint_folder(document)} if "CheckpointConfig" in document else {}),
        }

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

    def mirror(self, record: Record, folder: Path, since: float) -> None:
        """Bring CheckpointConfig.S3Uri in step with the folder: new and changed files up, deleted ones away."""
        account, region = record.connection.account, record.connection.region
        bucket, prefix = _checkpoint_prefix(record.document)
        known = {row.key: row for row in s3.listing(account, bucket, prefix)}
        for path in sorted(folder.rglob("*")):
            if not path.is_file() or path.name.endswith(".part"):
                continue
            about = path.stat()
            key = prefix + path.relative_to(folder).as_posix()
            row = known.pop(key, None)
            if row and row.size == about.st_size and about.st_mtime < max(since, row.modified.timestamp()):
                continue
            s3.put_file(account, region, bucket, key, path, move=False)
        s3.delete_keys(s3.bucket_of(account, bucket), [key for key in known if not key.endswith("/")])

    def keep(self, record: Record, folder: Path, result: dict) -> None:
        account, region = record.connection.account, record.connection.region
        good = result["reason"] in GOOD and (result["reason"] != "exited" or result["code"] == 0)
        bucket, prefix = s3.split_uri(record.document["OutputDataConfig"]["S3OutputPath"])
        prefix = f"{prefix.rstrip('/')}/" if prefix.rstrip("/") else ""
        prefix += f"{record.name}/output/"
        try:
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(folder).as_posix()
                if path.is_file() and not name.startswith(".") and (good or not name.startswith("model")):
                    # A second name for the same bytes: the move takes that one, and may be repeated.
                    link = folder.parent / f"put-{secrets.token_hex(8)}"
                    os.link(path, link)
                    s3.put_file(account, region, bucket, prefix + name, link)
        except AwsError as error:
            raise JobFailed(
                f"ClientError: The outputs can't be written to s3://{bucket}/{prefix}: {error.message}"
            ) from None
        except OSError as error:
            raise JobFailed(f"InternalServerError: The outputs can't be stored: {error.strerror}.") from None

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


def _model_output(document: dict) -> dict:
    if document["OutputDataConfig"]["CompressionType"] == "NONE":
        return {"to": "model", "compress": False}
    return {"to": "model.tar.gz"}


def _configuration(document: dict) -> list[dict]:
    """The files of /opt/ml/input/config."""
    kind = document["ResourceConfig"]["InstanceType"]
    group = {"instance_group_name": "homogeneousCluster", "instance_type": kind, "hosts": ["algo-1"]}
    files = {
        "hyperparameters": document.get("HyperParameters", {}),
        "inputdataconfig": channels.configuration(document),
        "resourceconfig": {
            "current_host": "algo-1",
            "current_instance_type": kind,
            "current_group_name": "homogeneousCluster",
            "hosts": ["algo-1"],
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


def _checkpoint_prefix(document: dict) -> tuple[str, str]:
    bucket, prefix = s3.split_uri(document["CheckpointConfig"]["S3Uri"])
    return bucket, f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""


def _checkpoints(account: str, document: dict) -> list[dict]:
    """What a run before left at CheckpointConfig.S3Uri."""
    if "CheckpointConfig" not in document:
        return []
    folder = _checkpoint_folder(document)
    bucket, prefix = _checkpoint_prefix(document)
    items = [{"kind": "folder", "to": folder}]
    try:
        for row in s3.listing(account, bucket, prefix):
            path = channels.path_below(row.key[len(prefix) :])
            if path and not row.key.endswith("/"):
                items.append(
                    {"kind": "copy", "source": str(s3.path_of(row)), "to": f"{folder}/{path}", "label": row.key}
                )
    except AwsError as error:
        raise JobFailed(f"ClientError: The checkpoints can't be read: {error.message}") from None
    return items


def _credentials(record: Record, work: Work) -> dict[str, str]:
    """A key that lives as long as the job, and where the engine listens: scripts may use boto3, as the job's role."""
    if "AWS_ACCESS_KEY_ID" in record.document.get("Environment", {}):
        return {}
    key = AccessKey.objects.filter(key_id=work.state.get("key", "")).first()
    if key is None:
        role = record.document["RoleArn"].rpartition("/")[2]
        seconds = math.ceil(record.document["StoppingCondition"]["MaxRuntimeInSeconds"] + 3600)
        key = AccessKey(
            key_id="ASIA" + secrets.token_hex(8).upper(), secret=secrets.token_urlsafe(30),
            session_token=secrets.token_urlsafe(64), account=record.connection.account,
            principal=f"arn:aws:sts::{record.connection.account}:assumed-role/{role}/SageMaker",
            user="" if record.owner.startswith("arn:") else record.owner,  # a job may do what who made it may do
            nouns=work.state.get("nouns") or [],  # and no more than with the token that they made it with
            expires=store.when(time.time()) + timedelta(seconds=seconds),
        )  # fmt: skip
        with transaction.atomic():
            key.save(force_insert=True)
            work.state = {**work.state, "key": key.key_id}
            work.save(update_fields=["state"])
    return {
        "AWS_ACCESS_KEY_ID": key.key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_SESSION_TOKEN": key.session_token,
        "AWS_ENDPOINT_URL": settings.ENGINE_URL,
        # MLflow's clients log into the same experiments, with the same key.
        "MLFLOW_TRACKING_URI": f"{settings.ENGINE_URL}/mlflow/{record.connection.name}",
        "MLFLOW_TRACKING_USERNAME": key.key_id,
        "MLFLOW_TRACKING_PASSWORD": f"{key.secret}:{key.session_token}",
    }


def _log(record: Record, work: Work) -> Path:
    """The log stream's file; the same one for every attempt."""
    if not work.state.get("stream"):
        work.state = {**work.state, "stream": f"{record.name}/algo-1-{int(time.time())}"}
        work.save(update_fields=["state"])
    connection = record.connection
    return logs.open_stream(connection.account, connection.region, TRAINING_JOB.logs, work.state["stream"])
