"""Pictures and the boxes of their objects, from records, JSON files or augmented manifests.

Source: the developer guide's "Object Detection" and, for records, GluonCV's detection format: the label is {width of the header,
width of an object, …, then class, xmin, ymin, xmax, ymax of each in shares of the picture}, padded with -1.
"""

import json
from pathlib import PurePosixPath

from areas.algorithms.container import Container, UserError
from areas.algorithms.vision import records


def load(box: Container, channel: str, classes: int) -> list[tuple]:
    """(encoded picture, objects (n, 5) float32 of class and corners in shares of the picture, name) of a channel."""
    found = []
    content = (box.channels[channel].get("ContentType") or "application/x-recordio").partition(";")[0].strip().lower()
    if records.is_manifest(box, channel):
        for data, name in records.of_channel(box, channel):
            for picture, annotation in records.manifest(data, name):
                found.append((picture, objects(records.annotation(annotation, name), name, classes), name))
    elif content == "application/x-recordio":
        for data, name in records.of_channel(box, channel):
            for number, (label, picture) in enumerate(records.pictures(data, name), 1):
                found.append((picture, of_record(label, f"record {number} of {name}", classes), name))
    else:
        annotations = records.files(box, f"{channel}_annotation", (".json",))
        stems = {PurePosixPath(name).stem: path for name, path in annotations.items()}
        for name, path in records.files(box, channel, (".jpg", ".jpeg", ".png")).items():
            other = stems.get(PurePosixPath(name).stem)
            if other is None:
                raise UserError(f"{name} of channel '{channel}' has no JSON of its name in '{channel}_annotation'")
            try:
                given = json.loads(other.read_text())
            except ValueError:
                raise UserError(f"{other.name} is not JSON") from None
            found.append((path.read_bytes(), objects(given, other.name, classes), name))
    if not found:
        raise UserError(f"No pictures in channel '{channel}'")
    return found


def objects(given: object, name: str, classes: int):
    """The boxes of an annotation: {"image_size": [{width, height}], "annotations": [{class_id, left, top, width, height}]}."""
    import numpy as np

    try:
        size = given["image_size"][0]
        rows = [
            (
                one["class_id"], one["left"] / size["width"], one["top"] / size["height"],
                (one["left"] + one["width"]) / size["width"], (one["top"] + one["height"]) / size["height"],
            )
            for one in given["annotations"]
        ]  # fmt: skip
        found = np.array(rows, np.float32).reshape(-1, 5)
    except (KeyError, TypeError, IndexError, ValueError, ZeroDivisionError):
        raise UserError(
            f"{name} must have image_size, and annotations of class_id, left, top, width and height"
        ) from None
    return checked(found, name, classes)


def of_record(label: list[float], name: str, classes: int):
    """The boxes of a record's label."""
    import numpy as np

    if len(label) < 2 or label[0] < 2 or label[1] < 5 or label[0] > len(label):
        raise UserError(f"The label of {name} doesn't begin with the widths of its header and of an object")
    start, width = int(label[0]), int(label[1])
    body = np.array(label[start:], np.float32)
    body = body[: len(body) // width * width].reshape(-1, width)
    return checked(body[body[:, 0] >= 0, :5], name, classes)


def checked(found, name: str, classes: int):
    """Boxes whose classes and corners can be."""
    import numpy as np

    wrong = (found[:, 0] < 0) | (found[:, 0] >= classes) | (found[:, 0] != np.rint(found[:, 0]))
    if wrong.any():
        raise UserError(f"{name} has an object of class {found[wrong][0, 0]:g}, but classes are 0 to {classes - 1}")
    if not np.isfinite(found).all() or (found[:, 3:] <= found[:, 1:3]).any() or (np.abs(found[:, 1:]) > 1.5).any():
        raise UserError(f"{name} has a box that is empty or lies outside of the picture")
    return np.concatenate([found[:, :1], found[:, 1:].clip(0, 1)], 1)
