"""Serving IP Insights: how well entity and address go together; with ``Accept: …; verbose=True`` their vectors too."""

import csv
import io
import sys
from collections.abc import Callable
from pathlib import Path

from areas.algorithms.container import UserError, container
from areas.algorithms.frame import answers, requests
from areas.algorithms.frame.serving import serve_answers
from areas.algorithms.frame.training import load_model
from areas.algorithms.ip_insights.model import Model
from areas.algorithms.ip_insights.pairs import numbered
from areas.algorithms.server import Request, Response

READS = ("json", "jsonlines", "csv")
FORMS = ("json", "jsonlines")


def main() -> int:
    try:
        model = load(container().model)
    except (UserError, OSError) as error:
        print(f"ClientError: {error}", file=sys.stderr, flush=True)
        return 1
    return serve_answers(answering(model), inline=True)


def load(folder: Path) -> Model:
    meta, arrays = load_model(folder)
    layers = [[arrays[f"weights_{number}"], arrays[f"bias_{number}"]] for number in range(meta["layers"])]
    return Model(arrays["entities"], layers)


def answering(model: Model) -> Callable[[Request], Response]:
    def invoke(request: Request) -> Response:
        try:
            form, parameters = answers.accepted(request.headers.get("accept", ""), FORMS)
            pairs = numbered(_rows(request.body, requests.kind(request.headers.get("content-type", ""), READS)))
        except answers.NotAcceptable as error:
            return Response(str(error).encode(), 406)
        except UserError as error:
            return Response(f"unable to evaluate payload provided: {error}".encode(), 415)
        found = {"dot_product": model.products(pairs)}
        if parameters.get("verbose") == "true":
            found |= {"entity_embedding": model.entity(pairs[:, 0]), "ip_embedding": model.address(pairs[:, 1])}
        return answers.encode(found, form)

    return invoke


def _rows(body: bytes, kind: str) -> list:
    """Lists of entity and address. JSON's instances are ``{"features": [entity, ip]}`` or with ``data`` around."""
    try:
        if kind == "csv":
            return [row for row in csv.reader(io.StringIO(body.decode(), newline="")) if row]
        rows = requests.instances(body) if kind == "json" else requests.lines(body)
        found = []
        for row in rows:
            features = row["data"]["features"] if "data" in row else row["features"]
            found.append(features["values"] if isinstance(features, dict) else features)
        return found
    except (KeyError, TypeError, UnicodeDecodeError, csv.Error):
        raise UserError('each instance must be {"features": [entity, IPv4 address]}') from None


if __name__ == "__main__":
    sys.exit(main())
