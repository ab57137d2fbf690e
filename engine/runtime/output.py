"""What a container prints: into the log stream's file line by line, and through the metrics' regular expressions."""

import json
import os
import re
import time

import regex

from engine.logs.format import format_line

LIMIT = 64 << 20  # bytes of log a container may fill
LINE = 256 << 10  # the longest event CloudWatch Logs takes
PATIENCE = 0.2  # seconds that one search of a person's own expression may take
STEP = re.compile(r"^\s*\[(\d+)\]")


class Metrics:
    """Finds metrics in lines and appends them to a file of JSON lines {"name", "value", "time", "step"}.

    ``step`` is the N of a line that begins with ``[N]``, as XGBoost's do; else None: whoever knows the job's other hosts and
    attempts counts on.
    """

    def __init__(self, definitions: list, path: str, *, trusted: bool = False):
        self.definitions = [_Definition(name, expression, trusted) for name, expression in definitions]
        self.path = path
        # Expressions of a built-in algorithm: its log is stored as they and CloudWatch have it.
        self.wants_stored = any(one.stored for one in self.definitions)

    def scan(self, lines: list[str], now: float) -> None:
        found = []
        for line in lines:
            stored = as_stored(line)
            for definition in self.definitions:
                if definition.fault:
                    continue
                value = definition.find(stored if definition.stored else line)
                if value is not None:
                    step = STEP.match(line)
                    found.append(
                        {
                            "name": definition.name,
                            "value": value,
                            "time": now,
                            "step": int(step[1]) if step else None,
                        }
                    )
        self.write(found)

    def faults(self) -> list[str]:
        """What is to be said of expressions that can't be used, each once."""
        found = [one for one in self.definitions if one.fault and not one.told]
        for one in found:
            one.told = True
        return [f"The metric {one.name} is not looked for: its expression {one.fault}." for one in found]

    def write(self, points: list[dict]) -> None:
        if points:
            append(self.path, "".join(f"{json.dumps(point)}\n" for point in points).encode())


def as_stored(line: str) -> str:
    """A line as CloudWatch stores it, and as the built-in algorithms' own expressions want it: #011 is a tab."""
    return line.replace("\t", "#011")


class _Definition:
    """An expression of one group. Those that people write are searched by a library that can give up: some, such as
    ``(a+)+$``, take longer than the universe on a short line, and then nobody would read the container's output."""

    def __init__(self, name: str, expression: str, trusted: bool):
        self.name, self.stored, self.fault, self.told = name, "#011" in expression, "", False
        self.options = {} if trusted else {"timeout": PATIENCE}
        try:
            self.expression = (re if trusted else regex).compile(expression)
            # A leading ".*" makes a line without the metric quadratic; without it the same lines match.
            self.quick = (re if trusted else regex).compile(expression.removeprefix(".*"))
        except (re.error, regex.error) as error:
            self.fault = f"is not one: {error}"

    def find(self, line: str) -> float | None:
        try:
            if not self.quick.search(line, **self.options):
                return None
            return float(self.expression.search(line, **self.options)[1])
        except TimeoutError:
            self.fault = f"took longer than {PATIENCE} seconds on one line"
        except (IndexError, TypeError, ValueError):
            pass
        return None


class Output:
    """The log of one container. Past ``limit`` bytes it goes on reading, and drops; ``close`` says how much."""

    def __init__(self, path: str, limit: int, metrics: Metrics | None):
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if path else -1
        self.room, self.dropped, self.rest, self.metrics = limit, 0, b"", metrics

    def feed(self, block: bytes) -> None:
        if self.dropped and not self.metrics:
            self.dropped += len(block)
            return
        *lines, self.rest = (self.rest + block).split(b"\n")
        while len(self.rest) >= LINE:
            lines.append(self.rest[:LINE])
            self.rest = self.rest[LINE:]
        self._take(lines)

    def _take(self, lines: list[bytes]) -> None:
        if not lines:
            return
        now = time.time()
        texts = [line.decode("utf-8", "replace").rstrip("\r") for line in lines]
        is_stored = self.metrics and self.metrics.wants_stored
        kept, size = [], 0
        for line, text in zip(lines, texts, strict=True):
            event = format_line(int(now * 1000), as_stored(text) if is_stored else text)
            if self.dropped or size + len(event) > self.room:
                self.dropped += len(line) + 1
            else:
                kept.append(event)
                size += len(event)
        self.room -= size
        self._write(b"".join(kept))
        if self.metrics:
            self.metrics.scan(texts, now)
            for fault in self.metrics.faults():
                self.say(fault)

    def say(self, text: str) -> None:
        """A line of the engine's own."""
        self._write(format_line(int(time.time() * 1000), text))

    def close(self) -> None:
        if self.dropped:
            self.dropped += len(self.rest)
        elif self.rest:
            self._take([self.rest])
        self.rest = b""
        if self.dropped:
            self.say(f"The log reached its limit: {self.dropped:,} more bytes were printed and are not kept.")

    def _write(self, data: bytes) -> None:
        if self.file >= 0 and data:
            write_all(self.file, data)


def write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def append(path: str, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        write_all(handle, data)
    finally:
        os.close(handle)
