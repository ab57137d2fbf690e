"""Serving Object2Vec: scores of pairs, or embeddings of one side. Source: the developer guide's "Data Formats for Object2Vec
Inference" and "Encoder Embeddings for Object2Vec"."""

import sys

from areas.algorithms.container import container, cpu_count
from areas.algorithms.frame import answers
from areas.algorithms.neural import library, requests
from areas.algorithms.neural.requests import Refused
from areas.algorithms.object2vec import network
from areas.algorithms.object2vec.data import SIDES, padded, tokens
from areas.algorithms.object2vec.declaration import ALGORITHM
from areas.algorithms.server import Request, Response

FORMS = ("json", "jsonlines")
BATCH = 256
LENGTHS = "infer_max_seqlens"


def main() -> int:
    return requests.serve_with(load, threads=cpu_count())


def load():
    """The function that answers invocations."""
    folder = container().model
    config = library.read_config(folder, ALGORITHM.repository)
    model = network.build(config)
    library.load_weights(folder, model)
    model.eval()

    def invoke(request: Request) -> Response:
        kind, parameters = requests.kind_of(request, FORMS)
        form, _ = answers.accepted(request.headers.get("accept", ""), (kind, *FORMS))
        records, _ = requests.records(request, kind)
        if any(not isinstance(record, dict) for record in records):
            raise Refused(400, "every instance must be an object with in0, in1 or both")
        lengths = longest(parameters)
        sides = asked(records)
        read = {
            side: [
                tokens(record, side, config, f"instance {number}", lengths and lengths[SIDES.index(side)])
                for number, record in enumerate(records, 1)
            ]
            for side in sides
        }
        if len(sides) == 2:
            return answers.encode({"scores": scores(model, read["in0"], read["in1"], config)}, form)
        if not lengths:
            raise Refused(
                400,
                f"an instance with only {sides[0]} asks for its embedding, and that needs the Content-Type "
                f"application/json; {LENGTHS}=<in0>,<in1>, the most tokens to read of each",
            )
        encoder = model.encoders[SIDES.index(sides[0])]
        return answers.encode({"embeddings": embeddings(encoder, read[sides[0]])}, form)

    return invoke


def asked(records: list[dict]) -> list[str]:
    """Which sides the instances have, all the same; Refused (400) otherwise."""
    found = [side for side in SIDES if side in records[0]]
    if not found or any([side for side in SIDES if side in record] != found for record in records):
        raise Refused(400, "all instances must have in0 and in1, or all in0, or all in1")
    return found


def longest(parameters: dict[str, str]) -> tuple[int, int] | None:
    """``infer_max_seqlens=10,20`` → (10, 20); None where it isn't given, Refused (400) where it isn't two lengths."""
    text = parameters.get(LENGTHS)
    if text is None:
        return None
    try:
        first, second = (int(word) for word in text.split(","))
    except ValueError:
        first = second = 0
    if not (1 <= first <= 5000 and 1 <= second <= 5000):
        raise Refused(400, f"{LENGTHS} must be two integers from 1 to 5000 with a comma between, not {text!r}")
    return first, second


def scores(model, left: list, right: list, config: dict) -> list[list[float]]:
    """A list for each pair: the probability of each class, or the one value."""
    import torch

    found = []
    with torch.no_grad():
        for start in range(0, len(left), BATCH):
            span = slice(start, start + BATCH)
            outputs = model(padded(left[span]), padded(right[span]))
            found += (torch.softmax(outputs, 1) if config["output_layer"] == "softmax" else outputs).tolist()
    return found


def embeddings(encoder, sequences: list) -> list[list[float]]:
    """The encoding of each sequence."""
    import torch

    found = []
    with torch.no_grad():
        for start in range(0, len(sequences), BATCH):
            found += encoder(padded(sequences[start : start + BATCH])).tolist()
    return found


if __name__ == "__main__":
    sys.exit(main())
