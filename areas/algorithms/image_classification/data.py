"""Labelled pictures from records, from files with a list, from augmented manifests."""

import json
from dataclasses import dataclass, field

from areas.algorithms.container import Container, UserError
from areas.algorithms.vision import pictures, records

ENDINGS = (".jpg", ".jpeg", ".png")
CACHE = 512 * 1024 * 1024  # bytes of decoded pictures that are kept


@dataclass
class Labelled:
    """``encoded``: picture files; ``labels``: the classes of each; decoded ones are kept as far as they fit."""

    encoded: list[tuple[bytes, str]] = field(default_factory=list)
    labels: list[list[int]] = field(default_factory=list)
    decoded: dict = field(default_factory=dict)
    held: int = 0

    def __len__(self) -> int:
        return len(self.encoded)

    def picture(self, number: int, channels: int):
        """uint8 (height, width, channels)."""
        if number not in self.decoded:
            found = pictures.decode(*self.encoded[number], channels)
            if self.held + found.nbytes > CACHE:
                return found
            self.decoded[number] = found
            self.held += found.nbytes
        return self.decoded[number]


def load(box: Container, channel: str, given: dict) -> Labelled:
    """A channel's pictures; UserError in one sentence for what can't be used."""
    found = Labelled()
    content = (box.channels[channel].get("ContentType") or "application/x-recordio").lower().replace(" ", "")
    word, _, parameters = content.partition(";")
    if records.is_manifest(box, channel):
        for data, name in records.of_channel(box, channel):
            for picture, annotation in records.manifest(data, name):
                _add(found, picture, _manifest_label(annotation, name), given, name, "class-id" in parameters)
    elif word == "application/x-recordio":
        for data, name in records.of_channel(box, channel):
            for label, picture in records.pictures(data, name):
                _add(found, picture, label, given, name, False)
    else:
        _from_files(box, channel, given, found)
    if not len(found):
        raise UserError(f"No pictures in channel '{channel}'")
    return found


def _from_files(box: Container, channel: str, given: dict, found: Labelled) -> None:
    files = records.files(box, channel, ENDINGS)
    lists = records.files(box, f"{channel}_lst", (".lst",))
    if len(lists) > 1:
        raise UserError(f"Channel '{channel}_lst' must have one .lst file, but has {len(lists)}")
    [(name, path)] = lists.items()
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        if not line.strip():
            continue
        parts = line.rstrip("\n").split("\t")
        try:
            label = [float(word) for word in parts[1:-1]]
        except ValueError:
            label = []
        if not label:
            raise UserError(f"Line {number} of {name} is not a number, a class and a path with tabs between")
        where = parts[-1].strip()
        if where not in files:
            raise UserError(f"Line {number} of {name} names {where}, which is not in channel '{channel}'")
        _add(found, files[where].read_bytes(), label, given, where, False)


def _manifest_label(data: bytes, name: str) -> list[float]:
    """A manifest's annotation: a number or a list, perhaps as a text in JSON."""
    value = records.annotation(data, name)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    values = value if isinstance(value, list) else [value]
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in values):
        raise UserError(f"An annotation of {name} is neither a class nor a list of them")
    return values


def _add(found: Labelled, picture: bytes, label: list[float], given: dict, name: str, ids: bool) -> None:
    classes = given["num_classes"]
    if given["multi_label"] and not ids:
        if len(label) != classes or any(value not in (0, 1) for value in label):
            raise UserError(f"With multi_label each picture of {name} needs {classes} values of 0 or 1")
        chosen = [at for at, value in enumerate(label) if value]
    else:
        if any(value != int(value) or not 0 <= value < classes for value in label) or (
            not given["multi_label"] and len(label) != 1
        ):
            raise UserError(f"A picture of {name} has the label {label}, but classes are 0 to {classes - 1}")
        chosen = [int(value) for value in label]
    found.encoded.append((picture, f"A picture of {name}" if "." in name else name))
    found.labels.append(chosen)
