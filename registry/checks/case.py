"""What a check is given, and what it answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from areas import calls
from catalog.actor import Actor, acting
from catalog.models import Connection
from registry import artifacts

LARGEST = 20_000_000  # bytes of a report that is read


class CannotMeasure(Exception):
    """A sentence that says why a check has nothing to measure: the check fails with it."""


@dataclass(frozen=True)
class Finding:
    passed: bool
    measured: str = ""
    reason: str = ""  # one sentence: why it failed, or what was seen


@dataclass
class Case:
    """A version under examination. ``document`` is its Describe document; ``champion`` that of the version it must match."""

    connection: Connection
    name: str
    arn: str
    document: dict
    champion: dict | None = None
    champion_name: str = ""
    artifacts: dict = field(default_factory=dict)  # as they were when the request was opened
    scratch: dict = field(default_factory=dict)  # what a kind makes that must be cleaned up
    keep: Callable[[dict], None] = lambda scratch: None  # write ``scratch`` down before anything is made
    alive: Callable[[], None] = lambda: None  # give a sign of life


def read_json(connection: Connection, uri: str):
    """The JSON at an S3 URI, read as the Studio. Raises CannotMeasure."""
    return parse_json(read_bytes(connection, uri), uri)


def parse_json(data: bytes, uri: str):
    try:
        return json.loads(data)
    except ValueError as error:
        raise CannotMeasure(f"{uri} is not JSON: {error}.") from None


def read_bytes(connection: Connection, uri: str, largest: int = LARGEST) -> bytes:
    bucket, key = artifacts.split(uri)
    with acting(Actor()):
        try:
            answer = calls.call(connection, "GetObject", "s3", Bucket=bucket, Key=key)
            if answer["ContentLength"] > largest:
                raise CannotMeasure(f"{uri} has {answer['ContentLength']} bytes; at most {largest} are read.")
            return answer["Body"].read()
        except calls.CallFailed as error:
            raise CannotMeasure(f"{uri} can't be read: {error.code}: {error.message}") from None
