"""Signatures, verified by signing again: AWS Signature Version 4 in a header or in a presigned URL, and presigned Version 2.

Version 2 is there because boto3 still presigns S3 URLs with it unless told otherwise.
"""

import base64
import calendar
import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote, unquote_to_bytes

from engine.wire.keys import Key
from engine.wire.refusals import refuse

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = 15 * 60
UNSIGNED = "UNSIGNED-PAYLOAD"
_EMPTY = hashlib.sha256(b"").hexdigest()
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d{1,2}|aws-global")
_PLAIN = re.compile(r"[A-Za-z0-9_.~/-]*")
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9_.~&=-]*")

# The parts of a resource that Version 2 signs.
_V2_RESOURCES = frozenset({
    "accelerate", "acl", "analytics", "cors", "delete", "inventory", "lifecycle", "location", "logging", "metrics",
    "notification", "object-lock", "partNumber", "policy", "policyStatus", "requestPayment",
    "response-cache-control", "response-content-disposition", "response-content-encoding",
    "response-content-language", "response-content-type", "response-expires", "restore", "retention", "tagging",
    "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Auth:
    """A verified caller, with what is needed to check the signatures of a streamed body's chunks."""

    key_id: str
    account: str
    region: str
    service: str  # the signing name
    principal: str
    user: str
    signing_key: bytes
    scope: str  # "20261122/us-east-1/s3/aws4_request"
    amz_date: str
    signature: str
    content_sha256: str  # as declared: hex, UNSIGNED-PAYLOAD, STREAMING-…
    presigned: bool
    nouns: tuple[str, ...] = ()  # what the key is limited to
    speaks_for: dict[str, str] | None = None  # the signed headers that name whom the Studio's own key acts for


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of its signature, not believed yet."""

    key_id: str
    date: str
    region: str
    service: str
    signed: tuple[str, ...]
    signature: str
    amz_date: str
    token: str
    presigned: bool
    expires: int = 0
    version: int = 4

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def service_claimed(headers: dict[str, str], query: str) -> str:
    """The service that a request is signed for, from its credential scope; "" if it isn't signed."""
    header = headers.get("authorization", "")
    if header.startswith(ALGORITHM):
        parts = header.partition("Credential=")[2].partition(",")[0].split("/")
        return parts[-2] if len(parts) >= 5 else ""
    if "X-Amz-Credential=" in query:
        parts = unquote(query.partition("X-Amz-Credential=")[2].partition("&")[0]).split("/")
        return parts[-2] if len(parts) >= 5 else ""
    return "s3" if "AWSAccessKeyId=" in query and "Signature=" in query else ""


def claim(headers: dict[str, str], query: str, family: str) -> Claim | None:
    """Read the signature of a request. None if there is none; AwsError if it can't be read."""
    header = headers.get("authorization")
    if header:
        return _claim_in_header(header, headers, family)
    if "X-Amz-Signature=" in query:
        return _claim_in_query(dict(_pairs(query)), family)
    if "AWSAccessKeyId=" in query and "Signature=" in query:
        return _claim_of_version_2(dict(_pairs(query)), family)
    return None


def _claim_in_header(header: str, headers: dict[str, str], family: str) -> Claim:
    algorithm, _, rest = header.partition(" ")
    fields = {}
    for part in rest.split(","):
        name, _, value = part.strip().partition("=")
        fields[name] = value
    if algorithm != ALGORITHM or not {"Credential", "SignedHeaders", "Signature"} <= fields.keys():
        detail = f"Authorization must be {ALGORITHM} with Credential, SignedHeaders and Signature."
        raise refuse("incomplete", family, detail)
    amz_date = headers.get("x-amz-date")
    if not amz_date:
        raise refuse("incomplete", family, "Authorization requires the header X-Amz-Date.")
    signed = tuple(fields["SignedHeaders"].split(";"))
    _check_signed(signed, headers, family)
    return Claim(
        *_credential(fields["Credential"], family), signed, fields["Signature"], amz_date,
        headers.get("x-amz-security-token", ""), False,
    )  # fmt: skip


def _claim_in_query(query: dict[str, str], family: str) -> Claim:
    try:
        expires = int(query["X-Amz-Expires"]) if family == "s3" else int(query.get("X-Amz-Expires", SKEW))
        amz_date, signed = query["X-Amz-Date"], tuple(query["X-Amz-SignedHeaders"].split(";"))
        credential = query["X-Amz-Credential"]
    except (KeyError, ValueError):
        detail = "a presigned URL needs X-Amz-Credential, -Date, -Expires and -SignedHeaders."
        raise refuse("incomplete", family, detail) from None
    if not 0 < expires <= 604800:
        raise refuse("incomplete", family, "X-Amz-Expires must be between 1 second and one week.")
    token = query.get("X-Amz-Security-Token", "")
    return Claim(*_credential(credential, family), signed, query["X-Amz-Signature"], amz_date, token, True, expires)


def _claim_of_version_2(query: dict[str, str], family: str) -> Claim:
    try:
        expires = int(query["Expires"])
    except (KeyError, ValueError):
        raise refuse("incomplete", family, "a presigned URL needs Expires.") from None
    return Claim(
        query["AWSAccessKeyId"], "", "us-east-1", "s3", (), query["Signature"], "",
        query.get("x-amz-security-token", ""), True, expires, 2,
    )  # fmt: skip


def _credential(credential: str, family: str) -> tuple[str, str, str, str]:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request" or not _REGION.fullmatch(parts[2]):
        detail = f"Credential must be scoped to a date, a region and a service, not {credential!r}."
        raise refuse("incomplete", family, detail)
    return parts[0], parts[1], parts[2], parts[3]


def _check_signed(signed: tuple[str, ...], headers: dict[str, str], family: str) -> None:
    if "host" not in signed:
        raise refuse("unsigned", family, "host")
    for name in headers:
        if name.startswith("x-amz-") and name not in signed:
            raise refuse("unsigned", family, name)


def verify(
    claimed: Claim, key: Key | None, family: str, method: str, path: str, query: str, headers: dict[str, str],
    payload_hash: str, now: float,
) -> Auth:  # fmt: skip
    """Check a claim against the access key it names. Returns the caller; AwsError in the family's words if it fails.

    ``path`` and ``query`` are as sent, percent-encoded. ``payload_hash`` is the body's SHA-256 in hex, or for S3 what
    the request declares.
    """
    if key is None:
        raise refuse("unknown", family)
    if claimed.version == 2:
        return _verify_version_2(claimed, key, family, method, path, query, headers, now)
    _check_clock(claimed, family, now)
    signing_key = _signing_key(key.secret, claimed.date, claimed.region, claimed.service)
    request = "\n".join((
        method,
        _canonical_path(path, claimed.service),
        _canonical_query(query),
        *[f"{name}:{_trim(headers.get(name, ''))}" for name in claimed.signed],
        "",
        ";".join(claimed.signed),
        payload_hash,
    ))  # fmt: skip
    digest = hashlib.sha256(request.encode("latin-1", "replace")).hexdigest()
    text = f"{ALGORITHM}\n{claimed.amz_date}\n{claimed.scope}\n{digest}"
    signature = hmac.digest(signing_key, text.encode(), "sha256").hex()
    if not hmac.compare_digest(signature.encode(), claimed.signature.encode()):
        raise refuse("mismatch", family)
    _check_token(claimed, key, family, now)
    return Auth(
        key.key_id, key.account, claimed.region, claimed.service, key.principal, key.user, signing_key, claimed.scope,
        claimed.amz_date, signature, payload_hash, claimed.presigned, key.nouns, _spoken_for(claimed, key, headers),
    )  # fmt: skip


def _spoken_for(claimed: Claim, key: Key, headers: dict[str, str]) -> dict[str, str] | None:
    if not key.speaks_for_others:
        return None
    return {name: unquote(headers.get(name, "")) for name in claimed.signed if name.startswith("x-atelier-")}


def payload_hash(headers: dict[str, str], claimed: Claim, body: bytes | None) -> str:
    """What stands for the body in the signature: S3 signs what it declares (``body`` None), the others the body itself."""
    if body is not None:
        return hashlib.sha256(body).hexdigest() if body else _EMPTY
    return headers.get("x-amz-content-sha256") or (UNSIGNED if claimed.presigned else _EMPTY)


def _check_clock(claimed: Claim, family: str, now: float) -> None:
    at = _epoch(claimed.amz_date)
    if at is None or claimed.amz_date[:8] != claimed.date:
        detail = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP."
        raise refuse("incomplete", family, detail)
    if claimed.presigned:
        if now > at + claimed.expires:
            raise refuse("lapsed", family, f"{claimed.amz_date} is more than {claimed.expires} seconds ago.")
        if at > now + SKEW:
            raise refuse("skewed", family, "Signature not yet current.")
    elif abs(now - at) > SKEW:
        clock, word = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now)), "expired" if at < now else "not yet current"
        limit = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now - SKEW if at < now else now + SKEW))
        order, sign = ("earlier", "-") if at < now else ("later", "+")
        detail = f"Signature {word}: {claimed.amz_date} is now {order} than {limit} ({clock} {sign} 15 min.)"
        raise refuse("skewed", family, detail)


