"""What the hooks of all frameworks share."""

import atexit
import json
import os
from enum import Enum
from pathlib import Path

from areas.debugger.hook.config import check, collections
from areas.debugger.hook.writer import Writer


class modes(Enum):
    TRAIN = "train"
    EVAL = "eval"
    PREDICT = "predict"
    GLOBAL = "global"


class BaseHook:
    """Gathers a step's tensors and saves those that the job's DebugHookConfig asks for. A job without one saves nothing."""

    patterns: dict[str, tuple[str, ...]] = {}
    default: tuple[str, ...] = ("losses",)

    def __init__(self, config: dict | None, folder: Path | None):
        self.mode, self.step, self.mode_steps = modes.TRAIN, -1, {}
        self.found, self.placed, self.due = {}, {}, set()
        self.writer = None
        if config is not None:
            check(config)
            self.writer = Writer(folder, collections(config, self.patterns, self.default))
            atexit.register(self.close)

    @classmethod
    def create_from_json_file(cls, json_file_path: str = ""):
        """The hook that the job's ``debughookconfig.json`` describes."""
        base = os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml"
        path = Path(json_file_path or f"{base}/input/config/debughookconfig.json")
        if not path.exists():
            return cls(None, None)
        config = json.loads(path.read_text())
        local = config.get("LocalPath") or "/opt/ml/output/tensors"
        return cls(config, Path(local.replace("/opt/ml", base, 1)))

    def set_mode(self, mode: modes) -> None:
        self.mode = mode

    def begin_step(self) -> None:
        """A new step: what was gathered for the one before is saved."""
        self.save()
        self.step += 1
        self.mode_steps[self.mode] = self.mode_steps.get(self.mode, -1) + 1
        if self.writer:
            self.due = self.writer.due(self.step, self.mode.value)
            self.saved_mode = self.mode

    def wants(self, name: str, home: str = "") -> bool:
        return bool(self.due) and (home in self.due or bool(self.writer.wants(self.due, name)))

    def add(self, name: str, value, home: str = "") -> None:
        """A tensor of this step; ``home`` is its collection, where its name doesn't say."""
        if self.step < 0:
            self.begin_step()
        if self.wants(name, home):
            self.found[name], self.placed[name] = value, home

    def save_scalar(self, name: str, value, sm_metric: bool = False) -> None:
        self.add(f"scalar/{name}", float(value), "metrics" if sm_metric else "scalars")

    def save(self) -> None:
        if self.writer and self.found:
            self.writer.save(
                self.step, self.saved_mode.value, self.mode_steps[self.saved_mode], self.found, self.due, self.placed
            )
        self.found, self.placed = {}, {}

    def close(self) -> None:
        """Save what is left, and say that training is over."""
        if self.writer:
            self.save()
            self.writer.end()
            self.writer = None
            self.due = set()
