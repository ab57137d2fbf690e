"""DataProcessing: what of each record is sent, and what of it is written beside its inference. Standard library only.

InputFilter → model → joined with the unfiltered input → OutputFilter → inference id.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from areas.transform.container import paths

CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"
TYPES = (CSV, JSON, LINES)


class BadRecord(ValueError):
    """A record or an answer can't be filtered or joined; the message is one sentence."""


def kind_of(mime: str) -> str:
    """``text/csv; charset=utf-8`` → ``text/csv``"""
    return mime.partition(";")[0].strip().lower()


@dataclass
class Processing:
    """``content`` and ``accept`` are types of TYPES wherever the filters need to read them."""

    content: str = ""
    accept: str = ""
    input_filter: str = "$"
    output_filter: str = "$"
    join: bool = False
    inference_time: str = ""  # ISO time that each record gets with an id of its own; "": none
    _send: Callable = field(init=False)
    _write: Callable = field(init=False)

    def __post_init__(self):
        self.content, self.accept = kind_of(self.content), kind_of(self.accept)
        self._send = _picker(self.input_filter, self.content)
        self._write = _picker(self.output_filter, self.accept)

    @property
    def reads_answers(self) -> bool:
        return bool(self.join or self.inference_time or self.output_filter != "$")

    def sent(self, payload: bytes) -> bytes:
        """What the model gets of a payload. Raises BadRecord."""
        if self.input_filter == "$":
            return payload
        try:
            return _told(b"\n".join([self._send(one) for one in _split(payload, self.content)]), payload)
        except (paths.NotThere, ValueError) as error:
            raise BadRecord(f"InputFilter {self.input_filter}: {error}") from None

    def written(self, payload: bytes, answer: bytes) -> bytes:
        """What is written for a payload and the model's answer. Raises BadRecord."""
        if not self.reads_answers:
            return answer
        given = _split(answer, self.accept, lines=1)
        if self.join:
            asked = _split(payload, self.content)
            if len(asked) != len(given):
                given = _split(answer, self.accept, lines=len(asked))
            if len(asked) != len(given):
                raise BadRecord(f"the model answered {len(given)} records to {len(asked)}, so they can't be joined")
        try:
            if self.join and self.accept == CSV:
                given = [b"%b,%b" % pair for pair in zip(asked, given, strict=True)]
            elif self.join:
                given = [_joined(*pair) for pair in zip(asked, given, strict=True)]
            if self.output_filter != "$":
                given = [self._write(one) for one in given]
        except (paths.NotThere, ValueError) as error:
            raise BadRecord(f"OutputFilter {self.output_filter}: {error}") from None
        if self.inference_time:
            try:
                given = [self._identified(one) for one in given]
            except ValueError as error:
                raise BadRecord(f"the model's answer can't get an inference id: {error}") from None
        return _told(b"\n".join(given), answer)

    def _identified(self, record: bytes) -> bytes:
        name = str(uuid.uuid4())
        if self.accept == CSV:
            return b"%b,%b,%b" % (record, name.encode(), self.inference_time.encode())
        value = _loaded(record)
        value = value if isinstance(value, dict) else {"SageMakerOutput": value}
        return _dumped({**value, "SageMakerInferenceId": name, "SageMakerInferenceTime": self.inference_time})


def _picker(path: str, kind: str) -> Callable[[bytes], bytes]:
    if path == "$":
        return lambda record: record
    if kind == CSV:
        return paths.row_picker(path)
    steps = paths.parse(path)
    return lambda record: _dumped(paths.pick(steps, _loaded(record)))


def _split(body: bytes, kind: str, lines: int = 0) -> list[bytes]:
    """The records of a body. JSON is one, unless it is not a JSON text as a whole but each of its lines is, or ``lines``."""
    if kind == JSON and lines < 2 and (b"\n" not in body.strip() or _is_json(body)):
        return [body.strip()]
    return [line for line in body.replace(b"\r\n", b"\n").split(b"\n") if line.strip()]


def _is_json(body: bytes) -> bool:
    try:
        _loaded(body)
    except ValueError:
        return False
    return True


def _joined(asked: bytes, given: bytes) -> bytes:
    value, output = _loaded(asked), _loaded(given)
    if isinstance(value, dict):
        return _dumped({**value, "SageMakerOutput": output})
    return _dumped({"SageMakerInput": value, "SageMakerOutput": output})


def _loaded(text: bytes):
    """The value of a JSON text. ValueError also where it is nested deeper than Python reads."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _dumped(value) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _told(body: bytes, like: bytes) -> bytes:
    """``body`` with a newline at its end if ``like`` has one."""
    return body + b"\n" if like.endswith(b"\n") else body
