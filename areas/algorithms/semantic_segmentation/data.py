"""Pictures and the masks of their pixels' classes. Source: the developer guide's "Semantic Segmentation Algorithm"."""

import json
from pathlib import PurePosixPath

from areas.algorithms.container import Container, UserError
from areas.algorithms.vision import pictures, records

IGNORED = 255  # a mask's value that is of no class
MAPS = "{channel}_label_map.json"


def load(box: Container, channel: str, classes: int) -> list[tuple]:
    """(encoded picture, mask uint8 (height, width), name) of a channel; UserError in one sentence for what can't be used."""
    found = []
    table = label_map(box, channel)
    if records.is_manifest(box, channel):
        for data, name in records.of_channel(box, channel):
            for picture, annotation in records.manifest(data, name):
                found.append((picture, mask(annotation, name, table, classes), f"A picture of {name}"))
    else:
        annotations = records.files(box, f"{channel}_annotation", (".png",))
        by_name = {str(PurePosixPath(name).with_suffix("")): path for name, path in annotations.items()}
        for name, path in records.files(box, channel, (".jpg", ".jpeg", ".png")).items():
            other = by_name.get(str(PurePosixPath(name).with_suffix("")))
            if other is None:
                raise UserError(f"{name} of channel '{channel}' has no PNG of its name in '{channel}_annotation'")
            found.append((path.read_bytes(), mask(other.read_bytes(), other.name, table, classes), name))
    if not found:
        raise UserError(f"No pictures in channel '{channel}'")
    for picture, one, name in found:
        size = pictures.opened(picture, name).size
        if size != one.shape[::-1]:
            raise UserError(f"{name} has {size[0]} × {size[1]} pixels, but its mask {one.shape[1]} × {one.shape[0]}")
    return found


def mask(data: bytes, name: str, table, classes: int):
    """The class of each pixel, uint8 (height, width); UserError if it isn't a picture of one channel, or for a strange class."""
    import numpy as np

    picture = pictures.opened(data, name, ("PNG",))
    if picture.mode not in ("L", "P", "1"):
        raise UserError(f"{name} must be a PNG of one channel of 8 bits (mode L or P), not {picture.mode}")
    try:
        values = np.array(picture.convert("L") if picture.mode == "1" else picture, np.uint8)
    except (OSError, SyntaxError, ValueError):
        raise UserError(f"{name} ends within the picture, or is broken") from None
    if picture.mode == "1":
        values = values // 255
    found = table[values]
    wrong = (found >= classes) & (found != IGNORED)
    if wrong.any():
        raise UserError(f"{name} has pixels of class {int(found[wrong][0])}, but classes are 0 to {classes - 1}")
    return found


def label_map(box: Container, channel: str):
    """(256,) what each value of a mask stands for: by ``scale`` or ``map`` of the channel's label map, else itself."""
    import numpy as np

    table = np.arange(256)
    path = box.channel("label_map") / MAPS.format(channel=channel)
    if not path.is_file():
        return table.astype(np.uint8)
    try:
        given = json.loads(path.read_text())
        if "scale" in given:
            table = np.where(table == IGNORED, IGNORED, (table / float(given["scale"])).astype(int))
        else:
            # {"map": {label: value in the picture}}
            for label, value in given["map"].items():
                table[int(value)] = int(label)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, ZeroDivisionError):
        raise UserError(f'{path.name} must be {{"scale": n}} or {{"map": {{"label": value}}}}') from None
    return table.astype(np.uint8)
