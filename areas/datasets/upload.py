"""Receiving a file: streamed to a temporary file in constant memory, then checked and made a version."""

import hashlib
import tempfile
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.http import UnreadablePostError

from areas.datasets.errors import DatasetError, TooLarge

CHUNK = 1024 * 1024


@contextmanager
def received(stream, length: int, filename: str):
    """Yields (path, sha256) of exactly ``length`` bytes read from ``stream``; the file is gone afterwards.

    Raises DatasetError when the file is too large (TooLarge), when it is cut half way, or when the disk is full.
    """
    limit = settings.DATASET_UPLOAD_LIMIT
    if length > limit:
        raise TooLarge(f"{filename} is {_size(length)}; {_size(limit)} is the most.", field="file")
    folder = Path(settings.STUDIO_HOME) / "cache" / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="upload-") as file:
        digest, left = hashlib.sha256(), length
        try:
            while left:
                chunk = stream.read(min(CHUNK, left))
                if not chunk:
                    break
                digest.update(chunk)
                file.write(chunk)
                left -= len(chunk)
            file.flush()
        except UnreadablePostError:
            pass
        except OSError as error:
            raise DatasetError(f"{filename} can't be stored: {error.strerror}.", field="file") from None
        if left:
            raise DatasetError(
                f"{filename} was cut off after {_size(length - left)} of {_size(length)}; nothing was kept.",
                field="file",
            )
        yield Path(file.name), digest.hexdigest()


def _size(count: int) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"
