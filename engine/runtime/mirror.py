"""Keeping a folder of the container's in step with a copy of ours: its checkpoints, say, while it writes them."""

import os
import time
from pathlib import Path

from engine.runtime import files

SETTLED = 1.0  # seconds since the last write after which a file counts as whole


class Mirror:
    """Mirrors ``folder`` below ``ml`` into ``target``. Files that are still being written wait for the next round."""

    def __init__(self, ml: Path, folder: str, target: Path):
        self.ml, self.folder, self.target = ml, folder, target
        self.known: dict[str, tuple[int, int]] = {}
        target.mkdir(parents=True, exist_ok=True)

    def update(self, *, final: bool = False) -> bool:
        """Copy what changed and remove what is gone. True if anything did."""
        seen, changed = set(), False
        for path, about, handle in files.walk(self.ml, self.folder):
            seen.add(path)
            state = (about.st_mtime_ns, about.st_size)
            if self.known.get(path) == state or (not final and time.time() - about.st_mtime < SETTLED):
                continue
            try:
                with files.open_walked(path, handle) as file:
                    files.copy_open(file, self.target / path)
                os.utime(self.target / path, ns=(about.st_atime_ns, about.st_mtime_ns))
            except OSError:
                continue  # gone or replaced since: the next round tells
            self.known[path] = state
            changed = True
        for path in self.known.keys() - seen:
            del self.known[path]
            (self.target / path).unlink(missing_ok=True)
            changed = True
        return changed
