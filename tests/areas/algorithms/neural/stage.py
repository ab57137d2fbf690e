"""Containers of the PyTorch extra: one process has PyTorch loaded, every training and every model server is its fork."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from areas.images import EXTRAS

ROOT = Path(__file__).resolve().parents[4]
PYTHON = EXTRAS / "torch" / "bin" / "python"
SMALLER = ("object_detection", "semantic_segmentation")  # those whose networks ``small.py`` makes smaller
# Reads jobs from stdin. A server's socket is made before the fork, so that it can be connected to at once.
PRELOADED = """
import importlib, json, os, socket, sys
import numpy, torch, uvloop, httptools
children = set()
for line in sys.stdin:
    job = json.loads(line)
    if "reap" in job:
        print(os.waitstatus_to_exitcode(os.waitpid(job["reap"], 0)[1]), flush=True)
        continue
    listener = None
    if job.get("socket"):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(job["socket"])
        listener.listen(64)
    child = os.fork()
    if not child:
        log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1); os.dup2(log, 2)
        sys.stdin.close()
        os.environ.update(job["env"])
        if listener:
            os.environ["ATELIER_LISTEN_FD"] = str(listener.fileno())
        status = 70
        try:
            module, _, function = job["call"].partition(":")
            status = getattr(importlib.import_module(module), function)()
        except SystemExit as leaving:
            status = leaving.code
        except BaseException:
            import traceback
            traceback.print_exc()
        sys.stdout.flush(); sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1)
    if listener:
        listener.close()
    print(child, flush=True)
"""


class Preloaded:
    def __init__(self):
        self.process = subprocess.Popen(
            [str(PYTHON), "-c", PRELOADED], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    def ask(self, **job) -> int:
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


class Work:
    """One container: a training job and then a server of its model."""

    def __init__(self, folder: Path, preloaded: Preloaded):
        self.base, self.preloaded = folder / "ml", preloaded
        self.channels: dict[str, dict] = {}
        self.log_file, self.socket = folder / "log", str(folder / "s")
        self.server = 0
        (self.base / "input" / "config").mkdir(parents=True)

    def put(self, channel: str, name: str, data: bytes | str, content_type: str | None = None, mode: str = "File"):
        path = self.base / "input" / "data" / channel / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        self.channels[channel] = {"TrainingInputMode": mode, "S3DistributionType": "FullyReplicated"}
        if content_type:
            self.channels[channel]["ContentType"] = content_type

    def start(self, algorithm: str, env: dict | None = None, /, **given) -> int:
        config = self.base / "input" / "config"
        (config / "hyperparameters.json").write_text(json.dumps({name: str(value) for name, value in given.items()}))
        (config / "inputdataconfig.json").write_text(json.dumps(self.channels))
        self.log_file.unlink(missing_ok=True)
        (self.base / "output" / "failure").unlink(missing_ok=True)
        call, own = self._call(algorithm, "train")
        env = {"SAGEMAKER_BASE_DIR": str(self.base), **own, **(env or {})}
        return self.preloaded.ask(call=call, log=str(self.log_file), env=env)

    @staticmethod
    def _call(algorithm: str, module: str) -> tuple[str, dict[str, str]]:
        """(what the container runs, variables for it). ``small:<function>`` is one of ``small.py``."""
        if algorithm.startswith("small:"):
            return f"tests.areas.algorithms.neural.{algorithm}", {}
        call = f"areas.algorithms.{algorithm}.{module}:main"
        return ("tests.areas.algorithms.neural.small:main", {"CALL": call}) if algorithm in SMALLER else (call, {})

    def train(self, algorithm: str, env: dict | None = None, /, **given) -> int:
        """The exit code."""
        return self.preloaded.ask(reap=self.start(algorithm, env, **given))

    def train_script(self, folder: Path, program: str, **given) -> int:
        """Run a script with the extra's interpreter and nothing of ours on its path; the exit code."""
        config = self.base / "input" / "config"
        (config / "hyperparameters.json").write_text(json.dumps({name: str(value) for name, value in given.items()}))
        (config / "inputdataconfig.json").write_text(json.dumps(self.channels))
        with self.log_file.open("wb") as log:
            env = {**os.environ, "SAGEMAKER_BASE_DIR": str(self.base), "OMP_NUM_THREADS": "2"}
            env.pop("PYTHONPATH", None)
            return subprocess.run(
                [PYTHON, program], cwd=folder, stdout=log, stderr=log, env=env, timeout=120
            ).returncode

    def serve(self, algorithm: str, call: str = "", **env) -> None:
        found, own = self._call(algorithm, "serve")
        self.server = self.preloaded.ask(
            call=call or found, log=str(self.log_file), socket=self.socket,
            env={"SAGEMAKER_BASE_DIR": str(self.base), **own, **env},
        )  # fmt: skip

    def invoke(self, body, content_type: str = "application/json", accept: str = "") -> tuple[int, bytes]:
        """(status, body); a dict or list is sent as JSON."""
        if isinstance(body, dict | list):
            body = json.dumps(body)
        headers = {"Content-Type": content_type} | ({"Accept": accept} if accept else {})
        return self.request("POST", "/invocations", body, headers)

    def request(self, method: str, path: str, body=None, headers=None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(30)
        connection.sock.connect(self.socket)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        found = response.status, response.read()
        connection.close()
        return found

    def answers(self, instances: list, **configuration) -> list:
        body = {"instances": instances} | ({"configuration": configuration} if configuration else {})
        status, answer = self.invoke(body)
        assert status == 200, answer
        return json.loads(answer)["predictions"]

    def close(self) -> None:
        if self.server:
            os.kill(self.server, signal.SIGTERM)
            assert self.preloaded.ask(reap=self.server) == 0, self.log
            self.server = 0

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    @property
    def failure(self) -> str:
        return (self.base / "output" / "failure").read_text()

    def metrics(self, image: str) -> dict[str, list[float]]:
        """What the image's metric definitions find in the log."""
        import re

        from areas.images import find

        found: dict[str, list[float]] = {}
        for name, pattern in find(f"x/{image}:1").metrics:
            values = [float(match[1]) for match in re.finditer(pattern, self.log)]
            if values:
                found[name] = values
        return found


def wait_for(condition, seconds: float = 20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
