"""Checksums of S3: MD5 for the ETag and the algorithms a client may ask for, fed block by block."""

import base64
import hashlib
from collections.abc import Iterable

import anycrc

from engine.errors import AwsError

_CRC32C = anycrc.Model("CRC32-ISCSI")
_CRC64NVME = anycrc.Model("CRC64-NVME")
_CRC32 = anycrc.Model("CRC32")


class _Crc:
    """A CRC with hashlib's interface; ``model`` has ``calc(data, so_far)``."""

    def __init__(self, calc, size: int):
        self.calc, self.size, self.value = calc, size, 0

    def update(self, data) -> None:
        self.value = self.calc(data, self.value)

    def digest(self) -> bytes:
        return self.value.to_bytes(self.size, "big")


def _sha1():
    return hashlib.sha1(usedforsecurity=False)


ALGORITHMS = {
    "crc32": lambda: _Crc(_CRC32.calc, 4),
    "crc32c": lambda: _Crc(_CRC32C.calc, 4),
    "crc64nvme": lambda: _Crc(_CRC64NVME.calc, 8),
    "sha1": _sha1,
    "sha256": hashlib.sha256,
}
SIZES = {"crc32": 4, "crc32c": 4, "crc64nvme": 8, "sha1": 20, "sha256": 32}
COMBINED_BY = {"crc32": _CRC32, "crc32c": _CRC32C, "crc64nvme": _CRC64NVME}
FULL_OBJECT, COMPOSITE = "FULL_OBJECT", "COMPOSITE"


def known(name: str) -> str:
    """The algorithm of that name in lower case; InvalidRequest for one that S3 doesn't have."""
    if name.lower() not in ALGORITHMS:
        raise AwsError("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")
    return name.lower()


class Digests:
    """MD5 and any further ``algorithms`` over the same bytes. Hashing large blocks gives up the GIL."""

    def __init__(self, algorithms: Iterable[str] = ()):
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.others = {name: ALGORITHMS[name]() for name in algorithms}
        self.size = 0

    def update(self, *pieces) -> None:
        self.update_md5(pieces)
        self.update_others(pieces)

    def update_md5(self, pieces) -> None:
        """The slower half of ``update``: it takes as long as all the others and writing the bytes to a file."""
        for piece in pieces:
            self.md5.update(piece)
            self.size += len(piece)

    def update_others(self, pieces) -> None:
        for piece in pieces:
            for other in self.others.values():
                other.update(piece)

    @property
    def etag(self) -> str:
        return self.md5.hexdigest()

    def hex(self, name: str) -> str:
        return self.others[name].digest().hex()

    def base64(self, name: str) -> str:
        return base64.b64encode(self.others[name].digest()).decode()


def multipart_etag(etags: list[str]) -> str:
    digest = hashlib.md5(b"".join(bytes.fromhex(etag) for etag in etags), usedforsecurity=False).hexdigest()
    return f"{digest}-{len(etags)}"


def checksum_of_parts(algorithm: str, kind: str, parts: list[tuple[str, int]]) -> str:
    """The object's checksum from its parts' ``(base64, size)``: of all bytes (CRCs only), or of the parts' checksums."""
    raw = [base64.b64decode(value) for value, _ in parts]
    if kind == COMPOSITE:
        hasher = ALGORITHMS[algorithm]()
        hasher.update(b"".join(raw))
        return f"{base64.b64encode(hasher.digest()).decode()}-{len(parts)}"
    value = int.from_bytes(raw[0], "big")
    for part, (_, size) in zip(raw[1:], parts[1:], strict=True):
        value = COMBINED_BY[algorithm].combine(value, int.from_bytes(part, "big"), size)
    return base64.b64encode(value.to_bytes(SIZES[algorithm], "big")).decode()
