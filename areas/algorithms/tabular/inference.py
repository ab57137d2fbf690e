"""What ``inference.py`` of the algorithms for tables answers: CSV rows in, JSON or CSV out."""

import json
from importlib import import_module
from pathlib import Path

from areas.algorithms.container import UserError
from areas.algorithms.tabular import tables

VERBOSE = "application/json;verbose"


def handlers(algorithm: str):
    """``(model_fn, transform_fn)`` as SageMaker's inference toolkit calls them.

    The learner has ``load(folder, schema)`` and ``predict(model, features, schema)``: (rows, classes) or (rows,).
    """

    def model_fn(model_dir):
        schema = tables.Schema.load(Path(model_dir))
        learner = import_module(f"areas.algorithms.tabular.{algorithm}")
        return learner, learner.load(Path(model_dir), schema), schema

    def transform_fn(model, body, content_type, accept):
        from areas.algorithms.script.codecs import UnsupportedType

        if content_type.partition(";")[0].strip().lower() != "text/csv":
            raise UnsupportedType(f"Content type {content_type} is not supported: send text/csv.")
        kind = "".join(accept.lower().split())
        if kind not in ("application/json", VERBOSE, "text/csv"):
            raise UnsupportedType(f"Accept type {accept} is not supported: ask for application/json or text/csv.")
        learner, loaded, schema = model
        try:
            features = tables.request(body, schema)
        except UserError as error:
            raise UnsupportedType(str(error)) from None
        predicted = learner.predict(loaded, features, schema)
        if kind == "text/csv":
            return lines(predicted), kind
        return json.dumps(answer(predicted, schema, kind == VERBOSE)), "application/json"

    return model_fn, transform_fn


def lines(predicted) -> str:
    """A line for each row, as batch transform joins them: the number, or the probability of each class in their order."""
    rows = predicted.reshape(len(predicted), -1).tolist()
    return "".join(",".join(map(repr, row)) + "\n" for row in rows)


def answer(predicted, schema: tables.Schema, verbose: bool) -> dict:
    """``{"probabilities": [[…]]}``, verbose with ``labels`` and ``predicted_label``; or ``{"prediction": […]}``."""
    if schema.problem == "regression":
        return {"prediction": predicted.tolist()}
    found = {"probabilities": predicted.tolist()}
    if verbose:
        best = predicted.argmax(axis=1)
        found |= {"labels": schema.classes, "predicted_label": [schema.classes[number] for number in best]}
    return found