def _check_token(claimed: Claim, key: Key, family: str, now: float) -> None:
    if key.session_token and not hmac.compare_digest(key.session_token.encode(), claimed.token.encode()):
        raise refuse("token", family)
    if key.expires is not None and now >= key.expires:
        raise refuse("expired", family)


def _verify_version_2(
    claimed: Claim, key: Key, family: str, method: str, path: str, query: str, headers: dict[str, str], now: float
) -> Auth:
    if now > claimed.expires:
        raise refuse("lapsed", family)
    pairs = _pairs(query)
    given = {**dict(pairs), **headers}
    amz = {name: value for name, value in [*headers.items(), *pairs] if name.startswith("x-amz-")}
    signed = sorted(
        f"{name}={value}" if "=" in part else name
        for (name, value), part in zip(pairs, query.split("&"), strict=True)
        if name in _V2_RESOURCES
    )
    resource = f"{path}?{'&'.join(signed)}" if signed else path
    text = "\n".join((
        method, given.get("content-md5", ""), given.get("content-type", ""), str(claimed.expires),
        *[f"{name}:{amz[name].strip()}" for name in sorted(amz)], resource,
    ))  # fmt: skip
    signature = base64.b64encode(hmac.digest(key.secret.encode(), text.encode("utf-8"), "sha1")).decode()
    if not hmac.compare_digest(signature.encode(), claimed.signature.encode()):
        raise refuse("mismatch", family)
    _check_token(claimed, key, family, now)
    return Auth(
        key.key_id,
        key.account,
        claimed.region,
        "s3",
        key.principal,
        key.user,
        b"",
        "",
        "",
        signature,
        UNSIGNED,
        True,
        key.nouns,
    )


