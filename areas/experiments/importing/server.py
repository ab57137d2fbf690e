"""A tracking server, asked over MLflow's REST API: another Studio, ``mlflow server``, or a hosted one.

MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, say who asks, as they do for its clients.
"""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from areas.experiments.importing.source import CannotRead, Dataset, Experiment, File, Model, Points, Run

logging.getLogger("httpx").setLevel(logging.WARNING)  # else a line for each request

_PAGE, _POINTS, _TRIES = 200, 10_000, 3
DEEPEST = 40  # folders of artifacts


class Server:
    def __init__(self, url: str):
        token, user = os.environ.get("MLFLOW_TRACKING_TOKEN"), os.environ.get("MLFLOW_TRACKING_USERNAME")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        auth = (user, os.environ.get("MLFLOW_TRACKING_PASSWORD", "")) if user and not token else None
        self.url, self.told = url.rstrip("/"), []
        transport = httpx.HTTPTransport(retries=_TRIES)
        self.client = httpx.Client(headers=headers, auth=auth, timeout=120, transport=transport)

    def _ask(self, method: str, path: str, **how) -> dict:
        try:
            answer = self.client.request(method, f"{self.url}/api/2.0/{path}", **how)
        except httpx.HTTPError as error:
            raise CannotRead(f"{self.url} does not answer: {error}") from None
        if answer.status_code >= 300:
            raise CannotRead(f"{self.url} refuses {path}: {answer.status_code} {answer.text[:300]}")
        try:
            found = answer.json()
            if not isinstance(found, dict):
                raise ValueError
            return found
        except (ValueError, RecursionError):
            raise CannotRead(f"{self.url} is no tracking server of MLflow's: {path} answers no JSON.") from None

    def _pages(self, path: str, member: str, given: dict) -> Iterator[dict]:
        token = None
        while True:
            found = self._ask("POST", path, json={**given, **({"page_token": token} if token else {})})
            yield from found.get(member, ())
            token = self._next(token, found, member)
            if not token:
                return

    def _next(self, token: str | None, found: dict, member: str) -> str | None:
        """The token of the next page. CannotRead for a server that goes round in circles, or on without giving anything."""
        wanted = found.get("next_page_token")
        if wanted and (wanted == token or not found.get(member)):
            raise CannotRead(f"{self.url} gives pages of {member} without an end.")
        return wanted

    def experiments(self) -> Iterator[Experiment]:
        given = {"max_results": _PAGE, "view_type": "ALL"}
        for one in self._pages("mlflow/experiments/search", "experiments", given):
            yield Experiment(
                one["experiment_id"], one["name"], one.get("lifecycle_stage") == "deleted",
                _whole(one.get("creation_time")), _pairs(one.get("tags")),
            )  # fmt: skip

    def runs(self, experiment: Experiment) -> Iterator[Run]:
        given = {
            "experiment_ids": [experiment.id], "max_results": _PAGE, "run_view_type": "ALL",
            "order_by": ["attributes.start_time ASC", "attributes.run_id ASC"],
        }  # fmt: skip
        for one in self._pages("mlflow/runs/search", "runs", given):
            info, data, inputs = one["info"], one.get("data", {}), one.get("inputs", {})
            made = [
                (out["model_id"], int(out.get("step") or 0)) for out in one.get("outputs", {}).get("model_outputs", ())
            ]
            yield Run(
                info.get("run_id") or info["run_uuid"], info.get("run_name", ""), info.get("user_id", ""),
                info.get("status", "RUNNING"), _whole(info.get("start_time")), _whole(info.get("end_time")),
                info.get("lifecycle_stage") == "deleted", info.get("artifact_uri", ""), _pairs(data.get("params")),
                _pairs(data.get("tags")), dict.fromkeys(metric["key"] for metric in data.get("metrics", ())),
                tuple(_dataset(given) for given in inputs.get("dataset_inputs", ())),
                tuple(model["model_id"] for model in inputs.get("model_inputs", ())), tuple(made),
            )  # fmt: skip

    def history(self, run: Run, key: str) -> Points:
        token = None
        while True:
            params = {"run_id": run.id, "metric_key": key, "max_results": _POINTS}
            found = self._ask(
                "GET", "mlflow/metrics/get-history", params={**params, **({"page_token": token} if token else {})}
            )
            for one in found.get("metrics", ()):
                yield float(one.get("value", 0)), int(one["timestamp"]), int(one.get("step") or 0)
            token = self._next(token, found, "metrics")
            if not token:
                return

    def models(self, experiment: Experiment) -> Iterator[Model]:
        if experiment.is_deleted:
            return
        try:
            rows = list(
                self._pages(
                    "mlflow/logged-models/search", "models", {"experiment_ids": [experiment.id], "max_results": 50}
                )
            )
        except CannotRead:  # a server before MLflow 3 has none
            return
        for one in rows:
            info, data = one["info"], one.get("data", {})
            measured = [
                (metric.get("run_id", ""), metric["key"], metric.get("dataset_name", ""), metric.get("dataset_digest", ""),
                 float(metric.get("value", 0)), int(metric["timestamp"]), int(metric.get("step") or 0))
                for metric in data.get("metrics", ())
            ]  # fmt: skip
            yield Model(
                info["model_id"], info["name"], info.get("model_type", ""), info.get("source_run_id", ""), info["status"],
                int(info["creation_timestamp_ms"]), int(info["last_updated_timestamp_ms"]), info.get("artifact_uri", ""),
                _pairs(data.get("params")), _pairs(info.get("tags")), tuple(measured),
            )  # fmt: skip

    def files(self, folder: str) -> Iterator[File]:
        parts = urlsplit(folder)
        if parts.scheme != "mlflow-artifacts" or parts.netloc not in ("", urlsplit(self.url).netloc):
            raise CannotRead(f"{folder} is not served by {self.url}")
        yield from self._below(parts.path.strip("/"), "")

    def _below(self, root: str, path: str) -> Iterator[File]:
        if path.count("/") > DEEPEST:
            raise CannotRead(f"{self.url} has folders in {root} that are nested more than {DEEPEST} deep.")
        where = f"{root}/{path}".rstrip("/")
        for one in self._ask("GET", "mlflow-artifacts/artifacts", params={"path": where}).get("files", ()):
            name = one["path"].rpartition("/")[2]
            if name in ("", ".", ".."):
                continue
            below = f"{path}/{name}".lstrip("/")
            if one.get("is_dir"):
                yield from self._below(root, below)
            else:
                yield File(below, int(one.get("file_size") or 0))

    @contextmanager
    def open(self, folder: str, file: File) -> Iterator[Path]:
        where = quote(f"{urlsplit(folder).path.strip('/')}/{file.path}")
        with tempfile.TemporaryDirectory() as home:
            path = Path(home) / "file"
            try:
                with self.client.stream("GET", f"{self.url}/api/2.0/mlflow-artifacts/artifacts/{where}") as answer:
                    if answer.status_code >= 300:
                        raise CannotRead(f"{self.url} refuses {where}: {answer.status_code}")
                    with path.open("wb") as target:
                        for block in answer.iter_bytes(1 << 20):
                            target.write(block)
                            if target.tell() > file.size:
                                raise CannotRead(
                                    f"{self.url} gives more of {where} than the {file.size} bytes it told of."
                                )
            except httpx.HTTPError as error:
                raise CannotRead(f"{self.url} does not give {where}: {error}") from None
            yield path


def _pairs(given: list[dict] | None) -> dict[str, str]:
    return {one["key"]: one.get("value", "") for one in given or ()}


def _whole(value) -> int | None:
    return None if value is None else int(value)


def _dataset(given: dict) -> Dataset:
    found = given["dataset"]
    words = [found.get(name) or "" for name in ("name", "digest", "source_type", "source", "schema", "profile")]
    return Dataset(*words, tags=_pairs(given.get("tags")))
