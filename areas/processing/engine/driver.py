"""How the runner drives a processing job: what to launch on each host, where its outputs go, what becomes of its record."""

import json
import logging
from pathlib import Path

from areas import images
from areas.processing.resource import PROCESSING_JOB
from catalog.models import Record
from engine.errors import AwsError
from engine.models import Work
from engine.runtime import data, hosts, instances, keys
from engine.runtime.drivers import Driver, JobFailed
from engine.s3 import store as s3

log = logging.getLogger(__name__)
OPT_ML = "/opt/ml/"
COMMAND = "areas.processing.container:main"


class ProcessingDriver(Driver):
    resource = PROCESSING_JOB

    def plan(self, record: Record, work: Work) -> list[dict]:
        document, connection = record.document, record.connection
        cluster, seconds = document["ProcessingResources"]["ClusterConfig"], _seconds(document)
        kind, count = cluster["InstanceType"], cluster["InstanceCount"]
        names, inputs = hosts.names(count), _inputs(record, count)
        isolated = document.get("NetworkConfig", {}).get("EnableNetworkIsolation", False)
        environment = document.get("Environment", {})
        has_own_key = isolated or "AWS_ACCESS_KEY_ID" in environment
        common = {
            "run": _run(document),
            "env": {
                "PROCESSING_JOB_NAME": record.name,
                "PROCESSING_JOB_ARN": record.arn,
                "AWS_REGION": connection.region,
                "AWS_DEFAULT_REGION": connection.region,
                **({} if has_own_key else keys.environment(record, work, seconds)),
                **environment,
            },
            "limits": {
                "memory": instances.memory_of(kind), "cpus": instances.cpus_of(kind), "max_runtime": seconds,
            },
            "outputs": [
                {"from": _folder(one), "to": key, "compress": False} for key, one in _outputs(document, "EndOfJob")
            ],
            "sync": [{"from": _folder(one), "to": key} for key, one in _outputs(document, "Continuous")],
            "failure": "output/message",
            "network": not isolated,
            "hosts": hosts.addresses(work, count),
        }  # fmt: skip
        return [
            {
                **common,
                "inputs": [*_configuration(record, names, f"algo-{number + 1}"), *inputs[number]],
                "log": hosts.log_path(record, work, PROCESSING_JOB.logs, f"algo-{number + 1}"),
                "hostname": f"algo-{number + 1}",
            }
            for number in range(count)
        ]

    def wait(self, document: dict, now: float, message: str) -> None:
        document["Waiting"] = message

    def follow(self, document: dict, event: dict) -> None:
        if event["event"] == "downloading":
            document["ProcessingStartTime"] = event["t"]
            document.pop("Waiting", None)
        elif event["event"] == "stopping":
            document["ProcessingJobStatus"] = "Stopping"

    def mirror(self, record: Record, name: str, folder: Path, since: float) -> None:
        """Bring a Continuous output to S3. What can't be stored now is tried again at the end, which says so."""
        try:
            data.mirror(record, folder, _uri(record.document, name), since, delete=False)
        except AwsError as error:
            log.warning("%s: an output can't be stored now: %s", record, error)

    def keep(self, record: Record, folders: list[Path], result: dict) -> None:
        """Also of a job that failed or was stopped: what it has written may say why."""
        for folder in folders:
            for name, one in _outputs(record.document, "EndOfJob"):
                data.store_files(record, folder / name, one["S3Output"]["S3Uri"])
            for name, one in _outputs(record.document, "Continuous"):
                self._keep_mirrored(record, folder.parent / "sync" / name, one["S3Output"]["S3Uri"])

    def _keep_mirrored(self, record: Record, folder: Path, uri: str) -> None:
        try:
            data.mirror(record, folder, uri, record.created.timestamp(), delete=False)
        except AwsError as error:
            raise JobFailed(f"ClientError: The outputs can't be written to {uri}: {error.message}") from None

    def finish(self, document: dict, result: dict) -> None:
        now, reason, code = result["ended"], result["reason"], result["code"]
        if message := result["failure"].replace("\0", "\ufffd"):
            document["ExitMessage"] = message
        if reason in ("stopped", "max_runtime"):
            self.stop(document, now)
        elif reason == "exited" and code == 0:
            _end(document, "Completed", now)
        elif reason == "refused":
            self.fail(document, now, f"ClientError: {result['message']}")
        elif reason == "error":
            self.fail(document, now, f"InternalServerError: {result['message']}")
        else:
            words = result["message"] or _how(code)
            self.fail(document, now, f"AlgorithmError: {words}, exit code: {code}")

    def fail(self, document: dict, now: float, reason: str) -> None:
        document["FailureReason"] = reason[:1024]
        _end(document, "Failed", now)

    def stop(self, document: dict, now: float) -> None:
        _end(document, "Stopped", now)

    def restart(self, document: dict, now: float, message: str) -> None:
        document.pop("ProcessingStartTime", None)
        document["Waiting"] = message


