"""Serving BlazingText: words to vectors, or sentences to labels."""

import sys

from areas.algorithms.blazingtext.train import MODEL, VECTORS
from areas.algorithms.container import container, cpu_count
from areas.algorithms.server import Request, Response, serve

JSON, LINES = "application/json", "application/jsonlines"


class NotReadable(ValueError):
    """The body isn't what its content type says (400)."""


def main() -> int:
    """Load the model and answer until SIGTERM; exit code 1 and a sentence if it can't be loaded."""
    import floret

    folder = container().model
    path = next((folder / name for name in (MODEL, VECTORS) if (folder / name).is_file()), None)
    if path is None:
        print(f"UserError: {folder} holds neither {MODEL} nor {VECTORS}.", file=sys.stderr, flush=True)
        return 1
    try:
        model = floret.load_model(str(path))
    except ValueError as error:
        print(f"UserError: {path.name} is not a fastText model: {error}", file=sys.stderr, flush=True)
        return 1
    return serve(answering(model), threads=cpu_count())


def answering(model):
    """The function that answers the requests of ``areas.algorithms.server``. The answer has the request's content type."""
    supervised = model.f.getArgs().model.name == "supervised"

    def answer(request: Request) -> Response:
        if request.path == "/execution-parameters" and request.method == "GET":
            return _execution_parameters()
        if request.path != "/invocations" or request.method != "POST":
            return Response(b"Not found.", 404)
        if not request.body:
            return Response(status=204)
        kind = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
        if kind not in (JSON, LINES):
            return Response(f"Content type {kind} is not supported: send {JSON} or {LINES}.".encode(), 415)
        try:
            pairs = _from_json(request.body) if kind == JSON else _from_lines(request.body)
        except NotReadable as error:
            return Response(str(error).encode(), 400)
        found = [_labels(model, text, k) if supervised else _vector(model, text) for text, k in pairs]
        return Response(_encoded(found, kind), content_type=kind)

    return answer


def _from_json(body: bytes) -> list[tuple[str, int]]:
    """``{"instances": [text], "configuration": {"k": 2}}`` → [(text, k)]."""
    entry = _loads(body, "The body")
    if not isinstance(entry, dict) or not isinstance(entry.get("instances"), list):
        raise NotReadable('The body must be {"instances": ["some text"], "configuration": {"k": 1}}.')
    configuration = entry.get("configuration") or {}
    if not isinstance(configuration, dict):
        raise NotReadable('"configuration" must be an object such as {"k": 2}.')
    k = _count(configuration.get("k", 1))
    return [(_text(one, f"Instance {number}"), k) for number, one in enumerate(entry["instances"], 1)]


def _from_lines(body: bytes) -> list[tuple[str, int]]:
    """``{"source": text, "k": 2}`` lines → [(text, k)]."""
    found = []
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        entry = _loads(line, f"Line {number}")
        if not isinstance(entry, dict) or "source" not in entry:
            raise NotReadable(f'Line {number} must be {{"source": "some text", "k": 1}}.')
        found.append((_text(entry["source"], f"Line {number}"), _count(entry.get("k", 1))))
    return found


def _loads(text: bytes, what: str):
    import orjson

    try:
        return orjson.loads(text)
    except ValueError as error:
        raise NotReadable(f"{what} is not JSON: {error}.") from None


def _text(value, what: str) -> str:
    if not isinstance(value, str):
        raise NotReadable(f"{what} must be a text.")
    return " ".join(value.split())


def _count(value) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise NotReadable('"k" must be a whole number, 1 or more.')
    return value


def _labels(model, text: str, k: int) -> dict:
    # model.predict breaks with NumPy 2; this is what it calls.
    pairs = model.f.predict(f"{text}\n", min(k, len(model.labels)), 0.0, "replace")
    return {"prob": [min(probability, 1.0) for probability, _ in pairs], "label": [label for _, label in pairs]}


def _vector(model, word: str) -> dict:
    return {"vector": [float(value) for value in model.get_word_vector(word)], "word": word}


def _encoded(found: list[dict], kind: str) -> bytes:
    import orjson

    if kind == JSON:
        return orjson.dumps(found)
    return b"".join(orjson.dumps(one) + b"\n" for one in found)


def _execution_parameters() -> Response:
    import orjson

    parameters = {"MaxConcurrentTransforms": cpu_count(), "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}
    return Response(orjson.dumps(parameters), content_type=JSON)


if __name__ == "__main__":
    sys.exit(main())
