"""What a version is made of, as a fingerprint: the same bytes give the same, and nothing else does.

Reads objects' ETags by the connection's S3. The engine's own process can't call itself inside a transaction: there
``areas.approvals.engine`` gives ``read_with`` a function that reads the engine's tables.
"""

import hashlib
import json
from collections.abc import Callable, Iterable

from areas import calls
from catalog.actor import Actor, acting
from catalog.models import Connection
from registry.errors import Away

MEMBERS = ("InferenceSpecification", "AdditionalInferenceSpecifications", "SourceAlgorithmSpecification", "SourceUri")
MOST_OBJECTS = 10_000  # below a prefix
MISSING = ""  # the ETag of what isn't there

# (connection, URIs of objects and of prefixes, which end in a slash) → their ETags, MISSING for what isn't there
Reader = Callable[[Connection, list[str]], dict[str, str]]

_readers: list[Reader] = []


def read_with(reader: Reader) -> None:
    """Let embedded connections be read by ``reader`` in this process."""
    _readers[:] = [reader]


def content_of(document: dict) -> str:
    """SHA-256, in hexadecimal, of what a model package's Describe document says that it contains."""
    return digest({member: document[member] for member in MEMBERS if document.get(member)})


def container_uris(document: dict) -> list[str]:
    """The S3 URIs that the servers of a version load; those of prefixes end in a slash."""
    specifications = [
        document.get("InferenceSpecification") or {},
        *document.get("AdditionalInferenceSpecifications", ()),
    ]
    found = []
    for container in (one for specification in specifications for one in specification.get("Containers", ())):
        found.append(container.get("ModelDataUrl"))
        found.append(container.get("Environment", {}).get("SAGEMAKER_SUBMIT_DIRECTORY"))  # the code that serves
        sources = [container, *container.get("AdditionalModelDataSources", ())]
        for source in sources:
            s3 = (source.get("ModelDataSource") or source).get("S3DataSource") or {}
            found.append(_as_prefix(s3.get("S3Uri"), s3.get("S3DataType")))
    return sorted({uri for uri in found if uri and uri.startswith("s3://")})


def evidence_uris(document: dict) -> list[str]:
    """The S3 URIs of the reports that a version is judged by (ModelMetrics)."""
    return sorted(set(_s3_uris(document.get("ModelMetrics") or {})))


def etags(connection: Connection, document: dict) -> dict[str, str]:
    """ETags of everything that a version is made of or judged by. Raises Away if they can't be read now."""
    return read(connection, [*container_uris(document), *evidence_uris(document)])


def read(connection: Connection, uris: list[str]) -> dict[str, str]:
    if not uris:
        return {}
    reader = _readers[0] if _readers and connection.is_embedded else _by_calls
    return reader(connection, uris)


def digest(value) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def of_many(found: Iterable[tuple[str, str]]) -> str:
    """One ETag for the objects (key, ETag) below a prefix."""
    found = sorted(found)
    return f"{digest(found)}-{len(found)}" if found else MISSING


def split(uri: str) -> tuple[str, str]:
    """``("bucket", "a/b")`` of ``s3://bucket/a/b``."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _by_calls(connection: Connection, uris: list[str]) -> dict[str, str]:
    with acting(Actor()):  # the Studio looks, whoever asked: what people may see of S3 is no matter here
        return {uri: _prefix_etag(connection, uri) if uri.endswith("/") else _etag(connection, uri) for uri in uris}


def _etag(connection: Connection, uri: str) -> str:
    bucket, key = split(uri)
    try:
        return calls.call(connection, "HeadObject", "s3", Bucket=bucket, Key=key)["ETag"].strip('"')
    except calls.CallFailed as error:
        return _missing(uri, error)


def _prefix_etag(connection: Connection, uri: str) -> str:
    bucket, prefix = split(uri)
    found, request = [], {}
    while len(found) < MOST_OBJECTS:
        try:
            page = calls.call(connection, "ListObjectsV2", "s3", Bucket=bucket, Prefix=prefix, **request)
        except calls.CallFailed as error:
            return _missing(uri, error)
        found += [(one["Key"], one["ETag"].strip('"')) for one in page.get("Contents", ())]
        if not page.get("IsTruncated"):
            break
        request = {"ContinuationToken": page["NextContinuationToken"]}
    return of_many(found[:MOST_OBJECTS])


def _missing(uri: str, error: calls.CallFailed) -> str:
    if error.status >= 500 or error.status == 429:
        raise Away(f"{uri} can't be read now: {error.code}: {error.message}")
    return MISSING


def _as_prefix(uri: str | None, kind: str | None) -> str | None:
    return f"{uri}/" if uri and kind == "S3Prefix" and not uri.endswith("/") else uri


def _s3_uris(value) -> Iterable[str]:
    for name, item in value.items():
        if name == "S3Uri" and isinstance(item, str) and item.startswith("s3://"):
            yield item
        elif isinstance(item, dict):
            yield from _s3_uris(item)
