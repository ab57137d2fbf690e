"""What a client declares of a body is checked: checksums, MD5, SHA-256, length. A body that fails leaves nothing."""

import base64
import hashlib
import socket
import time

import pytest
from botocore.exceptions import ClientError

from engine.s3 import blobs
from engine.s3.digest import ALGORITHMS

BODY = b"123456789"
# "Check" values of the CRC catalogue for the ASCII digits 1 to 9.
CRCS = {"crc32": 0xCBF43926, "crc32c": 0xE3069283, "crc64nvme": 0xAE8B14860A799888}


def files():
    return {path for path in blobs.root().rglob("*") if path.is_file()}


def b64(digest):
    return base64.b64encode(digest).decode()


def checksum(name, body=BODY):
    hasher = ALGORITHMS[name]()
    hasher.update(body)
    return b64(hasher.digest())


@pytest.mark.parametrize("name", CRCS)
def test_the_algorithms_are_what_they_say(name):
    hasher = ALGORITHMS[name]()
    hasher.update(BODY[:4])
    hasher.update(BODY[4:])
    assert int.from_bytes(hasher.digest(), "big") == CRCS[name]


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_checksum_is_verified_kept_and_answered(aws, s3, wire, name):
    header = f"x-amz-checksum-{name}"
    put = wire.send("PUT", "k", BODY, {header: checksum(name)})
    assert (put.status, put.headers[header]) == (200, checksum(name))
    assert wire.send("HEAD", "k", headers={"x-amz-checksum-mode": "ENABLED"}).headers[header] == checksum(name)
    assert header not in wire.send("HEAD", "k").headers
    before = files()
    wrong = wire.send("PUT", "other", BODY, {header: checksum(name, b"another")})
    assert wrong.status == 400 and b"<Code>BadDigest</Code>" in wrong.body
    malformed = wire.send("PUT", "other", BODY, {header: "abc"})
    assert malformed.status == 400 and b"<Code>InvalidRequest</Code>" in malformed.body
    assert files() == before and wire.send("HEAD", "other").status == 404


def test_two_checksums_or_none_where_one_is_announced(wire):
    both = {"x-amz-checksum-crc32": checksum("crc32"), "x-amz-checksum-sha1": checksum("sha1")}
    assert b"<Code>InvalidRequest</Code>" in wire.send("PUT", "k", BODY, both).body
    assert b"<Code>InvalidRequest</Code>" in wire.send("PUT", "k", BODY, {"x-amz-sdk-checksum-algorithm": "CRC32"}).body


def test_content_md5(wire):
    right = b64(hashlib.md5(BODY).digest())
    assert wire.send("PUT", "k", BODY, {"content-md5": right}).status == 200
    assert b"<Code>BadDigest</Code>" in wire.send("PUT", "k", BODY + b"!", {"content-md5": right}).body
    assert b"<Code>InvalidDigest</Code>" in wire.send("PUT", "k", BODY, {"content-md5": "nonsense"}).body


@pytest.mark.parametrize("size", [9, 3_000_000])
def test_a_body_that_is_not_what_was_signed(wire, size):
    before = files()
    answer = wire.send("PUT", "k", b"x" * size, payload_hash=hashlib.sha256(b"other").hexdigest())
    assert answer.status == 400 and b"<Code>XAmzContentSHA256Mismatch</Code>" in answer.body
    assert files() == before and wire.send("HEAD", "k").status == 404


def test_a_replaced_object_survives_a_bad_put(aws, s3, wire):
    s3.put_object(Bucket=aws.bucket, Key="k", Body=b"good")
    wire.send("PUT", "k", BODY, {"x-amz-checksum-crc32": checksum("crc32", b"bad")})
    assert s3.get_object(Bucket=aws.bucket, Key="k")["Body"].read() == b"good"


@pytest.mark.parametrize(("declared", "sent"), [(50_000_000, 5_000_000), (1000, 10)])
def test_an_upload_that_is_cut(aws, s3, wire, declared, sent):
    s3.put_object(Bucket=aws.bucket, Key="k", Body=b"good")
    before = files()
    path = f"/{aws.bucket}/k"
    headers = wire.sign("PUT", path, {"content-length": str(declared)}, "UNSIGNED-PAYLOAD")
    with socket.create_connection((wire.host, wire.port), timeout=10) as connection:
        lines = [f"PUT {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        connection.sendall("\r\n".join(lines).encode() + b"x" * sent)
        wait_until(lambda: files() != before or sent < 1 << 20)
    wait_until(lambda: files() == before)
    assert s3.get_object(Bucket=aws.bucket, Key="k")["Body"].read() == b"good"


def wait_until(is_so):
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_expect_100_continue_and_an_early_no(wire):
    """A refused upload is refused before its body is sent, and the connection isn't left with a body to come."""
    path = "/no-such-bucket-anywhere/k"
    headers = wire.sign("PUT", path, {"content-length": "5000000", "expect": "100-continue"}, "UNSIGNED-PAYLOAD")
    with socket.create_connection((wire.host, wire.port), timeout=10) as connection:
        lines = [f"PUT {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        connection.sendall("\r\n".join(lines).encode())
        answer = b""
        while block := connection.recv(65536):
            answer += block
    assert answer.startswith(b"HTTP/1.1 404") and b"NoSuchBucket" in answer and b"connection: close" in answer.lower()


def test_a_length_must_be_given(aws, wire):
    path = f"/{aws.bucket}/k"
    headers = wire.sign("PUT", path, {"transfer-encoding": "chunked"}, "UNSIGNED-PAYLOAD")
    with socket.create_connection((wire.host, wire.port), timeout=10) as connection:
        lines = [f"PUT {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        connection.sendall("\r\n".join(lines).encode() + b"3\r\nabc\r\n0\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 411")


def test_too_large(aws, s3):
    with pytest.raises(ClientError, match="EntityTooLarge"):
        s3.put_object(Bucket=aws.bucket, Key="k", Body=Endless(6 << 30), ContentLength=6 << 30)


class Endless:
    """A body that says it is ``size`` bytes, for a request that is refused before any is read."""

    def __init__(self, size):
        self.size, self.position = size, 0

    def read(self, amount=-1):
        return b""

    def seek(self, offset, whence=0):
        self.position = self.size if whence == 2 else offset

    def tell(self):
        return self.position
