"""How the runner drives a transform job: a container for each instance, in which a transformer and the model server run.

The transformer (areas/transform/container/main.py) reads ``input/config/transform.json``:

    server          {"call", "python", "preloaded"} of the image
    ping            seconds until /ping must be 200
    objects         list of {"file": path below /opt/ml, "name": "bucket/key"}
    content_type, accept, compression, split, strategy, assemble: the request's, "" or "None" where it has none
    max_payload     MB or null; max_concurrent, timeout (seconds), retries
    processing      {"input_filter", "output_filter", "join", "inference_time"}
"""

import hashlib
import json
import os
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from areas import index
from areas.transform.engine import capture
from areas.transform.engine.create import container_of
from areas.transform.resource import TRANSFORM_JOB
from catalog.models import Record
from engine.context import Context
from engine.errors import AwsError
from engine.hosting import containers
from engine.logs import store as logs
from engine.models import S3Object, Work
from engine.runtime import data, files, hosts, instances
from engine.runtime.drivers import Driver, JobFailed
from engine.s3 import store as s3

FOLDER = "input/transform"
GRACE = 10  # seconds between SIGTERM and SIGKILL
SEE_LOGS = "See job logs for more information"


class TransformDriver(Driver):
    resource = TRANSFORM_JOB

    def plan(self, record: Record, work: Work) -> list[dict]:
        container = _container(record)
        found = data.objects(record, record.document["TransformInput"]["DataSource"]["S3DataSource"])
        data.check_apart(found)  # each has an output of its own
        # An instance that had no object to transform would start a model server for nothing.
        count = min(record.document["TransformResources"]["InstanceCount"], len(found))
        addresses = hosts.addresses(work, count)
        return [
            _spec(record, container, hosts.share(found, number, count), host, addresses)
            for number, host in enumerate(addresses)
        ]

    def follow(self, document: dict, event: dict) -> None:
        document["LastModifiedTime"] = event["t"]
        if event["event"] == "downloading":
            document["TransformStartTime"] = event["t"]
        elif event["event"] == "stopping":
            document["TransformJobStatus"] = "Stopping"

    def mirror(self, record: Record, name: str, folder: Path, since: float) -> None:
        """Bring what is new in the data log into its stream."""
        told = folder.parent / "data-log-told"
        seen = int(told.read_text()) if told.exists() else 0
        lines = (folder / "data-log").read_text(errors="replace").split("\n")[:-1]
        logs.write(
            Path(_kept(folder.parent.parent)["data_log"]),
            [(int(moment), text) for moment, _, text in (line.partition(" ") for line in lines[seen:])],
        )
        told.write_text(str(len(lines)))

    def keep(self, record: Record, folders: list[Path], result: dict) -> None:
        """Store the ``.out`` of every object that is whole; of a stopped job nothing. JobFailed if some are missing."""
        if result["reason"] == "stopped":
            return
        account, region = record.connection.account, record.connection.region
        output = record.document["TransformOutput"]
        bucket, prefix = data.prefix_of(output["S3OutputPath"])
        stored: list[tuple[str, str]] = []
        faults: list[dict] = []
        for folder in folders:
            report = files.read_json(folder / "output" / "report.json") or {}
            faults += [report] if report.get("fault") else []
            for number, (source, path) in enumerate(_kept(folder.parent)["objects"]):
                whole = folder / "output" / "transform" / str(number)
                if not whole.is_file() or whole.is_symlink():
                    continue
                key = f"{prefix}{path}.out"
                # A second name for the same bytes: the move takes that one, and may be repeated.
                link = folder.parent / f"put-{secrets.token_hex(8)}"
                try:
                    os.link(whole, link)
                    s3.put_file(account, region, bucket, key, link, content_type=output.get("Accept", ""))
                except AwsError as error:
                    raise JobFailed(
                        f"ClientError: The output can't be written to s3://{bucket}/{key}: {error.message}"
                    ) from None
                stored.append((source, f"s3://{bucket}/{key}"))
        capture.write(record, stored)
        if faults:
            raise JobFailed(_reason(faults))

    def finish(self, document: dict, result: dict) -> None:
        now, reason, code = time.time(), result["reason"], result["code"]
        if reason == "stopped":
            _end(document, "Stopped", now)
        elif reason == "exited" and code == 0:
            _end(document, "Completed", now)
        elif reason in ("refused", "error"):
            fault = "ClientError" if reason == "refused" else "InternalServerError"
            _end(document, "Failed", now, f"{fault}: {result['message']}")
        else:
            how = result["message"] or f"The transformer ended with exit code {code}"
            _end(document, "Failed", now, f"AlgorithmError: {SEE_LOGS}. {how}")

    def fail(self, document: dict, now: float, reason: str) -> None:
        _end(document, "Failed", now, reason)

    def stop(self, document: dict, now: float) -> None:
        _end(document, "Stopped", now)

    def restart(self, document: dict, now: float, message: str) -> None:
        document.pop("TransformStartTime", None)


def _end(document: dict, status: str, now: float, reason: str = "") -> None:
    document["TransformJobStatus"] = status
    document["TransformEndTime"] = document["LastModifiedTime"] = now
    if reason:
        document["FailureReason"] = reason[:1024]


def _reason(faults: list[dict]) -> str:
    """What AWS says, how many objects it is about, and what went wrong with the first."""
    failed = sum(len(report["failed"]) for report in faults)
    some = f" {failed} of {failed + sum(report['done'] for report in faults)} objects failed." if failed else ""
    return f"{faults[0]['fault']}: {SEE_LOGS}.{some} {faults[0]['reason']}"


