"""What ``inference.py`` of the algorithms for tables answers: CSV rows in, JSON out."""

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
        if kind not in ("application/json", VERBOSE):
            raise UnsupportedType(f"Accept type {accept} is not supported: ask for application/json.")
        learner, loaded, schema = model
        try:
            features = tables.request(body, schema)
        except UserError as error:
            raise UnsupportedType(str(error)) from None
        return json.dumps(
            answer(learner.predict(loaded, features, schema), schema, kind == VERBOSE)
        ), "application/json"

    return model_fn, transform_fn


def answer(predicted, schema: tables.Schema, verbose: bool) -> dict:
    """``{"probabilities": [[…]]}``, verbose with ``labels`` and ``predicted_label``; or ``{"prediction": […]}``."""
    if schema.problem == "regression":
        return {"prediction": predicted.tolist()}
    found = {"probabilities": predicted.tolist()}
    if verbose:
        best = predicted.argmax(axis=1)
        found |= {"labels": schema.classes, "predicted_label": [schema.classes[number] for number in best]}
    return found