@lru_cache(maxsize=1024)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@lru_cache(maxsize=64)
def _midnight(date: str) -> int | None:
    try:
        return calendar.timegm(time.strptime(date, "%Y%m%d"))
    except ValueError:
        return None


def _epoch(amz_date: str) -> int | None:
    """``20261122T161500Z`` as epoch seconds; None if it is no such time."""
    clock = amz_date[9:15]
    if len(amz_date) != 16 or amz_date[8] != "T" or amz_date[15] != "Z" or not (clock.isascii() and clock.isdigit()):
        return None
    midnight = _midnight(amz_date[:8])
    return None if midnight is None else midnight + int(clock[:2]) * 3600 + int(clock[2:4]) * 60 + int(clock[4:])


def _canonical_path(path: str, service: str) -> str:
    if service == "s3":
        return path if _PLAIN.fullmatch(path) else quote(unquote_to_bytes(path), safe="/~")
    if "//" in path or "/." in path:
        path = _collapse(path)
    return path if _PLAIN.fullmatch(path) else quote(path, safe="/~")


def _collapse(path: str) -> str:
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in ("", "."):
            kept.append(part)
    end = "/" if path.endswith("/") and kept else ""
    return "/" + "/".join(kept) + end


def _pairs(query: str) -> list[tuple[str, str]]:
    """The decoded (name, value) pairs of a query string; ``+`` is a plus, as AWS reads it."""
    pairs = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        pairs.append((unquote(name), unquote(value)))
    return pairs


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    if _PLAIN_QUERY.fullmatch(query):
        parts = [part if "=" in part else f"{part}=" for part in query.split("&") if part]
        return "&".join(sorted(parts, key=lambda part: part.partition("=")[::2]))
    pairs = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name and name != "X-Amz-Signature":
            pairs.append((quote(unquote_to_bytes(name), safe="~"), quote(unquote_to_bytes(value), safe="~")))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _trim(value: str) -> str:
    return " ".join(value.split()) if "  " in value else value.strip()
