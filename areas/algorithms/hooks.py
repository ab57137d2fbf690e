"""Who looks over an algorithm's shoulder while it trains: the hook that the job's environment names.

The engine sets ``ATELIER_HOOK`` (``module``) where the job has a DebugHookConfig. The module's ``make(config, folder,
matrices, hyperparameters)`` returns an object with ``after(step, model, scores)`` and ``end()``.
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path

from areas.algorithms.container import OPT_ML, Container, UserError


class NoHook:
    """Nobody looks."""

    def after(self, step: int, model, scores: list[tuple[str, str]]) -> None:
        pass

    def end(self) -> None:
        pass


class Guarded:
    """A hook whose faults are printed and end it, not the training."""

    def __init__(self, hook):
        self.hook = hook

    def after(self, step: int, model, scores: list[tuple[str, str]]) -> None:
        self._guard(lambda: self.hook.after(step, model, scores))

    def end(self) -> None:
        self._guard(lambda: self.hook.end())

    def _guard(self, call) -> None:
        try:
            call()
        except Exception as error:
            print(f"The debugger's hook stops: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            self.hook = NoHook()


def hook_of(box: Container, matrices: dict) -> NoHook | Guarded:
    """The hook of this container's job; one that does nothing if it has none. UserError for a configuration that can't be."""
    name, path = os.environ.get("ATELIER_HOOK", ""), box.base / "input" / "config" / "debughookconfig.json"
    if not name or not path.exists():
        return NoHook()
    config = json.loads(path.read_text())
    local = Path(config.get("LocalPath") or "/opt/ml/output/tensors")
    folder = box.base / local.relative_to(OPT_ML) if local.is_relative_to(OPT_ML) else local
    try:
        return Guarded(import_module(name).make(config, folder, matrices, box.hyperparameters))
    except ValueError as problem:
        raise UserError(f"DebugHookConfig: {problem}") from None
