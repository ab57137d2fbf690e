"""BlazingText's training text: lines of tokens, or the JSON objects of an augmented manifest, as one file."""

import json
from collections.abc import Iterator
from pathlib import Path

from areas.algorithms.container import Container, UserError
from areas.algorithms.formats.recordio import MAGIC, frames
from areas.algorithms.formats.table import data_files

PREFIX = "__label__"


def gather(box: Container, channel: str, folder: Path, *, labeled: bool) -> Path:
    """The whole channel as one file of lines below ``folder``; UserError where it holds nothing to train on.

    Sources: text files, one sentence a line; lines that are JSON objects with ``source`` and ``label`` (an augmented
    manifest); in Pipe mode the same, or RecordIO frames that are source and label by turns.
    """
    path = folder / f"{channel}.txt"
    lines = labels = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in _lines(box, channel):
            text = _plain(line, channel, lines + 1, labeled)
            if text:
                lines += 1
                labels += text.startswith(PREFIX)
                file.write(text + "\n")
    if not lines:
        raise UserError(f"The channel {channel} holds no text.")
    if labeled and not labels:
        raise UserError(
            f"No line of the channel {channel} begins with a label: in supervised mode each line is {PREFIX}<name> "
            "followed by the words."
        )
    return path


def tokens(path: Path) -> int:
    with path.open(encoding="utf-8") as file:
        return sum(len(line.split()) for line in file)


def _lines(box: Container, channel: str) -> Iterator[str]:
    if box.channels.get(channel, {}).get("TrainingInputMode") == "Pipe":
        data = Path(f"{box.channel(channel)}_0").read_bytes()
        if data[:4] == MAGIC.to_bytes(4, "little"):
            yield from _pairs([bytes(frame).decode("utf-8", "replace") for frame in frames(data, channel)], channel)
        else:
            yield from data.decode("utf-8", "replace").splitlines()
        return
    folder = box.channel(channel)
    if not folder.exists():
        raise UserError(f"The channel {channel} is missing.")
    for file in data_files(folder):
        with file.open(encoding="utf-8", errors="replace") as text:
            yield from text


def _pairs(records: list[str], channel: str) -> Iterator[str]:
    """Records of an augmented manifest with the attributes source and label, in this order, as its JSON objects."""
    if len(records) % 2:
        raise UserError(f"The channel {channel} has {len(records)} records: AttributeNames must be source and label.")
    for source, label in zip(records[::2], records[1::2], strict=True):
        yield json.dumps({"source": source, "label": json.loads(label)})


def _plain(line: str, channel: str, number: int, labeled: bool) -> str:
    line = line.strip()
    if not line.startswith("{"):
        return line
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if not isinstance(entry, dict) or not isinstance(entry.get("source"), str):
        return line
    words = " ".join(entry["source"].split())
    if not labeled:
        return words
    if "label" not in entry:
        raise UserError(f'Line {number} of the channel {channel} has a "source" but no "label".')
    given = entry["label"] if isinstance(entry["label"], list) else [entry["label"]]
    return " ".join([f"{PREFIX}{_name(one)}" for one in given] + [words])


def _name(label) -> str:
    text = str(label).removeprefix(PREFIX)
    return "_".join(text.split())
