"""What a run read and made: datasets, logged models, and the models that MLflow 2 noted in a tag."""

import json

from areas.experiments.mlflow import found, tags
from areas.experiments.mlflow.asked import Asked, as_whole
from areas.experiments.mlflow.changes import told
from areas.experiments.mlflow.errors import invalid
from areas.experiments.mlflow.tables import RunDataset, RunModel
from areas.experiments.resource import TRIAL_COMPONENT
from catalog.models import Record
from engine import store

LIMITS = {"name": 500, "digest": 36, "source_type": 255, "source": 65_535, "schema": 1_048_575, "profile": 16_777_215}
DATASETS = 1000  # of one request
MODEL, MODELS = 1_000_000, 1000  # characters of what MLflow 2 says of a model; models that a run remembers
HISTORY = "mlflow.log-model.history"


def log_inputs(asked: Asked) -> dict:
    """Datasets and logged models that a run read."""
    run = found.run_of(asked, asked.run_id(), "update", is_active=True)
    given, models = asked.items("datasets"), asked.items("models")
    if len(given) > DATASETS:
        raise invalid(f"At most {DATASETS} datasets can be logged at once, not {len(given)}.")
    rows = [_dataset(run, one) for one in given]
    RunDataset.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["run", "name", "digest"],
        update_fields=["source_type", "source", "schema", "profile", "tags"],
    )  # fmt: skip
    _link(run, models, is_output=False)
    if rows:
        store.change(run.id, lambda document: note(document, rows), TRIAL_COMPONENT)
    names = [f"{one.name} ({one.digest})" for one in rows]
    told(
        asked, "UpdateTrialComponent", run, after={"Datasets": names, "Models": [one.get("model_id") for one in models]}
    )
    return {}


def log_outputs(asked: Asked) -> dict:
    """Logged models that a run made."""
    run = found.run_of(asked, asked.run_id(), "update", is_active=True)
    models = asked.items("models")
    _link(run, models, is_output=True)
    told(asked, "UpdateTrialComponent", run, after={"Models": [one.get("model_id") for one in models]})
    return {}


def log_model(asked: Asked) -> dict:
    """MLflow 2 says so of each model that it has logged; kept in the run's tag that its clients read."""
    run = found.run_of(asked, asked.run_id(), "update", is_active=True)
    try:
        model = json.loads(asked.text("model_json", limit=MODEL))
        json.dumps(model, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise invalid("Malformed model info: model_json is not valid JSON.") from None
    wanted = {"artifact_path", "flavors", "utc_time_created", "run_id"}
    if not isinstance(model, dict) or (lost := wanted - model.keys()):
        raise invalid(f"Model json is missing mandatory fields: {sorted(lost) if isinstance(model, dict) else 'all'}")
    kept = {
        key: model[key]
        for key in ("run_id", "artifact_path", "utc_time_created", "flavors", "model_uuid")
        if key in model
    }
    tags.write(run, {HISTORY: json.dumps([*_history(run)[1 - MODELS :], kept]).replace("\\u0000", "")})
    told(asked, "AddTags", run, after={"Model": model["artifact_path"]})
    return {}


def _history(run: Record) -> list:
    """The models that a run's tag names; none where somebody wrote something else into it."""
    try:
        found = json.loads(tags.read([run])[run.id].get(HISTORY, "[]"))
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def _dataset(run: Record, given: dict) -> RunDataset:
    dataset, tagged = given.get("dataset") or {}, given.get("tags") or []
    if (
        not isinstance(dataset, dict)
        or not isinstance(tagged, list)
        or not all(isinstance(one, dict) for one in tagged)
    ):
        raise invalid("A dataset is an object with 'dataset', an object, and 'tags', an array of objects.")
    for member in ("name", "digest", "source_type", "source"):
        if not isinstance(dataset.get(member), str) or not dataset[member]:
            raise invalid(f"Missing value for required parameter 'dataset.{member}'.")
    values = {member: _plain(dataset.get(member) or "") for member in LIMITS}
    for member, limit in LIMITS.items():
        if len(values[member]) > limit:
            raise invalid(f"dataset.{member} exceeds the maximum length of {limit} characters.")
    tagged = [{"key": _plain(one.get("key")), "value": _plain(one.get("value") or "")} for one in tagged]
    return RunDataset(run=run, tags=tagged, **values)


def _plain(value) -> str:
    return str(value).replace("\0", "")


def note(document: dict, rows: list[RunDataset]) -> None:
    """Name the datasets among the run's input artifacts, where every client of AWS's sees them."""
    artifacts = document.setdefault("InputArtifacts", {})
    for one in rows:
        artifacts[f"{one.name[:90]} {one.digest}"] = {"MediaType": "mlflow/dataset", "Value": _address(one)[:2048]}


def _address(dataset: RunDataset) -> str:
    """Where a dataset is from, if what its client wrote says so; else its name."""
    try:
        source = json.loads(dataset.source)
    except (ValueError, RecursionError):
        return dataset.source or dataset.name
    if not isinstance(source, dict):
        return dataset.source
    return next((str(source[key]) for key in ("uri", "url", "path") if source.get(key)), dataset.name)


def _link(run: Record, given: list[dict], *, is_output: bool) -> None:
    models = {_plain(one["model_id"])[:64]: as_whole(one.get("step") or 0) for one in given if one.get("model_id")}
    for model, step in models.items():
        if step is None or not -(2**63) <= step < 2**63:
            raise invalid(f"Invalid value for parameter 'step' of model {model!r} supplied: it must be a whole number.")
    RunModel.objects.bulk_create(
        [RunModel(run=run, model=model, is_output=is_output, step=step) for model, step in models.items()],
        update_conflicts=True, unique_fields=["run", "model", "is_output"], update_fields=["step"],
    )  # fmt: skip
