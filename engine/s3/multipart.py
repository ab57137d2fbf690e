"""Uploads in parts. A part is a blob of its own; completing appends them to one file and makes that the object."""

import os
import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from django.db import InterfaceError, OperationalError, transaction

from engine.errors import AwsError
from engine.models import Part, Upload
from engine.s3 import blobs, store, xml
from engine.s3.copying import copied, source_of
from engine.s3.digest import ALGORITHMS, COMPOSITE, FULL_OBJECT, Digests, checksum_of_parts, known, multipart_etag
from engine.s3.headers import attributes_of, check_write
from engine.s3.intake import Incoming, check_length
from engine.s3.objects import owned_bucket
from engine.s3.request import Reply, Request
from engine.s3.threads import run_orm

LEAST = 5 << 20  # bytes of a part that isn't the last
MOST_PARTS = 10_000
_PART_RANGE = "x-amz-copy-source-range"


def create_upload(request: Request) -> Reply:
    bucket = owned_bucket(request)
    algorithm = request.headers.get("x-amz-checksum-algorithm", "")
    algorithm = known(algorithm) if algorithm else ""
    kind = request.headers.get("x-amz-checksum-type", "") if algorithm else ""
    if algorithm and not kind:
        kind = FULL_OBJECT if algorithm == "crc64nvme" else COMPOSITE
    if (kind, algorithm) in ((COMPOSITE, "crc64nvme"), (FULL_OBJECT, "sha1"), (FULL_OBJECT, "sha256")) or kind not in (
        "", COMPOSITE, FULL_OBJECT,
    ):  # fmt: skip
        raise AwsError(
            "InvalidRequest", f"The {kind} checksum type cannot be used with the {algorithm} checksum algorithm."
        )
    upload = Upload.objects.create(
        id=secrets.token_urlsafe(40), bucket=bucket, key=request.key, attributes=asdict(attributes_of(request)),
        checksum=algorithm, checksum_type=kind,
    )  # fmt: skip
    headers = {"x-amz-checksum-algorithm": algorithm.upper(), "x-amz-checksum-type": kind} if algorithm else {}
    body = xml.tags(Bucket=request.bucket, Key=request.key, UploadId=upload.id)
    return Reply(headers=headers, body=xml.document("InitiateMultipartUploadResult", body))


def upload_of(request: Request, rows=Upload.objects) -> Upload:
    """The upload that the request names, or NoSuchUpload."""
    upload = rows.filter(id=request.query["uploadId"], bucket=owned_bucket(request), key=request.key).first()
    if upload is None:
        raise AwsError(
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
            404, UploadId=request.query["uploadId"],
        )  # fmt: skip
    return upload


def _part_number(request: Request) -> int:
    try:
        return request.number("partNumber", 0, 1, MOST_PARTS)
    except AwsError:
        raise AwsError("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive") from None


async def upload_part(request: Request) -> Reply:
    check_length(request)
    number = _part_number(request)
    upload = await run_orm(upload_of, request)
    with Incoming(request, upload.checksum) as incoming:
        if upload.checksum and incoming.algorithm not in ("", upload.checksum):
            raise AwsError(
                "InvalidRequest",
                f"Checksum Type mismatch occurred, expected checksum Type: {upload.checksum}, "
                f"actual checksum Type: {incoming.algorithm}",
            )
        await incoming.take()
        return await run_orm(_store_part, upload, number, incoming)


def _store_part(upload: Upload, number: int, incoming: Incoming) -> Reply:
    checksums = incoming.finish()
    if upload.checksum and not checksums:
        checksums = {upload.checksum: incoming.digests.base64(upload.checksum)}
    checksums.pop("type", None)
    part = _save_part(upload, number, incoming.path, incoming.digests, checksums)
    return Reply(
        headers={"etag": f'"{part.etag}"', **{f"x-amz-checksum-{name}": value for name, value in checksums.items()}}
    )


