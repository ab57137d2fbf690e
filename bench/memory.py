"""Idle memory (PSS) of everything that ``make run`` starts, against ``mlflow server``."""

import subprocess
import tempfile
import time

from bench.report import Row
from bench.stage import free_port, peer, process, studio, wait_for

SETTLE = 20  # seconds


def compare() -> list[Row]:
    import psutil

    with studio() as ours:
        _wait_for_seeds(ours)
        time.sleep(SETTLE)
        processes = {p.pid: p for p in psutil.process_iter() if _is_ours(p, str(ours.home), ours.pid)}
        own = sorted(
            ((p.memory_full_info().pss / 1e6, " ".join(p.cmdline())[-60:]) for p in processes.values()), reverse=True
        )
    for size, words in own:
        print(f"  {size:7.1f} MB  {words}")
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        serve = [peer("mlflow"), "server", "-p", port, "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
        with process(serve, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as mlflow:
            wait_for(f"http://127.0.0.1:{port}/health")
            time.sleep(5)
            family = [psutil.Process(mlflow.pid), *psutil.Process(mlflow.pid).children(recursive=True)]
            theirs = sum(p.memory_full_info().pss for p in family) / 1e6
    total = sum(size for size, _ in own)
    return [
        Row("idle memory of everything", "limit of 600 MB", 600, total, "MB", "≤ 1"),
        Row("idle memory of everything", "mlflow server", theirs, total, "MB", "≤ 1"),
    ]


def _is_ours(candidate, home: str, root: int) -> bool:
    """Children of the supervisor, and what left its tree (fork server, shims): their environment names the home."""
    import psutil

    try:
        if candidate.pid == root or root in [parent.pid for parent in candidate.parents()]:
            return True
        return candidate.environ().get("STUDIO_HOME") == home
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _wait_for_seeds(ours) -> None:
    """The first run's own work (the data sets that ship) is not idling."""
    script = "from jobs.models import Run; print('open', Run.objects.filter(state__in=Run.OPEN).count())"
    deadline = time.monotonic() + 120
    while "open 0" not in ours.manage("shell", script=script):
        if time.monotonic() > deadline:
            raise TimeoutError("the first run's own work did not end within 120 s")
        time.sleep(2)