def _end(document: dict, status: str, now: float) -> None:
    document["ProcessingJobStatus"], document["ProcessingEndTime"] = status, now
    document.pop("Waiting", None)


def _how(code: int) -> str:
    """AWS's words, unless a signal ended the container."""
    return f"The container was ended by signal {code - 128}" if code > 128 else "See job logs for more information"


def _seconds(document: dict) -> int:
    return document["StoppingCondition"]["MaxRuntimeInSeconds"]


def _run(document: dict) -> dict:
    uri = document["AppSpecification"]["ImageUri"]
    image = images.find(uri)
    if image is None:
        raise JobFailed(f"ClientError: The image {uri} does not exist on this engine any more.")
    if document["AppSpecification"].get("ContainerEntrypoint"):
        return {"call": COMMAND, "preloaded": True, "python": image.python}
    return {"call": image.process, "preloaded": image.preloaded, "python": image.python}


def _outputs(document: dict, mode: str) -> list[tuple[str, dict]]:
    """``(what its folder is called in the workspace, output)`` of the outputs that are stored in this mode."""
    outputs = document.get("ProcessingOutputConfig", {}).get("Outputs", ())
    return [
        (f"output-{place}", one)
        for place, one in enumerate(outputs)
        if one["S3Output"]["S3UploadMode"] == mode and one["S3Output"].get("LocalPath")
    ]


def _uri(document: dict, name: str) -> str:
    return dict(_outputs(document, "Continuous"))[name]["S3Output"]["S3Uri"]


def _folder(output: dict) -> str:
    return _below_opt_ml(output["S3Output"]["LocalPath"])


def _below_opt_ml(path: str) -> str:
    return Path(path).as_posix().removeprefix(OPT_ML)


def _inputs(record: Record, count: int) -> list[list[dict]]:
    """The launcher's inputs for each host: outputs' folders, then the data."""
    document = record.document
    outputs = [*_outputs(document, "EndOfJob"), *_outputs(document, "Continuous")]
    folders = ["output", "processing/input", "processing/output", *(_folder(one) for _, one in outputs)]
    laid = [[{"kind": "folder", "to": folder} for folder in folders] for _ in range(count)]
    for one in document["ProcessingInputs"]:
        source = one["S3Input"]
        if not source.get("LocalPath"):
            continue
        found, folder = data.objects(record, source), _below_opt_ml(source["LocalPath"])
        is_sharded = source["S3DataDistributionType"] == "ShardedByS3Key"
        for number in range(count):
            part = hosts.share(found, number, count) if is_sharded else found
            laid[number] += (
                _pipe(source, folder, part) if source["S3InputMode"] == "Pipe" else data.laid_down(part, folder)
            )
    return laid


def _pipe(source: dict, folder: str, found: list) -> list[dict]:
    files = [str(s3.path_of(row)) for _, row in found]
    return [{"kind": "fifo", "to": folder, "files": files, "gzip": source["S3CompressionType"] == "Gzip"}]


def _configuration(record: Record, names: list[str], host: str) -> list[dict]:
    """The files of /opt/ml/config; not of /opt/ml/input/config, where a training job's are."""
    document = record.document
    kind = document["ProcessingResources"]["ClusterConfig"]["InstanceType"]
    specification = document["AppSpecification"]
    told = {
        "ProcessingJobArn": record.arn,
        "ProcessingJobName": record.name,
        "AppSpecification": {
            "ImageUri": specification["ImageUri"],
            "ContainerEntrypoint": specification.get("ContainerEntrypoint"),
            "ContainerArguments": specification.get("ContainerArguments"),
        },
        "Environment": document.get("Environment", {}),
        "ProcessingInputs": [_told_input(one) for one in document["ProcessingInputs"]],
        "ProcessingOutputConfig": {
            "Outputs": document.get("ProcessingOutputConfig", {}).get("Outputs", []), "KmsKeyId": None,
        },
        "ProcessingResources": document["ProcessingResources"],
        "NetworkConfig": document.get("NetworkConfig", {}),
        "RoleArn": document["RoleArn"],
        "StoppingCondition": document["StoppingCondition"],
    }  # fmt: skip
    resources = {
        "current_host": host, "current_instance_type": kind, "current_group_name": "homogeneousCluster", "hosts": names,
        "instance_groups": [{"instance_group_name": "homogeneousCluster", "instance_type": kind, "hosts": names}],
        "network_interface_name": "eth0",
    }  # fmt: skip
    return [
        {"kind": "text", "to": f"config/{name}.json", "text": json.dumps(value)}
        for name, value in (("processingjobconfig", told), ("resourceconfig", resources))
    ]


def _told_input(one: dict) -> dict:
    return {**one, "S3Input": {**one["S3Input"], "S3DownloadMode": "StartOfJob"}}
