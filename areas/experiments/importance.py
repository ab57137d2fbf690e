"""How much each parameter matters for a metric, worked out by ``forest`` in a process of its own: scikit-learn is slow to
import and large, and the web's processes have no other use for it."""

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.core.cache import cache

SECONDS = 100  # below the web server's own limit of 120
KEPT = 24 * 3600
_one_at_a_time = threading.Lock()


class Failed(Exception):
    """It couldn't be worked out now; the text is for people."""


def of(columns: Mapping[str, Sequence], target: Sequence[float | None]) -> dict:
    """``forest.judge`` of these columns, kept for a day by what they hold. Raises Failed."""
    question = json.dumps({"columns": {name: list(values) for name, values in columns.items()}, "target": list(target)})
    key = f"importance/{hashlib.sha256(question.encode()).hexdigest()}"
    if known := cache.get(key):
        return known
    if not _one_at_a_time.acquire(timeout=SECONDS):
        raise Failed("Other comparisons are being worked out; try again in a minute.")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "areas.experiments.forest"], input=question, capture_output=True, text=True,
            timeout=SECONDS, cwd=settings.BASE_DIR, check=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Failed(f"It took more than {SECONDS} s for so many runs and parameters; choose fewer.") from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or [f"exit code {error.returncode}"])[-1]
        raise Failed(f"The importance of the parameters couldn't be worked out: {last}") from error
    finally:
        _one_at_a_time.release()
    answer = json.loads(done.stdout)
    cache.set(key, answer, KEPT)
    return answer
