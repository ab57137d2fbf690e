"""An uploaded model.tar.gz: received in constant memory, and checked before anything believes it. Nothing is unpacked."""

import hashlib
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.http import UnreadablePostError

from areas.model_registry.errors import RegistryError

CHUNK = 1024 * 1024
LARGEST = 5_000_000_000  # bytes, packed
LARGEST_UNPACKED = 20_000_000_000  # bytes
MOST_FILES = 10_000


class TooLarge(RegistryError):
    status, code = 413, "TooLarge"


@contextmanager
def received(stream, length: int, filename: str) -> Iterator[tuple[Path, str]]:
    """Yields (path, sha256) of exactly ``length`` bytes read from ``stream``; the file is gone afterwards.

    Raises RegistryError when it is too large, cut off half way, or when the disk is full."""
    if length > LARGEST:
        raise TooLarge(f"{filename} has {length:,} bytes; {LARGEST:,} are the most.", "file")
    folder = Path(settings.STUDIO_HOME) / "cache" / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="model-") as file:
        digest, left = hashlib.sha256(), length
        try:
            while left and (chunk := stream.read(min(CHUNK, left))):
                digest.update(chunk)
                file.write(chunk)
                left -= len(chunk)
            file.flush()
        except UnreadablePostError:
            pass
        except OSError as error:
            raise RegistryError(f"{filename} can't be stored: {error.strerror}.", "file") from None
        if left:
            raise RegistryError(
                f"{filename} was cut off after {length - left:,} of {length:,} bytes; nothing was kept.", "file"
            )
        yield Path(file.name), digest.hexdigest()


def check_archive(path: Path, filename: str) -> list[str]:
    """The names of the files in a gzipped tar. Raises RegistryError for what is none, or what could write outside of its folder."""
    found, total = [], 0
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                _check_member(member, filename)
                total += member.size
                if member.isfile():
                    found.append(member.name)
                if total > LARGEST_UNPACKED or len(found) > MOST_FILES:
                    raise RegistryError(
                        f"{filename} unpacks to more than {LARGEST_UNPACKED:,} bytes or {MOST_FILES:,} files.", "file"
                    )
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise RegistryError(f"{filename} is no gzipped tar that can be read: {error}.", "file") from None
    if not found:
        raise RegistryError(f"{filename} holds no files.", "file")
    return found


def _check_member(member: tarfile.TarInfo, filename: str) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts:
        raise RegistryError(f"{filename}: {member.name} leads out of the archive's own folder.", "file")
    if not (member.isfile() or member.isdir()):
        raise RegistryError(
            f"{filename}: {member.name} is a link or a device; only files and folders are taken.", "file"
        )
