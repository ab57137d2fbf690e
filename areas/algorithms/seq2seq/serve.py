"""Serving Seq2Seq: text in JSON, tokens in RecordIO-protobuf. Source: the developer guide's "Sequence-to-Sequence Algorithm"."""

import sys

from areas.algorithms.container import UserError, container, cpu_count
from areas.algorithms.formats import recordio
from areas.algorithms.frame import answers
from areas.algorithms.neural import library, requests
from areas.algorithms.neural.requests import Refused
from areas.algorithms.seq2seq import data, network, search
from areas.algorithms.seq2seq.declaration import ALGORITHM
from areas.algorithms.server import Request, Response

FORMS = ("json", "jsonlines", "recordio")
RECORDS = "application/x-recordio-protobuf"


def main() -> int:
    return requests.serve_with(load, threads=cpu_count())


def load():
    """The function that answers invocations."""
    folder = container().model
    config = library.read_config(folder, ALGORITHM.repository)
    words, targets = data.read_vocabularies(folder)
    names = {number: word for word, number in targets.items()}
    model = network.build(config)
    library.load_weights(folder, model)
    model.eval()

    def invoke(request: Request) -> Response:
        kind, _ = requests.kind_of(request, FORMS)
        form, _ = answers.accepted(request.headers.get("accept", ""), (kind, *FORMS))
        if (kind == "recordio") != (form == "recordio"):
            raise Refused(406, "RecordIO-protobuf is answered by RecordIO-protobuf, and JSON by JSON")
        if kind == "recordio":
            return Response(tokens_for(request.body), content_type=RECORDS)
        records, _ = requests.records(request, kind)
        rows = [text_for(record, kind, number) for number, record in enumerate(records, 1)]
        if any("matrix" in row for row in rows) and not all("matrix" in row for row in rows):
            rows = [{"matrix": None, **row} for row in rows]
        columns = {name: [row[name] for row in rows] for name in sorted(rows[0], reverse=True)}
        return answers.encode(columns, form)

    def text_for(record: object, kind: str, number: int) -> dict:
        """One instance's target, and its matrix if it asks for that."""
        key = "data" if kind == "json" else "source"
        text = record.get(key) if isinstance(record, dict) else None
        if not isinstance(text, str) or not text.split():
            raise UserError(f"instance {number} must have '{key}', a text of tokens with spaces between")
        source = [words.get(word, data.UNKNOWN) for word in text.split()]
        written, looked = translate(source, f"instance {number}")
        found = {"target": " ".join(names[token] for token in written)}
        asked = (record.get("configuration") or {}).get("attention_matrix", False)
        if str(asked).lower() == "true":
            found["matrix"] = looked
        return found

    def tokens_for(body: bytes) -> bytes:
        try:
            records = recordio.read_named(body)
        except UserError as error:
            raise Refused(415, str(error)) from None
        if any("source" not in record or not len(record["source"]) for record in records):
            raise UserError("every record must have the int32 feature 'source'")
        found = [translate(record["source"], f"record {number}")[0] for number, record in enumerate(records, 1)]
        return b"".join(recordio.write_named({"target": target}, label=True) for target in found)

    def translate(source, where: str) -> tuple[list[int], list[list[float]]]:
        tokens = data.checked(source[: config["max_seq_len_source"]], config["sizes"][0], where)
        return search.translate(model, tokens, config)

    return invoke


if __name__ == "__main__":
    sys.exit(main())
