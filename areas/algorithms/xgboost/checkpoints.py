"""Boosters kept while training runs, so that a job that is started again goes on where it was."""

import os
import re
import time
from pathlib import Path

EVERY = 1.0  # seconds between checkpoints
KEEP = 5
_NAME = re.compile(r"xgboost-checkpoint\.(\d+)")


class Checkpoints:
    """``xgboost-checkpoint.<rounds>`` in the checkpoint folder; does nothing for a job that keeps none."""

    def __init__(self, folder: Path | None):
        self.folder, self.saved = folder, time.monotonic()

    def latest(self) -> tuple[int, bytearray | None]:
        """(rounds done, the booster's bytes) of the newest checkpoint; (0, None) if there is none."""
        found = self._found()
        return (found[-1][0], bytearray(found[-1][1].read_bytes())) if found else (0, None)

    def save(self, booster, rounds: int, *, at_once: bool = False) -> None:
        """About every second; ``at_once`` when the job is told to end: a spot instance is taken away."""
        if self.folder is None or (not at_once and time.monotonic() - self.saved < EVERY):
            return
        path = self.folder / f"xgboost-checkpoint.{rounds}"
        temporary = path.with_name(f"{path.name}.part")  # a name that is not copied to S3
        temporary.write_bytes(booster.save_raw("ubj"))
        os.replace(temporary, path)
        for _, old in self._found()[:-KEEP]:
            old.unlink(missing_ok=True)
        self.saved = time.monotonic()

    def _found(self) -> list[tuple[int, Path]]:
        if self.folder is None:
            return []
        named = ((_NAME.fullmatch(path.name), path) for path in self.folder.iterdir())
        return sorted((int(match[1]), path) for match, path in named if match)
