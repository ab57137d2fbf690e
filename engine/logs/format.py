r"""How log events lie in a file: one line an event, ``<epoch ms> <message>``, backslash and newline escaped.

Imports no Django, so that a job's own process can write its log.
"""

import re
from collections.abc import Iterator

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANING = {"n": "\n", "\\": "\\"}


def escape(text: str) -> str:
    r"""The message on one line: ``\`` → ``\\``, newline → ``\n``."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def unescape(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: _MEANING.get(found[1], found[0]), text)


def format_line(ms: int, text: str) -> bytes:
    """One event as the bytes to append, newline included. Write it with one ``os.write`` on an O_APPEND descriptor."""
    return f"{int(ms)} {escape(text)}\n".encode("utf-8", "replace")


def parse_line(line: bytes) -> tuple[int, str]:
    """``(epoch ms, message)`` of a line without its newline. A line that isn't ours is an event at 0 with all its text."""
    stamp, _, text = line.partition(b" ")
    try:
        return int(stamp), unescape(text.decode("utf-8", "replace"))
    except ValueError:
        return 0, unescape(line.decode("utf-8", "replace"))


def parse(block: bytes) -> Iterator[tuple[int, int, str]]:
    """The events of whole lines: ``(bytes of the line with its newline, epoch ms, message)``."""
    for line in block.split(b"\n")[:-1]:
        yield len(line) + 1, *parse_line(line)
