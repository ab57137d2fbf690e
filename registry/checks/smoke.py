"""The version predicts: its container is started on an endpoint of its own, asked for real, and taken down again.

Everything it makes is called ``atelier-smoke-…`` and written down before it is made, so that whoever comes after a kill
cleans up (``clean_up``).
"""

import io
import re
import tarfile
import time
import uuid

from areas import calls
from catalog.actor import Actor, acting
from catalog.models import Connection
from registry.checks.case import CannotMeasure, Case, Finding, read_bytes

TITLE = "Smoke invocation"
MOST_SAMPLES = 20
LONGEST_WAIT = 900.0  # seconds until the container must serve
POLL = 1.0
PREFIX = "atelier-smoke"
_LINE = re.compile(r"(?=.*\S)[^\x00\r\n\ud800-\udfff]+")
_GONE = ("Could not find", "does not exist", "not found")


def _samples(value) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(line, str) and _LINE.fullmatch(line) for line in value):
        raise ValueError("a list of lines of text, each the body of a request.")
    if not 1 <= len(value) <= MOST_SAMPLES or sum(map(len, value)) > 100_000:
        raise ValueError(f"1 to {MOST_SAMPLES} lines of 100,000 characters together.")
    return value


def _header(value) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e][\x20-\x7e]{0,254}", value):
        raise ValueError("a content type.")
    return value


def _milliseconds(value) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 60_000:
        raise ValueError("a number of milliseconds up to 60,000.")
    return float(value)


def _instance(value) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"ml\.[a-z0-9.-]{1,40}", value):
        raise ValueError("an instance type.")
    return value


SETTINGS = {"samples": _samples, "content_type": _header, "max_latency_ms": _milliseconds, "instance_type": _instance}


def describe(settings: dict) -> str:
    what = f"{len(settings['samples'])} given" if "samples" in settings else "the version's sample payload"
    limit = f", each within {settings['max_latency_ms']:g} ms" if "max_latency_ms" in settings else ""
    return f"answers {what}{limit}"


def run(case: Case, settings: dict) -> Finding:
    samples = [line.encode() for line in settings.get("samples", ())] or read_samples(case)
    specification = case.document.get("InferenceSpecification") or {}
    accepted = specification.get("SupportedContentTypes") or ["text/csv"]
    content_type = settings.get("content_type", accepted[0])
    name = f"{PREFIX}-{uuid.uuid4().hex[:12]}"
    case.keep({"name": name})
    try:
        with acting(Actor()):  # the Studio tries the version out; nobody's roles are lent for it
            _start(case, name, specification, settings)
            _wait(case, name)
            return _ask(case, name, samples, content_type, settings)
    except calls.CallFailed as error:
        raise CannotMeasure(f"{error.code}: {error.message}") from None
    finally:
        clean_up(case.connection, {"name": name})
        case.keep({})


def read_samples(case: Case) -> list[bytes]:
    """The bodies at the version's SamplePayloadUrl: a line each; one for JSON; a file each for a tar."""
    uri = case.document.get("SamplePayloadUrl", "")
    if not uri:
        raise CannotMeasure("The version has no SamplePayloadUrl, and the policy gives no sample records.")
    data = read_bytes(case.connection, uri)
    if uri.endswith((".tar.gz", ".tgz", ".tar")):
        return _unpacked(data, uri)
    if uri.endswith(".json"):
        return [data]
    lines = [line for line in data.splitlines() if line.strip()][:MOST_SAMPLES]
    if not lines:
        raise CannotMeasure(f"{uri} is empty.")
    return lines


def clean_up(connection: Connection, scratch: dict) -> None:
    """Take down what a run made, whatever there is of it. Raises CallFailed if that can't be done now."""
    name = scratch.get("name", "")
    if not name.startswith(PREFIX):
        return
    with acting(Actor()):
        for noun in ("Endpoint", "EndpointConfig", "Model"):
            try:
                calls.call(connection, f"Delete{noun}", **{f"{noun}Name": name})
            except calls.CallFailed as error:
                if not any(words in error.message for words in _GONE):
                    raise


def _start(case: Case, name: str, specification: dict, settings: dict) -> None:
    containers = [
        {
            member: one[member]
            for member in ("Image", "ModelDataUrl", "ModelDataSource", "Environment")
            if one.get(member)
        }
        for one in specification.get("Containers", ())
    ]
    if not containers:
        raise CannotMeasure("The version has no InferenceSpecification: there is nothing to start.")
    what = {"PrimaryContainer": containers[0]} if len(containers) == 1 else {"Containers": containers}
    role = case.connection.execution_role_arn
    calls.call(case.connection, "CreateModel", ModelName=name, ExecutionRoleArn=role, **what)
    offered = specification.get("SupportedRealtimeInferenceInstanceTypes") or ["ml.m5.large"]
    variant = {
        "VariantName": "smoke", "ModelName": name, "InitialInstanceCount": 1,
        "InstanceType": settings.get("instance_type", offered[0]),
    }  # fmt: skip
    calls.call(case.connection, "CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=[variant])
    calls.call(case.connection, "CreateEndpoint", EndpointName=name, EndpointConfigName=name)


def _wait(case: Case, name: str) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while True:
        found = calls.call(case.connection, "DescribeEndpoint", EndpointName=name)
        if found["EndpointStatus"] == "InService":
            return
        if found["EndpointStatus"] != "Creating":
            raise CannotMeasure(f"Its container does not serve: {found.get('FailureReason', found['EndpointStatus'])}")
        if time.monotonic() > deadline:
            raise CannotMeasure(f"Its container did not serve within {LONGEST_WAIT:g} seconds.")
        case.alive()
        time.sleep(POLL)


def _ask(case: Case, name: str, samples: list[bytes], content_type: str, settings: dict) -> Finding:
    slowest, said = 0.0, ""
    for number, sample in enumerate(samples, 1):
        began = time.monotonic()
        try:
            answer = calls.call(
                case.connection, "InvokeEndpoint", "sagemaker-runtime", EndpointName=name, Body=sample,
                ContentType=content_type,
            )  # fmt: skip
            body = answer["Body"].read()
        except calls.CallFailed as error:
            return Finding(False, f"{number - 1} of {len(samples)}", f"Record {number} failed: {error.message}")
        slowest = max(slowest, 1000 * (time.monotonic() - began))
        if not body.strip():
            return Finding(False, f"{number - 1} of {len(samples)}", f"Record {number} was answered with nothing.")
        said = said or f"The first record was answered: {body[:120].decode('utf-8', 'replace').strip()}"
        case.alive()
    measured = f"{len(samples)} of {len(samples)}, slowest {slowest:.0f} ms"
    if slowest > settings.get("max_latency_ms", float("inf")):
        return Finding(False, measured, f"The slowest answer took longer than {settings['max_latency_ms']:g} ms.")
    return Finding(True, measured, said)


def _unpacked(data: bytes, uri: str) -> list[bytes]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:  # read in memory: nothing is written anywhere
            members = [one for one in archive if one.isfile() and one.size <= 5_000_000][:MOST_SAMPLES]
            found = [archive.extractfile(one).read() for one in members]
    except (tarfile.TarError, OSError, EOFError) as error:
        raise CannotMeasure(f"{uri} is no tar that can be read: {error}.") from None
    if not found:
        raise CannotMeasure(f"{uri} holds no files.")
    return found