def _save_part(upload: Upload, number: int, unfinished: Path, digests: Digests, checksums: dict) -> Part:
    """Make a finished file part ``number``, in place of the one there may be."""
    blob = blobs.place(unfinished)
    values = {
        "blob": blob, "size": digests.size, "etag": digests.etag, "checksums": checksums, "modified": datetime.now(UTC),
    }  # fmt: skip
    try:
        with transaction.atomic():
            # The lock keeps the upload from being completed or aborted meanwhile, and parts from passing each other.
            if not Upload.objects.select_for_update().filter(id=upload.id).exists():
                raise AwsError("NoSuchUpload", "The specified upload does not exist.", 404, UploadId=upload.id)
            replaced = list(Part.objects.filter(upload=upload, number=number).values_list("blob", flat=True))
            part, _ = Part.objects.update_or_create(upload=upload, number=number, defaults=values)
            transaction.on_commit(lambda: blobs.remove(*replaced))
            return part
    except (OperationalError, InterfaceError):
        raise  # it may be written all the same: if it isn't, the sweep takes the blob
    except BaseException:
        blobs.remove(blob)
        raise


def copy_part(request: Request) -> Reply:
    upload, number = upload_of(request), _part_number(request)
    while True:
        source = source_of(request)
        try:
            file = os.open(store.path_of(source), os.O_RDONLY)
            break
        except FileNotFoundError:
            store.check_replaced(source)
    unfinished = blobs.new_file()
    try:
        start, size = _copy_range(request, source.size)
        digests = Digests([upload.checksum] if upload.checksum else [])
        with open(unfinished, "xb", buffering=0) as target:
            blobs.copy_into(file, target.fileno(), size, start)
        while size:
            block = os.pread(file, min(size, blobs.BLOCK), start)
            digests.update(block)
            start, size = start + len(block), size - len(block)
        checksums = {upload.checksum: digests.base64(upload.checksum)} if upload.checksum else {}
        part = _save_part(upload, number, unfinished, digests, checksums)
    finally:
        os.close(file)
        unfinished.unlink(missing_ok=True)
    return Reply(body=xml.document("CopyPartResult", copied(part.etag, part.modified, part.checksums)))


