"""Serving Object Detection. Source: the developer guide's "Object Detection Request and Response Formats"."""

import json
import sys

from areas.algorithms.container import UserError, container
from areas.algorithms.frame import answers, types
from areas.algorithms.neural import library, requests
from areas.algorithms.neural.requests import Refused
from areas.algorithms.object_detection import boxes
from areas.algorithms.object_detection.declaration import ALGORITHM
from areas.algorithms.object_detection.network import build
from areas.algorithms.object_detection.train import detect
from areas.algorithms.server import Request, Response
from areas.algorithms.vision import pictures


def main() -> int:
    return requests.serve_with(load, heavy=True, BatchStrategy="SINGLE_RECORD")


def load():
    """The function that answers invocations."""
    folder = container().model
    config = library.read_config(folder, ALGORITHM.repository)
    network = build(config)
    library.load_weights(folder, network)
    network.eval()
    begin = boxes.anchors(network.sides())

    def invoke(request: Request) -> Response:
        requests.kind_of(request, ("image",))
        form, parameters = answers.accepted(request.headers.get("accept", ""), ("json", "jsonlines"))
        try:
            picture = pictures.decode(request.body, "The body")
        except UserError as error:
            raise Refused(415, str(error)) from None
        found = detect(network, begin, picture, config)
        body = annotated(found, picture) if parameters.get("annotation") == "1" else {"prediction": found}
        return Response((json.dumps(body) + "\n" * (form == "jsonlines")).encode(), content_type=types.NAMES[form])

    return invoke


def annotated(found: list[list[float]], picture) -> dict:
    """In the form of the training data's annotations, in pixels."""
    height, width, depth = picture.shape
    rows = [
        {
            "class_id": int(kind), "score": score, "left": round(left * width), "top": round(top * height),
            "width": round((right - left) * width), "height": round((bottom - top) * height),
        }
        for kind, score, left, top, right, bottom in found
    ]  # fmt: skip
    return {"image_size": [{"width": width, "height": height, "depth": depth}], "annotations": rows}


if __name__ == "__main__":
    sys.exit(main())
