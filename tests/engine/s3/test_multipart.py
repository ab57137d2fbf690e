"""Uploads in parts: boto3's own transfers, and the rules that parts must keep."""

import base64
import os
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from engine.s3 import app, blobs, multipart

MIB = 1 << 20


def code(call, **request):
    with pytest.raises(ClientError) as error:
        call(**request)
    return error.value.response["Error"]["Code"]


@pytest.fixture
def upload(aws, s3):
    """``request``: bucket, key and upload id of an upload that has begun."""
    created = s3.create_multipart_upload(Bucket=aws.bucket, Key="whole", ContentType="a/b", Metadata={"who": "alice"})
    return {"Bucket": aws.bucket, "Key": "whole", "UploadId": created["UploadId"]}


def test_upload_file_and_download_file(aws, s3, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(20 * MIB))
    s3.upload_file(str(source), aws.bucket, "k", ExtraArgs={"Metadata": {"who": "alice"}})
    head = s3.head_object(Bucket=aws.bucket, Key="k")
    assert head["ETag"].endswith('-3"') and head["ContentLength"] == 20 * MIB and head["Metadata"] == {"who": "alice"}
    s3.download_file(aws.bucket, "k", str(target))
    assert source.read_bytes() == target.read_bytes()
    assert s3.list_multipart_uploads(Bucket=aws.bucket).get("Uploads", []) == []


def test_parts_of_any_order_and_a_replaced_one(s3, aws, upload):
    bodies = {n: bytes([n]) * (5 * MIB) for n in (1, 2)} | {3: b"end"}
    s3.upload_part(**upload, PartNumber=2, Body=b"\xff" * 5 * MIB)
    with ThreadPoolExecutor(3) as pool:
        sent = pool.map(lambda n: s3.upload_part(**upload, PartNumber=n, Body=bodies[n])["ETag"], (3, 2, 1))
    etags = dict(zip((3, 2, 1), sent, strict=True))
    listed = s3.list_parts(**upload)
    assert [(part["PartNumber"], part["Size"]) for part in listed["Parts"]] == [(1, 5 * MIB), (2, 5 * MIB), (3, 3)]
    first = s3.list_parts(**upload, MaxParts=2)
    assert first["IsTruncated"] and first["NextPartNumberMarker"] == 2
    parts = [{"PartNumber": n, "ETag": etags[n]} for n in (1, 2, 3)]
    files = [path for path in blobs.root().rglob("*") if path.is_file()]
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert done["Key"] == "whole" and done["ETag"].endswith('-3"')
    got = s3.get_object(Bucket=aws.bucket, Key="whole")
    assert got["Body"].read() == b"".join(bodies[n] for n in (1, 2, 3))
    assert (got["ContentType"], got["Metadata"]) == ("a/b", {"who": "alice"})
    assert (
        len([path for path in blobs.root().rglob("*") if path.is_file()]) == len(files) - 2
    )  # three parts, one object
    assert code(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": parts}) == "NoSuchUpload"


def test_what_completing_refuses(s3, upload):
    small = s3.upload_part(**upload, PartNumber=1, Body=b"small")["ETag"]
    last = s3.upload_part(**upload, PartNumber=2, Body=b"last")["ETag"]

    def complete(*parts):
        return code(s3.complete_multipart_upload, **upload, MultipartUpload={
            "Parts": [{"PartNumber": number, "ETag": etag} for number, etag in parts]})  # fmt: skip

    assert complete((1, small), (2, last)) == "EntityTooSmall"
    assert complete((2, last), (1, small)) == "InvalidPartOrder"
    assert complete((1, last)) == "InvalidPart"
    assert complete((3, last)) == "InvalidPart"
    assert complete() == "MalformedXML"
    assert code(s3.upload_part, **upload, PartNumber=10_001, Body=b"x") == "InvalidArgument"
    # None of it harmed the upload.
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": last}]})
    assert s3.get_object(Bucket=upload["Bucket"], Key="whole")["Body"].read() == b"last"


def test_abort_leaves_nothing(s3, upload):
    before = {path for path in blobs.root().rglob("*") if path.is_file()}
    s3.upload_part(**upload, PartNumber=1, Body=b"x" * 100)
    s3.abort_multipart_upload(**upload)
    assert {path for path in blobs.root().rglob("*") if path.is_file()} == before
    assert code(s3.abort_multipart_upload, **upload) == "NoSuchUpload"
    assert code(s3.upload_part, **upload, PartNumber=1, Body=b"x") == "NoSuchUpload"
    assert code(s3.list_parts, **upload) == "NoSuchUpload"
    assert {path for path in blobs.root().rglob("*") if path.is_file()} == before


def test_list_uploads(aws, s3):
    ids = [(key, s3.create_multipart_upload(Bucket=aws.bucket, Key=key)["UploadId"]) for key in ("b", "a", "a", "p/c")]
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=aws.bucket, PaginationConfig={"PageSize": 1})
    found = [(upload["Key"], upload["UploadId"]) for page in pages for upload in page["Uploads"]]
    assert found == sorted(ids)
    assert [upload["Key"] for upload in s3.list_multipart_uploads(Bucket=aws.bucket, Prefix="p/")["Uploads"]] == ["p/c"]


