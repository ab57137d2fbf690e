"""What a request has SageMaker read, write or use in the caller's place. Standard library only.

On AWS the execution role and ``iam:PassRole`` guard this. The embedded engine has one role for everybody, which may do
everything: so the caller must be allowed to see what a job reads, and to write where it writes.
"""

import json
from collections.abc import Iterator

# (verb, noun, name, account, tags, parent, is_prefix): the members of a Need
Reach = tuple[str, str, str, str, dict, str, bool]

_TOLD_OF = {"Action", "Artifact", "Association", "Context", "Experiment", "ModelCard", "ModelCardExportJob", "Trial",
            "TrialComponent"}  # fmt: skip
_WORDS = {"CustomerMetadataProperties", "ModelCard", "Tags"}  # members that say something and make nothing be read
# the code that gets them reads them with its owner's key
_MAPS = {"Environment", "HyperParameters", "StaticHyperParameters"}
_CODE = "sagemaker_submit_directory"  # but this one the engine reads
_WRITTEN = ("Output", "CheckpointConfig", "DataCaptureConfig", "DebugHookConfig", "ProfilerConfig")
_USED = {"EndpointConfigName": "EndpointConfig", "ModelName": "Model"}


def reached(noun: str, request: dict) -> list[Reach]:
    """What a Create or Update of a noun reaches, each once."""
    if noun in _TOLD_OF:
        return []
    found = {}
    for verb, of, name, is_prefix in _walk(noun, request, ()):
        found[verb, of, name, is_prefix] = (verb, of, name, "", {}, "", is_prefix)
    return list(found.values())


def _walk(noun: str, value, path: tuple[str, ...]) -> Iterator[tuple[str, str, str, bool]]:
    if isinstance(value, list):
        for one in value:
            yield from _walk(noun, one, path)
    if not isinstance(value, dict):
        return
    for member, one in value.items():
        here = (*path, member)
        if member in _MAPS and isinstance(one, dict):
            uris = [_decoded(text) for key, text in one.items() if key.lower() == _CODE and isinstance(text, str)]
            yield from (("view", "S3Object", _place(uri), False) for uri in uris if _is_s3(uri))
        elif member == "ExperimentConfig" and isinstance(one, dict):
            yield from _joined(one)
        elif member == "other_trial" and _is_s3(one):
            yield "view", "S3Object", f"{_place(one).rstrip('/')}/", True  # a rule reads all of the other job's tensors
        elif isinstance(one, str):
            if _USED.get(member, noun) != noun:
                yield "view", _USED[member], one, False
            elif _is_s3(one):
                yield from _touched(one, here, value.get("S3DataType") == "S3Prefix")
        elif member not in _WORDS:
            yield from _walk(noun, one, here)


def _joined(config: dict) -> Iterator[tuple[str, str, str, bool]]:
    """What a job's entry is put into."""
    if trial := config.get("TrialName"):
        yield "update", "Trial", trial, False
    elif experiment := config.get("ExperimentName"):
        yield "update", "Experiment", experiment, False
    if run := config.get("RunName"):
        yield "update", "TrialComponent", run, False


def _touched(uri: str, path: tuple[str, ...], is_prefix: bool) -> Iterator[tuple[str, str, str, bool]]:
    if any(mark in member for member in path for mark in _WRITTEN):
        folder = f"{_place(uri).rstrip('/')}/"
        yield "create", "S3Object", folder, True
        if "CheckpointConfig" in path:  # what is there is read, too, and taken away when the job does so
            yield "view", "S3Object", folder, True
            yield "delete", "S3Object", folder, True
    else:
        yield "view", "S3Object", _place(uri), is_prefix or uri.endswith("/")


def _is_s3(text) -> bool:
    return isinstance(text, str) and text.lower().startswith("s3://")


def _place(uri: str) -> str:
    """``bucket/key`` of ``s3://bucket/key``."""
    bucket, _, key = uri[len("s3://") :].partition("/")
    return f"{bucket}/{key}"


def _decoded(text: str):
    try:
        return json.loads(text)
    except ValueError:
        return text
