"""Taking a request's body: unframed, hashed and written while it comes in, checked against all that was declared of it."""

import asyncio
import base64
import binascii
import os
from pathlib import Path

from engine.errors import AwsError
from engine.s3 import blobs
from engine.s3.chunked import ChunkedDecoder, ChunkSigner, incomplete
from engine.s3.digest import ALGORITHMS, SIZES, Digests, known
from engine.s3.request import Request
from engine.s3.threads import run

SIZE_LIMIT = 5 << 30  # bytes of one PUT
DOCUMENT_LIMIT = 8 << 20  # bytes of a body that is kept in memory
UNHASHED = ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
SIGNED_CHUNKS = ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class Disconnected(Exception):
    """The client went away before its body was whole."""


def declared_checksum(request: Request) -> tuple[str, str | None]:
    """``(algorithm, base64)`` that the client gave, ``("", None)`` for none; the value is None when a trailer will bring it."""
    prefix = "x-amz-checksum-"
    given = {
        name.removeprefix(prefix): value
        for name, value in request.headers.items()
        if name.startswith(prefix) and name.removeprefix(prefix) in ALGORITHMS
    }
    trailing = [
        name.strip().lower().removeprefix(prefix) for name in request.headers.get("x-amz-trailer", "").split(",")
    ]
    given |= {name: None for name in trailing if name in ALGORITHMS}
    if len(given) > 1:
        raise AwsError(
            "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    wanted = request.headers.get("x-amz-sdk-checksum-algorithm")
    if wanted and known(wanted) not in given:
        raise AwsError(
            "InvalidRequest",
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
        )
    for algorithm, value in given.items():
        if value is not None:
            _check_form(algorithm, value)
        return algorithm, value
    return "", None


class Incoming:
    """A body on its way into an unfinished file. Use it as a context manager: what isn't placed is deleted."""

    def __init__(self, request: Request, *also: str):
        if request.payload_hash.startswith("STREAMING-") and request.payload_hash not in UNHASHED + SIGNED_CHUNKS:
            raise AwsError(
                "NotImplemented", f"{request.payload_hash} is not supported by the embedded engine yet.", 501
            )
        self.request = request
        self.algorithm, self.declared = declared_checksum(request)
        self.has_hash = request.payload_hash not in UNHASHED + SIGNED_CHUNKS
        algorithms = {self.algorithm, *also, "sha256" if self.has_hash else ""} - {""}
        self.digests = Digests(algorithms)
        self.decoder = None
        if request.is_aws_chunked:
            signed = request.payload_hash in SIGNED_CHUNKS
            self.decoder = ChunkedDecoder(ChunkSigner(request.auth) if signed else None)
        self.path: Path | None = None
        self._file = None
        self._rest: list = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._file:
            self._file.close()
            self.path.unlink(missing_ok=True)

    async def take(self) -> None:
        """Read the body to its end, a block at a time: while one is hashed and written, the next comes in."""
        busy = None
        try:
            async for block, size in blocks(self.request):
                if busy:
                    await busy
                    busy = None
                if size < blobs.BLOCK // 4:  # the last one: so small that finish() does it without another trip
                    self._rest = block
                else:
                    busy = asyncio.ensure_future(self._absorb(block))
            if busy:
                await busy
        except BaseException:
            if busy:
                await asyncio.wait([busy])
            raise

    async def _absorb(self, block: list) -> None:
        if self.decoder:
            block = await run(self._unframe, block)
        hashed = run(self.digests.update_md5, block)
        try:
            await run(self._write_and_hash, block)
        finally:
            await hashed

    def _unframe(self, block: list) -> list:
        return [payload for piece in block for payload in self.decoder.feed(piece)] if self.decoder else block

    def _write_and_hash(self, block: list) -> None:
        self._write(block)
        self.digests.update_others(block)

    def _write(self, block: list) -> None:
        if not self._file:
            self.path = blobs.new_file()
            self._file = open(self.path, "xb", buffering=0, opener=_private)  # noqa: SIM115 - __exit__ closes it
        for piece in block:
            view = memoryview(piece)
            while view:
                view = view[self._file.write(view) :]

    def finish(self) -> dict:
        """Check the body against everything declared and return its checksums as an object keeps them. Blocks."""
        rest, self._rest = self._unframe(self._rest), []
        self._write(rest)
        self.digests.update(*rest)
        if self.decoder:
            self.decoder.finish()
        if self.request.length is not None and self.digests.size != self.request.length:
            raise incomplete()
        if self.has_hash and self.digests.hex("sha256") != self.request.payload_hash.lower():
            raise AwsError(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                ClientComputedContentSHA256=self.request.payload_hash,
                S3ComputedContentSHA256=self.digests.hex("sha256"),
            )
        _check_md5(self.request, self.digests.md5.digest())
        return self._checked_checksum()

    def _checked_checksum(self) -> dict:
        if not self.algorithm:
            return {}
        declared = self.declared
        if declared is None:
            declared = self.decoder.trailers.get(f"x-amz-checksum-{self.algorithm}") if self.decoder else None
            if declared is None:
                raise AwsError("MalformedTrailerError", "The request contained trailing data that was not well-formed.")
            _check_form(self.algorithm, declared)
        if declared != self.digests.base64(self.algorithm):
            raise AwsError(
                "BadDigest", f"The {self.algorithm.upper()} you specified did not match the calculated checksum."
            )
        return {self.algorithm: declared, "type": "FULL_OBJECT"}


async def blocks(request: Request):
    """The body as it came, ``(pieces, size)``, in blocks of at least 1 MiB but for the last; Disconnected if it ends early.

    The pieces stay in pieces: to join them would cost as much as to write them.
    """
    request.body_read = True
    pieces, size = [], 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        piece = message.get("body", b"")
        pieces.append(piece)
        size += len(piece)
        is_last = not message.get("more_body")
        if is_last or size >= blobs.BLOCK:
            yield pieces, size
            pieces, size = [], 0
        if is_last:
            return


async def read_document(request: Request) -> bytes:
    """The whole body, checked, for the operations whose body is a small XML document."""
    body = b""
    async for block, _ in blocks(request):
        body += b"".join(block)
        if len(body) > DOCUMENT_LIMIT:
            raise AwsError("MaxMessageLengthExceeded", "Your request was too large.")
    with_checks = Digests({"sha256", declared_checksum(request)[0]} - {""})
    if request.is_aws_chunked:
        decoder = ChunkedDecoder(ChunkSigner(request.auth) if request.payload_hash in SIGNED_CHUNKS else None)
        body = b"".join(decoder.feed(body))
        decoder.finish()
    with_checks.update(body)
    if (
        request.payload_hash not in UNHASHED + SIGNED_CHUNKS
        and with_checks.hex("sha256") != request.payload_hash.lower()
    ):
        raise AwsError(
            "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
        )
    _check_md5(request, with_checks.md5.digest())
    algorithm, declared = declared_checksum(request)
    if declared is not None and declared != with_checks.base64(algorithm):
        raise AwsError("BadDigest", f"The {algorithm.upper()} you specified did not match the calculated checksum.")
    return body


def check_length(request: Request) -> None:
    """What can be said of a body before it comes."""
    if request.length is None:
        raise AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    if request.length > SIZE_LIMIT:
        raise AwsError(
            "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", MaxSizeAllowed=str(SIZE_LIMIT)
        )


def _check_md5(request: Request, digest: bytes) -> None:
    declared = request.headers.get("content-md5")
    if declared is None:
        return
    if len(_decoded(declared)) != 16:
        raise AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.")
    if _decoded(declared) != digest:
        raise AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.")


def _check_form(algorithm: str, value: str) -> None:
    if len(_decoded(value)) != SIZES[algorithm]:
        raise AwsError("InvalidRequest", f"Value for x-amz-checksum-{algorithm} header is invalid.")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
