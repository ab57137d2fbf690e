"""Files that two processes share: whole JSON by rename, and folders that a hostile container may have filled."""

import json
import os
import shutil
import stat
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath


def write_json(path: Path, value) -> None:
    """Write ``value`` so that a reader sees all of it or the file before. Mode 0600: specs hold credentials."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(value, file)
    os.replace(unfinished, path)


def read_json(path: Path):
    """The value, or None if there is no such file."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None


def below(root: Path, relative: str) -> Path:
    """``root/relative``; ValueError if that leaves ``root``."""
    parts = PurePosixPath(relative).parts
    if ".." in parts or relative.startswith("/"):
        raise ValueError(f"{relative!r} leaves its folder")
    return root.joinpath(*parts)


def open_below(root: Path, relative: str, flags: int = os.O_RDONLY) -> int:
    """A descriptor of ``root/relative``, opened without following any symbolic link on the way.

    The container could have put a link to a file of ours where its output is expected. OSError if there is one.
    """
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    parts = PurePosixPath(relative).parts
    try:
        for part in parts[:-1]:
            following = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
            os.close(handle)
            handle = following
        if not parts:
            return os.dup(handle)
        return os.open(parts[-1], flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=handle)
    finally:
        os.close(handle)


def walk(root: Path, relative: str) -> Iterator[tuple[str, os.stat_result, int]]:
    """``(path below relative, stat, descriptor of its folder)`` of every regular file, in order; links are left out."""
    try:
        top = open_below(root, relative, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        for folder, folders, names, handle in os.fwalk(".", dir_fd=top):
            folders.sort()
            for name in sorted(names):
                with suppress(FileNotFoundError):
                    found = os.stat(name, dir_fd=handle, follow_symlinks=False)
                    if stat.S_ISREG(found.st_mode):
                        yield os.path.normpath(f"{folder}/{name}"), found, handle
    finally:
        os.close(top)


def open_walked(path: str, handle: int):
    """The file that ``walk`` told of, open for reading."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return os.fdopen(os.open(os.path.basename(path), flags, dir_fd=handle), "rb", buffering=0)


def pack(root: Path, relative: str, target: Path) -> bool:
    """Pack the files below ``root/relative`` into a gzipped tar without a top folder. False (no tar) if there are none."""
    found = False
    unfinished = target.with_name(f".{target.name}")
    with tarfile.open(unfinished, "w:gz", compresslevel=1) as tar:
        for path, about, handle in walk(root, relative):
            found = True
            info = tarfile.TarInfo(path)
            info.mtime, info.mode = int(about.st_mtime), stat.S_IMODE(about.st_mode) & 0o777
            with open_walked(path, handle) as file:
                info.size = os.fstat(file.fileno()).st_size
                tar.addfile(info, file)
    if found:
        os.replace(unfinished, target)
    else:
        unfinished.unlink()
    return found


def copy_tree(root: Path, relative: str, target: Path) -> bool:
    """Copy the files below ``root/relative`` into the folder ``target``. False if there are none."""
    found = False
    for path, _, handle in walk(root, relative):
        found = True
        with open_walked(path, handle) as file:
            copy_open(file, target / path)
    return found


def copy_open(source, target: Path) -> None:
    """Copy an open file to ``target``, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.part")
    with open(unfinished, "wb", buffering=0) as file:
        copy_bytes(source.fileno(), file.fileno())
    os.replace(unfinished, target)


def copy_file(source: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(source, "rb", buffering=0) as reading, open(target, "wb", buffering=0) as writing:
        copy_bytes(reading.fileno(), writing.fileno())


def copy_bytes(source: int, target: int) -> None:
    """Copy in the kernel where it can."""
    try:
        while os.copy_file_range(source, target, 1 << 30):
            pass
    except (OSError, AttributeError):
        with open(source, "rb", closefd=False) as reading, open(target, "wb", closefd=False) as writing:
            shutil.copyfileobj(reading, writing, 1 << 20)


def extract(archive: str, target: Path) -> None:
    """Unpack a tar of any compression below ``target``; ValueError in one sentence if it is broken or unsafe."""
    target.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(target, filter="data")
    except tarfile.FilterError as error:
        raise ValueError(
            f"the archive can't be unpacked: {error.tarinfo.name!r} doesn't lie below its folder"
        ) from error
    except tarfile.ReadError as error:
        raise ValueError(
            "the archive can't be unpacked: it is no tar, such as tar -czf makes, or it is broken"
        ) from error
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(f"the archive can't be unpacked: {error}") from error
