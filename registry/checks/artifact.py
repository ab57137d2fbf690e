"""The version's artifact is there, and is the one that was registered."""

from registry import artifacts
from registry.checks.case import CannotMeasure, Case, Finding

TITLE = "Artifact"
SETTINGS = {}


def describe(settings: dict) -> str:
    return "present and unchanged"


def run(case: Case, settings: dict) -> Finding:
    uris = artifacts.container_uris(case.document)
    if not uris:
        raise CannotMeasure("The version names no artifact in S3.")
    now = artifacts.read(case.connection, uris)
    for uri, etag in now.items():
        if etag == artifacts.MISSING:
            return Finding(False, "missing", f"{uri} isn't there.")
        if case.artifacts.get(uri, etag) != etag:
            return Finding(False, etag, f"{uri} is no longer what was registered (ETag {case.artifacts[uri]}).")
    return Finding(True, ", ".join(etag[:12] for etag in now.values()), ", ".join(now))
