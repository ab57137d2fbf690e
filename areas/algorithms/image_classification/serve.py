"""Serving Image Classification: one picture a request, the probability of each class."""

import json
import sys

from areas.algorithms.container import UserError, container
from areas.algorithms.frame import answers, types
from areas.algorithms.image_classification import train
from areas.algorithms.image_classification.declaration import ALGORITHM
from areas.algorithms.neural import library, requests
from areas.algorithms.neural.requests import Refused
from areas.algorithms.server import Request, Response
from areas.algorithms.vision import pictures


def main() -> int:
    return requests.serve_with(load, heavy=True, BatchStrategy="SINGLE_RECORD")


def load():
    """The function that answers invocations."""
    import torch

    folder = container().model
    config = library.read_config(folder, ALGORITHM.repository)
    network = train.build(config)
    library.load_weights(folder, network)
    network.eval()

    def invoke(request: Request) -> Response:
        requests.kind_of(request, ("image",))
        form, _ = answers.accepted(request.headers.get("accept", ""), ("json", "jsonlines"))
        try:
            picture = pictures.decode(request.body, "The body", config["image_shape"][0])
        except UserError as error:
            raise Refused(415, str(error)) from None
        with torch.no_grad():
            outputs = network(pictures.tensor([train.seen(picture, config)]))
            chances = torch.sigmoid(outputs) if config["multi_label"] else torch.softmax(outputs, 1)
        found = chances[0].tolist()
        body = json.dumps({"prediction": found}) + "\n" if form == "jsonlines" else json.dumps(found)
        return Response(body.encode(), content_type=types.NAMES[form])

    return invoke


if __name__ == "__main__":
    sys.exit(main())