def test_copying_parts(aws, s3, upload):
    body = os.urandom(6 * MIB)
    s3.put_object(Bucket=aws.bucket, Key="source", Body=body)
    source = {"Bucket": aws.bucket, "Key": "source"}
    first = s3.upload_part_copy(**upload, PartNumber=1, CopySource=source)["CopyPartResult"]["ETag"]
    tail = s3.upload_part_copy(**upload, PartNumber=2, CopySource=source, CopySourceRange="bytes=10-19")
    assert code(s3.upload_part_copy, **upload, PartNumber=3, CopySource=source, CopySourceRange="bytes=0-99999999") == (
        "InvalidArgument"
    )
    parts = [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": tail["CopyPartResult"]["ETag"]}]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket=aws.bucket, Key="whole")["Body"].read() == body + body[10:20]


@pytest.mark.parametrize("kind", ["COMPOSITE", "FULL_OBJECT"])
def test_checksums_of_parts(aws, s3, kind):
    bodies = [os.urandom(5 * MIB), b"end"]
    created = s3.create_multipart_upload(Bucket=aws.bucket, Key="k", ChecksumAlgorithm="CRC32", ChecksumType=kind)
    upload = {"Bucket": aws.bucket, "Key": "k", "UploadId": created["UploadId"]}
    parts = []
    for number, body in enumerate(bodies, 1):
        sent = s3.upload_part(**upload, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32")
        parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumCRC32": sent["ChecksumCRC32"]})
    wrong = [parts[0], parts[1] | {"ChecksumCRC32": parts[0]["ChecksumCRC32"]}]
    assert code(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": wrong}) == "InvalidPart"
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    raw = [zlib.crc32(body).to_bytes(4, "big") for body in bodies]
    whole = zlib.crc32(b"".join(bodies if kind == "FULL_OBJECT" else raw)).to_bytes(4, "big")
    expected = base64.b64encode(whole).decode() + ("" if kind == "FULL_OBJECT" else "-2")
    assert (done["ChecksumCRC32"], done["ChecksumType"]) == (expected, kind)
    head = s3.head_object(Bucket=aws.bucket, Key="k", ChecksumMode="ENABLED")
    assert head["ChecksumCRC32"] == expected
    assert s3.get_object(Bucket=aws.bucket, Key="k")["Body"].read() == b"".join(bodies)  # boto3 checks it, too


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_long_completion_keeps_the_client_waiting(s3, upload, monkeypatch, is_lost):
    """Blanks go out while the parts are put together; what comes of it, even an error, is told at the end."""
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"part")["ETag"]
    append = multipart._append

    def slowly(parts, unfinished):
        time.sleep(0.3)
        if is_lost:
            raise OSError("disk full")
        append(parts, unfinished)

    monkeypatch.setattr(app, "PATIENCE", 0.05)
    monkeypatch.setattr(multipart, "_append", slowly)
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    if is_lost:
        assert code(s3.complete_multipart_upload, **upload, MultipartUpload=parts) == "InternalError"
        assert len(s3.list_parts(**upload)["Parts"]) == 1
    else:
        assert s3.complete_multipart_upload(**upload, MultipartUpload=parts)["ETag"].endswith('-1"')
        assert s3.get_object(Bucket=upload["Bucket"], Key="whole")["Body"].read() == b"part"
