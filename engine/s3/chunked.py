"""aws-chunked, the framing of bodies inside HTTP: ``<hex size>[;chunk-signature=…]CRLF data CRLF … 0 CRLF [trailers] CRLF``.

Source: "Signature calculations … transferring payload in multiple chunks" and "… including trailing headers" of the S3 API
Reference. The decoder does no input or output: bytes go in, payload comes out.
"""

import hashlib
import hmac

from engine.errors import AwsError

EMPTY_HASH = hashlib.sha256(b"").hexdigest()
LINE_LIMIT = 4096


class ChunkSigner:
    """The chain of signatures that starts with the request's own."""

    def __init__(self, auth):
        self.key, self.date, self.scope, self.previous = auth.signing_key, auth.amz_date, auth.scope, auth.signature

    def check_chunk(self, digest: str, signature: str) -> None:
        self._check(
            f"AWS4-HMAC-SHA256-PAYLOAD\n{self.date}\n{self.scope}\n{self.previous}\n{EMPTY_HASH}\n{digest}", signature
        )

    def check_trailers(self, canonical: bytes, signature: str) -> None:
        digest = hashlib.sha256(canonical).hexdigest()
        self._check(f"AWS4-HMAC-SHA256-TRAILER\n{self.date}\n{self.scope}\n{self.previous}\n{digest}", signature)

    def _check(self, text: str, signature: str) -> None:
        expected = hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, signature):
            raise AwsError(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
                403,
            )
        self.previous = expected


class ChunkedDecoder:
    """``feed`` gives the payload inside; ``finish`` says that all of it came. ``trailers`` then has the trailing headers."""

    def __init__(self, signer: ChunkSigner | None):
        self.signer = signer
        self.trailers: dict[str, str] = {}
        self._canonical = b""
        self._trailer_signature = ""
        self._buffer = bytearray()  # an unfinished line
        self._left = 0  # bytes of the present chunk still to come
        self._state = "size"
        self._hash = None
        self._signature = ""

    def feed(self, data: bytes) -> list[memoryview]:
        payload = []
        view, position = memoryview(data), 0
        while position < len(data):
            if self._state == "data":
                piece = view[position : position + self._left]
                payload.append(piece)
                position += len(piece)
                self._left -= len(piece)
                if self._hash:
                    self._hash.update(piece)
                if not self._left:
                    self._end_chunk()
                    self._state = "gap"
                continue
            end = data.find(b"\n", position)
            stop = end + 1 if end >= 0 else len(data)
            self._buffer += view[position:stop]
            position = stop
            if len(self._buffer) > LINE_LIMIT:
                raise malformed("a line is too long")
            if end >= 0:
                line = bytes(self._buffer).rstrip(b"\r\n")
                self._buffer.clear()
                self._line(line)
        return payload

    def finish(self) -> None:
        if self._state != "end":
            raise incomplete()
        if self.signer and self._canonical:
            self.signer.check_trailers(self._canonical, self._trailer_signature)

    def _line(self, line: bytes) -> None:
        match self._state:
            case "size":
                self._start_chunk(line)
            case "gap":
                if line:
                    raise malformed("a chunk is longer than it says")
                self._state = "size"
            case "trailers":
                self._trailer(line)
            case "end":
                if line:
                    raise malformed("something follows the last chunk")

    def _start_chunk(self, line: bytes) -> None:
        size, _, extension = line.partition(b";")
        try:
            self._left = int(size, 16)
        except ValueError:
            raise malformed("a chunk's size is no number") from None
        if self._left < 0:
            raise malformed("a chunk's size is negative")
        if self.signer:
            self._signature = extension.removeprefix(b"chunk-signature=").decode("latin-1")
            self._hash = hashlib.sha256()
        if self._left:
            self._state = "data"
        else:
            self._end_chunk()
            self._state = "trailers"

    def _end_chunk(self) -> None:
        if self.signer:
            self.signer.check_chunk(self._hash.hexdigest(), self._signature)

    def _trailer(self, line: bytes) -> None:
        if not line:
            self._state = "end"
            return
        name, found, value = line.partition(b":")
        if not found or len(self.trailers) > 20:
            raise malformed("a trailing header is not name:value")
        name, value = name.strip().lower(), value.strip()
        if name == b"x-amz-trailer-signature":
            self._trailer_signature = value.decode("latin-1")
            return
        self._canonical += name + b":" + value + b"\n"
        self.trailers[name.decode("latin-1")] = value.decode("latin-1")


def malformed(why: str) -> AwsError:
    return AwsError("InvalidRequest", f"The body is not valid aws-chunked encoding: {why}.")


def incomplete() -> AwsError:
    return AwsError(
        "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header."
    )
