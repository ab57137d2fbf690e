"""The container's own view of SageMaker's ``/opt/ml``: where things lie, what the job was asked. Standard library only."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path


class UserError(ValueError):
    """What the person who started the job has to change. The message is one sentence for the failure file."""


class AlgorithmError(RuntimeError):
    """What went wrong inside the algorithm."""


OPT_ML = Path("/opt/ml")


@dataclass(frozen=True)
class Container:
    """Paths and configuration below ``/opt/ml`` or ``SAGEMAKER_BASE_DIR``."""

    base: Path

    @property
    def model(self) -> Path:
        return self.base / "model"

    @property
    def output(self) -> Path:
        return self.base / "output"

    @property
    def code(self) -> Path:
        return self.base / "code"

    @property
    def hyperparameters(self) -> dict[str, str]:
        return self._config("hyperparameters")

    @property
    def channels(self) -> dict[str, dict]:
        """``inputdataconfig.json``: {channel: {"TrainingInputMode": …, "ContentType": …}}."""
        return self._config("inputdataconfig")

    @property
    def resources(self) -> dict:
        """``resourceconfig.json``, or that of a single host where there is none."""
        single = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "eth0"}
        return self._config("resourceconfig") or single

    @property
    def checkpoints(self) -> Path | None:
        """The folder that is kept in S3 while the job runs; None if the job keeps no checkpoints."""
        local = Path(self._config("checkpointconfig").get("LocalPath") or "/opt/ml/checkpoints")
        folder = self.base / local.relative_to(OPT_ML) if local.is_relative_to(OPT_ML) else local
        return folder if folder.is_dir() else None

    def channel(self, name: str) -> Path:
        return self.base / "input" / "data" / name

    def fail(self, message: str) -> int:
        """Leave the reason where SageMaker looks for it and in the log; returns the exit code 1."""
        self.output.mkdir(parents=True, exist_ok=True)
        (self.output / "failure").write_text(message)
        print(message, file=sys.stderr, flush=True)
        return 1

    def _config(self, name: str) -> dict:
        path = self.base / "input" / "config" / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else {}


def container() -> Container:
    """The container this process runs in."""
    return Container(Path(os.environ.get("SAGEMAKER_BASE_DIR") or OPT_ML))


def cpu_count() -> int:
    """CPUs this container may use: the limit it was given, else what the kernel allows."""
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return int(limit) if limit.isdigit() and int(limit) > 0 else len(os.sched_getaffinity(0))
