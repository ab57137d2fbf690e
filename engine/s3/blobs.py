"""The files that hold objects' bytes: ``$STUDIO_HOME/s3/<2 hex>/<30 hex>``, written in ``s3/tmp`` and then renamed.

A blob never changes and never has two owners. Names come from uuid4, so no key or bucket ever reaches the file system.
"""

import contextlib
import os
import time
import uuid
from pathlib import Path

from django.conf import settings

BLOCK = 1 << 20  # bytes read or written at once


def root() -> Path:
    return settings.STUDIO_HOME / "s3"


def new_file() -> Path:
    """A path in the folder of unfinished files, where nothing is yet."""
    folder = root() / "tmp"
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
    return folder / uuid.uuid4().hex


def path_of(blob: str) -> Path:
    return root() / blob


def place(unfinished: Path) -> str:
    """Make a finished file a blob (a rename, so it must lie below the same home) and return the blob's name."""
    name = uuid.uuid4().hex
    blob = f"{name[:2]}/{name[2:]}"
    try:
        os.rename(unfinished, root() / blob)
    except FileNotFoundError:
        (root() / blob).parent.mkdir(exist_ok=True)
        os.rename(unfinished, root() / blob)
    return blob


def remove(*blobs: str) -> None:
    for blob in blobs:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(root() / blob)


def copy_into(source: int, target: int, size: int, offset: int = 0) -> None:
    """Copy ``size`` bytes from ``offset`` of one descriptor to the end of another, inside the kernel."""
    while size:
        copied = os.copy_file_range(source, target, min(size, 64 * BLOCK), offset_src=offset)
        if not copied:
            raise OSError(f"A blob is {size} bytes shorter than its row says.")
        offset, size = offset + copied, size - copied


def sweep(is_owned, older_than: float = 3600) -> int:
    """Delete unfinished files and blobs without an owner that were last written ``older_than`` seconds ago or earlier.

    ``is_owned(names) -> set`` tells which of a folder's blobs the database knows. Returns how many files went.
    """
    if not root().is_dir():
        return 0
    limit = time.time() - older_than
    gone = 0
    for folder in sorted(root().iterdir()):
        old = [entry.name for entry in os.scandir(folder) if entry.stat().st_ctime < limit]
        names = [f"{folder.name}/{name}" for name in old]
        owned = set() if folder.name == "tmp" else is_owned(names)
        orphans = [name for name in names if name not in owned]
        remove(*orphans)
        gone += len(orphans)
    return gone
