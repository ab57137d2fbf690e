"""Which function answers which request, as a list that reads aloud. ``{label}`` is one part of the path, ``{path}`` the rest."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from areas.experiments.mlflow import (
    artifacts,
    experiments,
    history,
    inputs,
    measuring,
    models,
    multipart,
    params,
    runs,
    search_models,
    search_runs,
    searching,
)


@dataclass(frozen=True)
class Route:
    """``reads`` says what the function wants: "" the request, in a thread; "write" the same, in one transaction; "headers"
    also the headers; "hot" is asynchronous; "body" is asynchronous and streams the body itself."""

    method: str
    path: str
    answer: Callable
    reads: str = ""


ROUTES = (
    Route("POST", "mlflow/runs/log-metric", measuring.log_metric, "hot"),
    Route("POST", "mlflow/runs/log-batch", measuring.log_batch, "hot"),
    Route("POST", "mlflow/runs/log-parameter", params.log_param, "write"),
    Route("POST", "mlflow/runs/set-tag", params.set_tag, "write"),
    Route("POST", "mlflow/runs/delete-tag", params.delete_tag, "write"),
    Route("POST", "mlflow/runs/create", runs.create, "write"),
    Route("GET", "mlflow/runs/get", runs.get),
    Route("POST", "mlflow/runs/update", runs.update, "write"),
    Route("POST", "mlflow/runs/delete", runs.delete, "write"),
    Route("POST", "mlflow/runs/restore", runs.restore, "write"),
    Route("POST", "mlflow/runs/search", search_runs.search),
    Route("POST", "mlflow/runs/log-inputs", inputs.log_inputs, "write"),
    Route("POST", "mlflow/runs/outputs", inputs.log_outputs, "write"),
    Route("POST", "mlflow/runs/log-model", inputs.log_model, "write"),
    Route("POST", "mlflow/experiments/create", experiments.create, "write"),
    Route(
        "GET", "mlflow/experiments/get", experiments.get, "write"
    ),  # the one called Default is made when first asked for
    Route("GET", "mlflow/experiments/get-by-name", experiments.get_by_name),
    Route("GET", "mlflow/experiments/search", searching.experiments),
    Route("POST", "mlflow/experiments/search", searching.experiments),
    Route("GET", "mlflow/experiments/list", searching.experiments),
    Route("POST", "mlflow/experiments/update", experiments.update, "write"),
    Route("POST", "mlflow/experiments/delete", experiments.delete, "write"),
    Route("POST", "mlflow/experiments/restore", experiments.restore, "write"),
    Route("POST", "mlflow/experiments/set-experiment-tag", experiments.set_tag, "write"),
    Route("POST", "mlflow/experiments/delete-experiment-tag", experiments.delete_tag, "write"),
    Route("GET", "mlflow/metrics/get-history", history.get),
    Route("GET", "mlflow/metrics/get-history-bulk", history.bulk),
    Route("GET", "mlflow/metrics/get-history-bulk-interval", history.bulk_interval),
    Route("GET", "mlflow/artifacts/list", artifacts.list_of_run),
    Route("POST", "mlflow/logged-models", models.create, "write"),
    Route("POST", "mlflow/logged-models/search", search_models.search),
    Route("GET", "mlflow/logged-models/{model_id}", models.get),
    Route("PATCH", "mlflow/logged-models/{model_id}", models.finalize, "write"),
    Route("DELETE", "mlflow/logged-models/{model_id}", models.delete, "write"),
    Route("PATCH", "mlflow/logged-models/{model_id}/tags", models.set_tags, "write"),
    Route("DELETE", "mlflow/logged-models/{model_id}/tags/{key}", models.delete_tag, "write"),
    Route("POST", "mlflow/logged-models/{model_id}/params", models.log_params, "write"),
    Route("GET", "mlflow/logged-models/{model_id}/artifacts/directories", artifacts.list_of_model),
    Route("GET", "mlflow-artifacts/artifacts", artifacts.list_proxied),
    Route("GET", "mlflow-artifacts/artifacts/{path}", artifacts.get, "headers"),
    Route("PUT", "mlflow-artifacts/artifacts/{path}", artifacts.put, "body"),
    Route("DELETE", "mlflow-artifacts/artifacts/{path}", artifacts.delete),
    Route("POST", "mlflow-artifacts/mpu/create/{path}", multipart.create, "headers"),
    Route("PUT", "mlflow-artifacts/mpu/part/{path}", multipart.put_part, "body"),
    Route("POST", "mlflow-artifacts/mpu/complete/{path}", multipart.complete),
    Route("POST", "mlflow-artifacts/mpu/abort/{path}", multipart.abort),
)

_PLAIN = {(route.method, route.path): route for route in ROUTES if "{" not in route.path}
_LABELLED = [
    (
        route,
        re.compile(
            re.sub(r"\{(\w+)\}", lambda m: f"(?P<{m[1]}>{'.+' if m[1] == 'path' else '[^/]+'})", route.path), re.DOTALL
        ),
    )
    for route in ROUTES
    if "{" in route.path
]


def route_of(method: str, path: str) -> tuple[Route | None, dict[str, str]]:
    """(route, labels) of a path below ``/api/2.0/``, decoded; (None, {}) for what isn't served."""
    if found := _PLAIN.get((method, path)):
        return found, {}
    for route, pattern in _LABELLED:
        if route.method == method and (match := pattern.fullmatch(path)):
            return route, match.groupdict()
    return None, {}