def _copy_range(request: Request, size: int) -> tuple[int, int]:
    header = request.headers.get(_PART_RANGE)
    if header is None:
        return 0, size
    first, _, last = header.removeprefix("bytes=").partition("-")
    if not (header.startswith("bytes=") and first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
        raise AwsError(
            "InvalidArgument", f"The {_PART_RANGE} value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy",
        )  # fmt: skip
    if int(last) >= size:
        raise AwsError("InvalidArgument", f"Range specified is not valid for source object of size: {size}")
    return int(first), int(last) - int(first) + 1


def list_parts(request: Request) -> Reply:
    upload = upload_of(request)
    limit = min(request.number("max-parts", 1000, 1), 1000)
    marker = request.number("part-number-marker", 0)
    found = list(upload.parts.filter(number__gt=marker).order_by("number")[: limit + 1])
    page, is_truncated = found[:limit], len(found) > limit
    owner = xml.tags(ID=request.account, DisplayName=request.account)
    body = xml.tags(
        Bucket=request.bucket, Key=request.key, UploadId=upload.id, PartNumberMarker=marker,
        NextPartNumberMarker=page[-1].number if page else 0, MaxParts=limit, IsTruncated=is_truncated,
        StorageClass="STANDARD", ChecksumAlgorithm=upload.checksum.upper() or None, ChecksumType=upload.checksum_type or None,
    )  # fmt: skip
    body += f"<Initiator>{owner}</Initiator><Owner>{owner}</Owner>"
    for part in page:
        body += "<Part>" + xml.tags(PartNumber=part.number, Size=part.size)
        body += copied(part.etag, part.modified, part.checksums) + "</Part>"
    return Reply(body=xml.document("ListPartsResult", body))


def abort_upload(request: Request) -> Reply:
    with transaction.atomic():
        upload = upload_of(request, Upload.objects.select_for_update())
        _forget(upload)
    return Reply(204)


def _forget(upload: Upload) -> None:
    gone = list(upload.parts.values_list("blob", flat=True))
    upload.delete()
    transaction.on_commit(lambda: blobs.remove(*gone))


def complete_upload(request: Request) -> Reply:
    check = check_write(request)
    wanted = _wanted_parts(request)
    upload = upload_of(request)
    parts = _check_parts(upload, wanted)
    checksums = _whole_checksum(request, upload, parts)
    size = sum(part.size for part in parts)
    if request.headers.get("x-amz-mp-object-size", str(size)) != str(size):
        raise AwsError(
            "InvalidRequest", "The provided 'x-amz-mp-object-size' header value does not match the size of the object."
        )
    etag = multipart_etag([part.etag for part in parts])
    unfinished = blobs.new_file()
    try:
        _append(parts, unfinished)
        with transaction.atomic():
            # Of two clients that complete the same upload, the second finds it gone.
            locked = upload_of(request, Upload.objects.select_for_update())
            row = store.save(
                locked.bucket,
                upload.key,
                unfinished,
                size,
                etag,
                store.Attributes(**upload.attributes),
                checksums,
                check,
            )
            _forget(locked)
    except FileNotFoundError:
        upload_of(request)  # a part went while we copied: the upload was ended, or the part replaced
        raise _invalid_part() from None
    finally:
        unfinished.unlink(missing_ok=True)
    where = f"http://{request.headers.get('host', '')}/{request.bucket}/{request.key}"
    body = xml.tags(Location=where, Bucket=request.bucket, Key=request.key, ETag=f'"{row.etag}"')
    body += xml.checksums(checksums)
    return Reply(body=xml.document("CompleteMultipartUploadResult", body))


def _wanted_parts(request: Request) -> list[tuple[int, str, dict]]:
    """``(number, etag, checksums)`` of each part in the request's document, in ascending order."""
    wanted = []
    for node in xml.read(request.body, "CompleteMultipartUpload").findall("Part"):
        number = (node.findtext("PartNumber") or "").strip()
        etag = (node.findtext("ETag") or "").strip().strip('"')
        if not number.isdecimal():
            raise xml.malformed()
        given = {name: node.findtext(f"Checksum{name.upper()}") for name in ALGORITHMS}
        wanted.append((int(number), etag, {name: value for name, value in given.items() if value}))
    if not wanted or len(wanted) > MOST_PARTS:
        raise xml.malformed()
    numbers = [number for number, _, _ in wanted]
    if numbers != sorted(set(numbers)):
        raise AwsError(
            "InvalidPartOrder",
            "The list of parts was not in ascending order. The parts list must be specified in order by part number.",
        )
    return wanted


def _check_parts(upload: Upload, wanted: list[tuple[int, str, dict]]) -> list[Part]:
    stored = {part.number: part for part in upload.parts.all()}
    parts = []
    for number, etag, checksums in wanted:
        part = stored.get(number)
        if (
            part is None
            or part.etag != etag
            or any(part.checksums.get(name) != value for name, value in checksums.items())
        ):
            raise _invalid_part(PartNumber=str(number), ETag=etag)
        parts.append(part)
    for part in parts[:-1]:
        if part.size < LEAST:
            raise AwsError(
                "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
                ProposedSize=str(part.size), MinSizeAllowed=str(LEAST), PartNumber=str(part.number), ETag=part.etag,
            )  # fmt: skip
    return parts


def _invalid_part(**extra) -> AwsError:
    return AwsError(
        "InvalidPart",
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified "
        "entity tag may not match the part's entity tag.",
        **extra,
    )


def _whole_checksum(request: Request, upload: Upload, parts: list[Part]) -> dict:
    algorithm = upload.checksum
    if not algorithm:
        return {}
    value = checksum_of_parts(
        algorithm, upload.checksum_type, [(part.checksums[algorithm], part.size) for part in parts]
    )
    declared = request.headers.get(f"x-amz-checksum-{algorithm}")
    if declared and declared not in (value, value.rpartition("-")[0]):
        raise AwsError("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
    return {algorithm: value, "type": upload.checksum_type}


def _append(parts: list[Part], unfinished: Path) -> None:
    if len(parts) == 1:
        os.link(blobs.path_of(parts[0].blob), unfinished)
        return
    with open(unfinished, "xb", buffering=0) as target:
        for part in parts:
            with open(blobs.path_of(part.blob), "rb", buffering=0) as source:
                blobs.copy_into(source.fileno(), target.fileno(), part.size)