def _container(record: Record) -> dict:
    """The container of the job's model as it is now. Raises JobFailed."""
    document, connection = record.document, record.connection
    model = Record.objects.filter(connection=connection, kind="Model", name=document["ModelName"]).first()
    context = Context("sagemaker", "CreateTransformJob", connection.account, connection.region)
    if model is None:
        missing = index.resources()["Model"].missing[1]
        arn = index.resources()["Model"].arn(connection.account, connection.region, document["ModelName"])
        raise JobFailed(f"ClientError: {missing.format(arn=arn)}")
    try:
        return container_of(context, model.document)
    except AwsError as error:
        raise JobFailed(f"ClientError: {error.message}") from None


def _spec(record: Record, container: dict, found: list, host: str, addresses: dict[str, str]) -> dict:
    document, connection = record.document, record.connection
    try:
        image = containers.image_of(container["Image"])
        model = containers.inputs(connection.account, container)
    except AwsError as error:
        raise JobFailed(f"ClientError: {error.message}") from None
    stream = _stream(record, host)
    config = _config(document, found, image, is_scripted=containers.is_scripted(container))
    kind = document["TransformResources"]["InstanceType"]
    return {
        "inputs": [
            *model,
            {"kind": "text", "to": "input/config/transform.json", "text": json.dumps(config)},
            {"kind": "folder", "to": FOLDER},
            *(
                {"kind": "bind", "source": str(s3.path_of(row)), "to": one["file"], "label": data.uri_of(row)}
                for one, (_, row) in zip(config["objects"], found, strict=True)
            ),
        ],
        "run": {"call": "areas.transform.container.main:main", "preloaded": True, "python": image.python},
        "env": _environment(document, container, connection.region),
        "log": _log(record, stream),
        "limits": {
            "memory": instances.memory_of(kind), "cpus": instances.cpus_of(kind), "stop_grace": GRACE,
        },
        "outputs": [{"from": "output", "to": "output", "compress": False}],
        "sync": [{"from": "output/log", "to": "log"}],
        "hostname": host,
        "hosts": addresses,
        # For ourselves, out of the container's sight: which object is which, and where the data log goes.
        "transform": {
            "objects": [(data.uri_of(row), path) for path, row in found],
            "data_log": _log(record, f"{stream}/data-log"),
        },
    }  # fmt: skip


def _kept(directory: Path) -> dict:
    """What the spec of the container in ``directory`` says for ourselves."""
    return files.read_json(directory / "spec.json")["transform"]


def _config(document: dict, found: list[tuple[str, S3Object]], image, *, is_scripted: bool) -> dict:
    source, output, processing = (document[name] for name in ("TransformInput", "TransformOutput", "DataProcessing"))
    client = document.get("ModelClientConfig", {})
    named = document.get("DataCaptureConfig", {}).get("GenerateInferenceId")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        # A script needs an interpreter of its own: the preloaded process has only what the built-in code imports.
        "server": {"call": image.serve, "python": image.python, "preloaded": image.preloaded and not is_scripted},
        "ping": settings.ENGINE_PING_SECONDS,
        "objects": [
            {"file": f"{FOLDER}/{number}", "name": f"{row.bucket.name}/{row.key}"}
            for number, (_, row) in enumerate(found)
        ],
        "content_type": source.get("ContentType", ""),
        "accept": output.get("Accept", ""),
        "compression": source["CompressionType"],
        "split": source["SplitType"],
        "strategy": document.get("BatchStrategy", ""),
        "assemble": output["AssembleWith"],
        "max_payload": document.get("MaxPayloadInMB"),
        "max_concurrent": document.get("MaxConcurrentTransforms") or 0,
        "timeout": client.get("InvocationsTimeoutInSeconds", 600),
        "retries": client.get("InvocationsMaxRetries", 3),
        "processing": {
            "input_filter": processing["InputFilter"],
            "output_filter": processing["OutputFilter"],
            "join": processing["JoinSource"] == "Input",
            "inference_time": now if named else "",
        },
    }


def _environment(document: dict, container: dict, region: str) -> dict[str, str]:
    """The model's own variables, the job's on top of them, and what tells the container that this is batch."""
    both = {**container.get("Environment", {}), **document.get("Environment", {})}
    told = {"SAGEMAKER_BATCH": "true"}
    if strategy := document.get("BatchStrategy"):
        told["SAGEMAKER_BATCH_STRATEGY"] = {"MultiRecord": "MULTI_RECORD", "SingleRecord": "SINGLE_RECORD"}[strategy]
    if (size := document.get("MaxPayloadInMB")) is not None:
        told["SAGEMAKER_MAX_PAYLOAD_IN_MB"] = str(size)
    if workers := document.get("MaxConcurrentTransforms"):
        told["SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"] = str(workers)
    return {**containers.environment({**container, "Environment": both}, region), **told}


def _stream(record: Record, host: str) -> str:
    """``<job>/<instance id>-<epoch seconds>``, the same for every attempt."""
    instance = hashlib.sha256(f"{record.arn}/{host}".encode()).hexdigest()[:17]
    return f"{record.name}/i-{instance}-{int(record.created.timestamp())}"


def _log(record: Record, stream: str) -> str:
    connection = record.connection
    return str(logs.open_stream(connection.account, connection.region, TRANSFORM_JOB.logs, stream))
