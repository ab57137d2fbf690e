"""Containers to act in: an ``/opt/ml`` of its own, mains run as processes, model servers on a real Unix socket."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# The preloaded process, in small: reads jobs from stdin, runs each in a fork, answers its exit code.
PRELOADED = """
import importlib, json, os, sys
from areas.algorithms.xgboost.library import stay_lean
stay_lean()
import numpy, pyarrow.csv, xgboost
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if not child:
        log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1); os.dup2(log, 2)
        os.environ.update(job["env"])
        status = 70
        try:
            status = importlib.import_module(job["module"]).main()
        except SystemExit as leaving:
            status = leaving.code
        except BaseException:
            import traceback
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(status)
    if job["wait"]:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    else:
        print(child, flush=True)
        os.waitpid(child, 0)
"""


class Preloaded:
    """Runs ``module.main()`` in forks of a process that has XGBoost loaded."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", PRELOADED], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # small products: a second thread would only spin
        )  # fmt: skip

    def run(self, module: str, log: Path, env: dict, wait: bool = True) -> int:
        """The exit code; without ``wait`` the child's pid at once."""
        job = {"module": module, "log": str(log), "env": env, "wait": wait}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


class Job:
    """A training job's container. ``log`` is what it printed, ``failure`` what it left in the failure file."""

    def __init__(self, base: Path, preloaded: Preloaded):
        self.base, self.preloaded = base, preloaded
        self.channels, self.log_file = {}, base.parent / f"{base.name}.log"
        (base / "input" / "config").mkdir(parents=True)

    def put(self, channel: str, name: str, data: bytes | str, content_type: str | None = "text/csv", **settings):
        path = self.base / "input" / "data" / channel / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        self.declare(channel, content_type, **settings)

    def declare(self, channel: str, content_type: str | None, mode: str = "File"):
        self.channels[channel] = {"TrainingInputMode": mode, "S3DistributionType": "FullyReplicated"}
        if content_type:
            self.channels[channel]["ContentType"] = content_type

    def train(self, module: str = "areas.algorithms.xgboost.train", wait: bool = True, env=(), **given) -> int:
        config = self.base / "input" / "config"
        (config / "hyperparameters.json").write_text(json.dumps({name: str(value) for name, value in given.items()}))
        (config / "inputdataconfig.json").write_text(json.dumps(self.channels))
        self.log_file.unlink(missing_ok=True)
        (self.base / "output" / "failure").unlink(missing_ok=True)
        return self.preloaded.run(module, self.log_file, {"SAGEMAKER_BASE_DIR": str(self.base), **dict(env)}, wait)

    def start_script(self, env=(), **given) -> subprocess.Popen:
        """Script mode in a fresh interpreter, as the runtime starts it."""
        config = self.base / "input" / "config"
        (config / "hyperparameters.json").write_text(json.dumps({name: str(value) for name, value in given.items()}))
        (config / "inputdataconfig.json").write_text(json.dumps(self.channels))
        with self.log_file.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", "from areas.algorithms.script.train import main; raise SystemExit(main())"],
                cwd=ROOT, stdout=log, stderr=log,
                env={**os.environ, "SAGEMAKER_BASE_DIR": str(self.base), "TRAINING_JOB_NAME": "job-1", **dict(env)},
            )  # fmt: skip

    def run_script(self, env=(), **given) -> int:
        return self.start_script(env, **given).wait(60)

    @property
    def log(self) -> str:
        return self.log_file.read_text() if self.log_file.exists() else ""

    @property
    def failure(self) -> str:
        return (self.base / "output" / "failure").read_text()

    def metrics(self) -> list[dict[str, float]]:
        """The metric lines: a dict a round."""
        lines = [line.split("\t")[1:] for line in self.log.splitlines() if line.startswith("[") and "\t" in line]
        return [{part.rpartition(":")[0]: float(part.rpartition(":")[2]) for part in line} for line in lines]


class Server:
    """A model server on a Unix socket of its own."""

    def __init__(self, folder: Path, call: str, env: dict):
        self.path = str(folder / "server.sock")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen(64)
        module, _, function = call.partition(":")
        self.log_file = folder / "server.log"
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", f"from {module} import {function} as run; raise SystemExit(run())"],
                cwd=ROOT, pass_fds=[listener.fileno()], stdout=log, stderr=log,
                env={**os.environ, "ATELIER_LISTEN_FD": str(listener.fileno()), **env},
            )  # fmt: skip
        listener.close()

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("localhost", timeout=30)
        connection.sock = self.socket()
        return connection

    def socket(self) -> socket.socket:
        found = socket.socket(socket.AF_UNIX)
        found.settimeout(30)
        found.connect(self.path)
        return found

    def get(self, path: str) -> tuple[int, bytes]:
        connection = self.connect()
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()

    def invoke(self, body: bytes | str, content_type="text/csv", accept="", **headers) -> tuple[int, bytes, str]:
        """(status, body, content type)"""
        connection = self.connect()
        sent = {"Content-Type": content_type, **headers}
        if accept:
            sent["Accept"] = accept
        connection.request("POST", "/invocations", body, sent)
        response = connection.getresponse()
        return response.status, response.read(), response.headers.get("Content-Type", "")

    def close(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)


def wait_for(condition, seconds: float = 20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
