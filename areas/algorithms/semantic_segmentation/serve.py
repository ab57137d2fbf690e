"""Serving Semantic Segmentation: a picture in, a PNG of its pixels' classes out, or the probabilities of each."""

import io
import sys

from areas.algorithms.container import UserError, container
from areas.algorithms.formats import recordio
from areas.algorithms.neural import library, requests
from areas.algorithms.neural.requests import Refused
from areas.algorithms.semantic_segmentation import train
from areas.algorithms.semantic_segmentation.declaration import ALGORITHM
from areas.algorithms.semantic_segmentation.network import build
from areas.algorithms.server import Request, Response
from areas.algorithms.vision import pictures

MASK, CHANCES = "image/png", "application/x-protobuf"


def main() -> int:
    return requests.serve_with(load, heavy=True, BatchStrategy="SINGLE_RECORD")


def load():
    """The function that answers invocations."""
    import torch

    folder = container().model
    config = library.read_config(folder, ALGORITHM.repository)
    network = build({**config, "algorithm": config["algorithm_name"]})
    library.load_weights(folder, network)
    network.eval()

    def invoke(request: Request) -> Response:
        requests.kind_of(request, ("image",))
        form = wanted(request.headers.get("accept", ""))
        try:
            picture = pictures.decode(request.body, "The body")
        except UserError as error:
            raise Refused(415, str(error)) from None
        found = train.scores(network, picture, config)
        if form == MASK:
            return Response(png(found.argmax(0).numpy()), content_type=MASK)
        chances = torch.softmax(found, 0)
        body = recordio.write_shaped(chances[None].numpy(), "target")
        return Response(body, content_type="application/x-recordio-protobuf")

    return invoke


def wanted(accept: str) -> str:
    """MASK or CHANCES; Refused (406) for another form."""
    for word in accept.split(",") if accept.strip() else ["*/*"]:
        name = word.partition(";")[0].strip().lower()
        if name in (MASK, "*/*", "image/*"):
            return MASK
        if name in (CHANCES, "application/x-recordio-protobuf"):
            return CHANCES
    raise Refused(406, f"Accept type {accept} is not supported: ask for image/png or application/x-recordio-protobuf")


def png(mask) -> bytes:
    """A PNG of one channel."""
    import numpy as np
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main())
