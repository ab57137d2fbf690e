"""aws-chunked in its four forms, over the wire and byte by byte."""

import base64
import hashlib
import hmac
import zlib

import pytest

from engine.errors import AwsError
from engine.s3.chunked import EMPTY_HASH, ChunkedDecoder

BODY = bytes(range(256)) * 1000
CRC = base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
FORMS = ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", SIGNED, f"{SIGNED}-TRAILER"]


def frame(body, size=65_536, seed=None, trailer=None):
    """The chunks of a body; signed if there is a ``seed``: (signing key, date, scope, first signature)."""
    framed, previous = b"", seed and seed[3]
    for start in [*range(0, len(body), size), len(body)]:
        chunk = body[start : start + size]
        extension = b""
        if seed:
            previous = signature("PAYLOAD", seed, previous, f"{EMPTY_HASH}\n{hashlib.sha256(chunk).hexdigest()}")
            extension = b";chunk-signature=" + previous.encode()
        framed += b"%x" % len(chunk) + extension + b"\r\n"
        framed += chunk + b"\r\n" if chunk else b""
    if trailer:
        framed += trailer.encode() + b"\r\n"
        if seed:
            digest = hashlib.sha256(trailer.encode() + b"\n").hexdigest()
            framed += b"x-amz-trailer-signature:" + signature("TRAILER", seed, previous, digest).encode() + b"\r\n"
    return framed + b"\r\n"


def signature(kind, seed, previous, rest):
    key, date, scope, _ = seed
    return hmac.digest(key, f"AWS4-HMAC-SHA256-{kind}\n{date}\n{scope}\n{previous}\n{rest}".encode(), "sha256").hex()


def put(wire, form, body=BODY, *, crc=CRC, damage=lambda framed: framed, length=None):
    headers = {
        "content-encoding": "aws-chunked,gzip",
        "x-amz-decoded-content-length": str(len(body) if length is None else length),
    }
    trailer = f"x-amz-checksum-crc32:{crc}" if form.endswith("TRAILER") else None
    if trailer:
        headers["x-amz-trailer"] = "x-amz-checksum-crc32"
    headers = wire.sign("PUT", f"/{wire.bucket}/k", headers, form)
    framed = damage(frame(body, seed=wire.seed if form.startswith(SIGNED) else None, trailer=trailer))
    return wire.exchange("PUT", f"/{wire.bucket}/k", headers, framed)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("body", [b"", b"x", BODY, BODY * 12])
def test_the_body_inside_is_stored(s3, wire, form, body):
    crc = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    assert put(wire, form, body, crc=crc).status == 200
    got = s3.get_object(Bucket=wire.bucket, Key="k")
    assert got["Body"].read() == body and got["ContentEncoding"] == "gzip"


@pytest.mark.parametrize("form", FORMS)
def test_a_body_that_ends_early(wire, form):
    answer = put(wire, form, damage=lambda framed: framed[:-400])
    assert answer.status == 400 and b"<Code>IncompleteBody</Code>" in answer.body
    assert wire.send("HEAD", "k").status == 404


@pytest.mark.parametrize("form", FORMS)
def test_a_decoded_length_that_is_wrong(wire, form):
    answer = put(wire, form, length=len(BODY) + 1)
    assert answer.status == 400 and b"<Code>IncompleteBody</Code>" in answer.body


@pytest.mark.parametrize("form", [form for form in FORMS if form.startswith(SIGNED)])
def test_a_chunk_that_was_tampered_with(wire, form):
    answer = put(wire, form, damage=lambda framed: framed.replace(BODY[:200], b"!" * 200, 1))
    assert answer.status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in answer.body
    assert wire.send("HEAD", "k").status == 404


def test_a_signed_trailer_that_was_tampered_with(wire):
    answer = put(wire, f"{SIGNED}-TRAILER", damage=lambda framed: framed.replace(CRC.encode(), b"AAAAAA=="))
    assert answer.status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in answer.body


def test_a_signed_trailer_without_its_signature(wire):
    answer = put(
        wire, f"{SIGNED}-TRAILER", damage=lambda framed: framed.partition(b"x-amz-trailer-signature")[0] + b"\r\n"
    )
    assert answer.status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in answer.body


@pytest.mark.parametrize("form", [form for form in FORMS if form.endswith("TRAILER")])
def test_a_trailing_checksum_that_is_wrong(wire, form):
    answer = put(wire, form, crc="AAAAAA==")
    assert answer.status == 400 and b"<Code>BadDigest</Code>" in answer.body


def test_an_announced_trailer_that_never_comes(wire):
    answer = put(wire, FORMS[0], damage=lambda framed: framed.partition(b"x-amz-checksum")[0] + b"\r\n")
    assert answer.status == 400 and b"<Code>MalformedTrailerError</Code>" in answer.body


def test_a_form_that_is_not_built(wire):
    answer = put(wire, "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")
    assert answer.status == 501 and b"<Code>NotImplemented</Code>" in answer.body


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_however_the_bytes_are_cut(step):
    body = BODY[:3000]
    framed = frame(body, size=700, trailer="X-Amz-Checksum-Crc32: abc")
    decoder, found = ChunkedDecoder(None), b""
    for start in range(0, len(framed), step):
        found += b"".join(decoder.feed(framed[start : start + step]))
    decoder.finish()
    assert found == body and decoder.trailers == {"x-amz-checksum-crc32": "abc"}


@pytest.mark.parametrize(
    "framed", [b"zz\r\n", b"-1\r\n", b"3\r\nabcd\r\n", b"x" * 5000, b"0\r\n\r\nmore\r\n", b"0\r\nnovalue\r\n"]
)
def test_what_is_no_chunked_body(framed):
    with pytest.raises(AwsError) as error:
        ChunkedDecoder(None).feed(framed)
    assert error.value.code == "InvalidRequest"
