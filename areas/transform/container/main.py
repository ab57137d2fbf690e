"""The transformer: reads the job's objects, has the model answer them, and writes an ``.out`` for each.

Reads ``input/config/transform.json`` below /opt/ml; ``areas.transform.engine.driver`` writes it and says what is in it.
Writes ``output/transform/<number of the object>``, ``output/log/data-log`` and ``output/report.json``:

    {"fault": "" | "ClientError" | "AlgorithmError", "reason": first that went wrong, "failed": objects, "done": objects,
     "requests": int}
"""

import json
import os
import signal
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from areas.transform.container import records
from areas.transform.container.model_server import Lost, ModelServer
from areas.transform.container.processing import Processing
from areas.transform.container.sending import Refused, Sender, Streamed

MB = 1 << 20
DEFAULT_PAYLOAD = 6  # MB
MOST = 100  # MB: of all payloads that are under way at the same time


def main() -> int:
    """Transform everything. 0 also where objects failed: the report says so, and what is good is kept."""
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml")
    config = json.loads((base / "input/config/transform.json").read_text())
    for folder in ("output/transform", "output/log"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    report, log = Report(), DataLog(base / "output/log/data-log")
    server = ModelServer(**config["server"])
    # At once: what is under way is not kept, and the model server ends with us.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    try:
        server.wait_until_healthy(config["ping"])
        Transform(config, base, server, report, log).run()
    except Lost as lost:
        report.fail("AlgorithmError", f"{lost}.")
        log.write("", f"{lost}.")
    finally:
        server.end()
    (base / "output/report.json").write_text(json.dumps(vars(report)))
    sys.stdout.flush()
    # Threads that still wait for an answer must not hold us.
    os._exit(0)


@dataclass
class Report:
    fault: str = ""
    reason: str = ""
    failed: list[str] = field(default_factory=list)
    done: int = 0
    requests: int = 0

    def fail(self, fault: str, reason: str, name: str = "") -> None:
        if not self.fault:
            self.fault, self.reason = fault, f"{name}: {reason}" if name else reason
        if name:
            self.failed.append(name)


class DataLog:
    """The job's data log: ``<epoch ms> <line>`` a line, for the engine to take."""

    def __init__(self, path: Path):
        self.file = open(path, "a", buffering=1)  # noqa: SIM115

    def write(self, name: str, *lines: str) -> None:
        now = int(time.time() * 1000)
        for line in lines:
            about = f"{name}: " if name else ""
            self.file.write(f"{now} [sagemaker logs]: {about}{line}\n")


class Transform:
    """All objects of one instance, in order, with as many requests under way as the container wants."""

    def __init__(self, config: dict, base: Path, server: ModelServer, report: Report, log: DataLog):
        self.config, self.base, self.report, self.log = config, base, report, log
        told = server.execution_parameters()
        workers, self.single, size = choose(config, told)
        self.limit = size * MB
        log.write(
            "", f"MaxConcurrentTransforms={workers}, MaxPayloadInMB={size}, "
            f"BatchStrategy={'SINGLE_RECORD' if self.single else 'MULTI_RECORD'}",
        )  # fmt: skip
        headers = {"Accept": config["accept"] or "*/*"}
        if config["content_type"]:
            headers["Content-Type"] = config["content_type"]
        processing = Processing(config["content_type"], config["accept"], **config["processing"])
        self.sender = Sender(
            server, processing, headers, workers=workers, seconds=config["timeout"], retries=config["retries"]
        )
        self.under_way: deque[tuple[Output, object]] = deque()

    def run(self) -> None:
        for number, one in enumerate(self.config["objects"]):
            output = Output(self.base / "output/transform" / str(number), one["name"], self.config["assemble"])
            try:
                for payload in self._payloads(self.base / one["file"]):
                    self._settle(2 * self.sender.workers)
                    if output.is_failed:
                        break
                    self.report.requests += 1
                    self.under_way.append((output, self.sender.send(payload)))
            except records.BadObject as error:
                self._fail(output, Refused("ClientError", f"ClientError: {error}."))
            self.under_way.append((output, None))
        self._settle(0)
        self.sender.end()

    def _payloads(self, path: Path):
        compression = self.config["compression"]
        if not self.limit:
            return [Streamed(path, compression)]
        return records.payloads(
            path, compression=compression, split=self.config["split"], single=self.single, limit=self.limit
        )

    def _settle(self, left: int) -> None:
        """Write the oldest answers until ``left`` requests are under way; those wait in their object's order."""
        while len(self.under_way) > left:
            output, answer = self.under_way.popleft()
            if answer is None:
                self.report.done += output.close()
            elif not output.is_failed:
                try:
                    output.write(answer.result())
                except Refused as refused:
                    self._fail(output, refused)

    def _fail(self, output: "Output", refused: Refused) -> None:
        if output.is_failed:
            return
        output.drop()
        self.log.write(output.name, *refused.lines)
        self.report.fail(refused.fault, refused.lines[0], output.name)


def choose(config: dict, told: dict) -> tuple[int, bool, int]:
    """``(requests at a time, one record each, MB a payload)``: the request, else /execution-parameters, else 1, many, 6."""
    size = config["max_payload"]
    if size is None:
        size = min(_number(told.get("MaxPayloadInMB")) or DEFAULT_PAYLOAD, MOST)
    workers = config["max_concurrent"] or min(_number(told.get("MaxConcurrentTransforms")) or 1, MOST)
    if size and workers * size > MOST:  # where the request says both, the engine has checked them
        if config["max_payload"] is None and config["max_concurrent"]:
            size = MOST // workers
        workers = max(1, min(workers, MOST // size))
    strategy = (config["strategy"] or str(told.get("BatchStrategy", ""))).replace("_", "").lower()
    return workers, strategy == "singlerecord", size


def _number(value) -> int:
    return value if isinstance(value, int) and value > 0 else 0


class Output:
    """The ``.out`` of one object: whole or not at all."""

    def __init__(self, path: Path, name: str, assemble: str):
        self.path, self.name, self.with_lines = path, name, assemble == "Line"
        self.unfinished = path.with_name(f".{path.name}")
        self.file = None
        self.is_failed = False

    def write(self, block: bytes) -> None:
        self.file = self.file or open(self.unfinished, "wb", buffering=1 << 20)  # noqa: SIM115
        self.file.write(block)
        if self.with_lines and block and not block.endswith(b"\n"):
            self.file.write(b"\n")

    def close(self) -> bool:
        """Finish it; False if it failed."""
        if self.is_failed:
            return False
        self.write(b"")
        self.file.close()
        os.replace(self.unfinished, self.path)
        return True

    def drop(self) -> None:
        self.is_failed = True
        if self.file:
            self.file.close()
            self.unfinished.unlink()
