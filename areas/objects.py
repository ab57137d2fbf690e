"""Objects in S3 as pages read them: what a folder holds, the first part of an object, what kind it is. Asked of S3 with the
rights of whoever acts."""

import io
from dataclasses import dataclass

from areas.calls import CallFailed, call

PAGE = 200  # files and folders of a page
HEAD = 512 * 1024  # bytes that a preview reads
BLOCK = 1024 * 1024  # bytes that one request of a Parquet file's reader fetches
MISSING = ("NoSuchBucket", "NoSuchKey", "404")
IMAGES = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "svg": "image/svg+xml"}
_WORDS = {  # by the end of a name: what text is
    "csv": "csv", "tsv": "tsv", "json": "json", "jsonl": "jsonl", "ndjson": "jsonl", "md": "markdown", "svg": "svg",
    "html": "html", "htm": "html", "ipynb": "json",
}  # fmt: skip


@dataclass(frozen=True)
class File:
    """An object below a place. ``name`` is its key after the folder that was listed, ``modified`` a datetime."""

    uri: str
    name: str
    size: int
    modified: object
    etag: str = ""


@dataclass(frozen=True)
class Folder:
    """A page of a folder: ``folders`` as (name, uri), ``more`` is the token of the next page, ``failed`` S3's refusal."""

    folders: tuple[tuple[str, str], ...] = ()
    files: tuple[File, ...] = ()
    more: str = ""
    failed: CallFailed | None = None


def split(uri: str) -> tuple[str, str]:
    """``s3://bucket/key`` as bucket and key."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def listing(connection, uri: str, *, more: str = "", deep: bool = False, most: int = PAGE) -> Folder:
    """A page of what lies below ``uri``; ``deep`` lists the files of its folders too. A bucket that isn't there is empty."""
    bucket, prefix = split(uri)
    request = {"Bucket": bucket, "Prefix": prefix, "MaxKeys": most}
    if not deep:
        request["Delimiter"] = "/"
    if more:
        request["ContinuationToken"] = more
    try:
        found = call(connection, "ListObjectsV2", service="s3", **request)
    except CallFailed as failed:
        return Folder() if failed.code in MISSING else Folder(failed=failed)
    folders = tuple(
        (one["Prefix"][len(prefix) :], f"s3://{bucket}/{one['Prefix']}") for one in found.get("CommonPrefixes", ())
    )
    files = tuple(
        File(f"s3://{bucket}/{one['Key']}", one["Key"][len(prefix) :], one["Size"], one["LastModified"], one["ETag"])
        for one in found.get("Contents", ()) if one["Key"] != prefix
    )  # fmt: skip
    return Folder(folders, files, found.get("NextContinuationToken", ""))


def read(connection, uri: str, most: int = HEAD) -> tuple[bytes, int]:
    """The first ``most`` bytes of an object, and how many it has. Raises CallFailed in S3's words."""
    return _part(connection, uri, 0, most)


def _part(connection, uri: str, start: int, size: int) -> tuple[bytes, int]:
    bucket, key = split(uri)
    try:
        answer = call(
            connection, "GetObject", service="s3", Bucket=bucket, Key=key, Range=f"bytes={start}-{start + size - 1}"
        )
    except CallFailed as failed:
        if failed.code == "InvalidRange" and not start:
            return b"", 0  # an empty object has no first byte
        raise
    with answer["Body"] as body:
        data = body.read()
    return data, int(answer.get("ContentRange", "").rpartition("/")[2] or len(data))


def kind_of(name: str, head: bytes) -> str:
    """What an object is, by its bytes and then by its name: png, jpeg, gif, webp, svg, parquet, csv, tsv, json, jsonl, markdown,
    html, text or binary."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith(b"PAR1"):
        return "parquet"
    if b"\0" in head[:8192] or text_of(head) is None:
        return "binary"
    kind = _WORDS.get(name.lower().rpartition(".")[2] if "." in name else "", "text")
    if kind == "svg" and b"<svg" not in head[:4096]:
        return "text"
    return kind


def text_of(head: bytes) -> str | None:
    """UTF-8 text, also where a preview's end cuts a letter in two; None for anything else."""
    for cut in range(4):
        try:
            return head[: len(head) - cut].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            if error.start < len(head) - 4:
                return None
    return None


class Ranged(io.RawIOBase):
    """An object in S3 as a file that can be sought: fetches only what is read, so that a large Parquet file costs its end and
    its first rows."""

    def __init__(self, connection, uri: str, size: int):
        self.connection, self.uri, self.size, self.place = connection, uri, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.size}[whence]
        self.place = start + offset
        return self.place

    def tell(self) -> int:
        return self.place

    def readinto(self, target) -> int:
        wanted = min(len(target), self.size - self.place)
        if wanted <= 0:
            return 0
        data, _ = _part(self.connection, self.uri, self.place, wanted)
        target[: len(data)] = data
        self.place += len(data)
        return len(data)
