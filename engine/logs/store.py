"""Log groups and streams for the engine's own code. Functions are synchronous; events lie in files (engine.logs.format)."""

import os
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction

from engine.errors import AwsError
from engine.logs import reader
from engine.logs.format import escape, format_line
from engine.models import LogGroup, LogStream

__all__ = ["append", "escape", "format_line", "open_stream", "path_of", "read"]


def root() -> Path:
    return settings.STUDIO_HOME / "logs"


def path_of(stream: LogStream) -> Path:
    return root() / stream.file


def read(path: Path, offset: int = 0, limit: int = reader.PAGE_EVENTS) -> tuple[list[reader.Event], int]:
    """``(events, next offset)``: up to ``limit`` events or 1 MB from byte ``offset``; see engine.logs.reader."""
    return reader.read(path, offset, limit)


def open_stream(account: str, region: str, group: str, stream: str) -> Path:
    """The stream's file, made with its rows if there is none yet; append to it with O_APPEND, a line at a time."""
    rows, _ = LogGroup.objects.get_or_create(account=account, region=region, name=group)
    row, _ = LogStream.objects.get_or_create(group=rows, name=stream, defaults={"file": new_file()})
    path = path_of(row)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    return path


def append(account: str, region: str, group: str, stream: str, lines: Iterable[tuple[int, str]]) -> None:
    """Add events, ``(epoch ms, message)`` each, to a stream that is made if need be."""
    write(open_stream(account, region, group, stream), lines)


def write(path: Path, lines: Iterable[tuple[int, str]]) -> None:
    """Add events to a stream's file in one write, so that writers don't mix within a line."""
    data = b"".join(format_line(ms, text) for ms, text in lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        while data:
            data = data[os.write(number, data) :]
    finally:
        os.close(number)


def new_file() -> str:
    name = uuid.uuid4().hex
    return f"{name[:2]}/{name[2:]}"


def group_of(account: str, region: str, name: str) -> LogGroup:
    group = LogGroup.objects.filter(account=account, region=region, name=name).first()
    if group is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def stream_of(account: str, region: str, group: str, name: str) -> LogStream:
    stream = LogStream.objects.filter(group=group_of(account, region, group), name=name).first()
    if stream is None:
        raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
    return stream


def create_group(account: str, region: str, name: str) -> None:
    try:
        with transaction.atomic():
            LogGroup.objects.create(account=account, region=region, name=name)
    except IntegrityError:
        raise AwsError("ResourceAlreadyExistsException", "The specified log group already exists") from None


def create_stream(account: str, region: str, group: str, name: str) -> None:
    try:
        with transaction.atomic():
            LogStream.objects.create(group=group_of(account, region, group), name=name, file=new_file())
    except IntegrityError:
        raise AwsError("ResourceAlreadyExistsException", "The specified log stream already exists") from None


def delete_group(account: str, region: str, name: str) -> None:
    with transaction.atomic():
        group = group_of(account, region, name)
        files = list(group.streams.values_list("file", flat=True))
        group.delete()
        transaction.on_commit(lambda: _remove(files))


def delete_stream(account: str, region: str, group: str, name: str) -> None:
    with transaction.atomic():
        stream = stream_of(account, region, group, name)
        stream.delete()
        transaction.on_commit(lambda: _remove([stream.file]))


def _remove(files: list[str]) -> None:
    for file in files:
        (root() / file).unlink(missing_ok=True)
