"""Records as MLflow's clients read them: the JSON forms of its protocol buffers. Times are milliseconds since 1970."""

from areas.experiments.mlflow import found, tags
from areas.experiments.mlflow.asked import wire_number
from areas.experiments.mlflow.tables import RunDataset, RunModel
from catalog.measures import MetricSeries
from catalog.models import Record

STATUS = {"RUNNING": "InProgress", "SCHEDULED": "InProgress", "FINISHED": "Completed", "FAILED": "Failed",
          "KILLED": "Stopped"}  # fmt: skip
_FROM_STATUS = {"InProgress": "RUNNING", "Completed": "FINISHED", "Failed": "FAILED", "Stopping": "RUNNING",
                "Stopped": "KILLED"}  # fmt: skip
_NUMBERS = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}


def status_named(given) -> str:
    """MLflow's word for a status, given as its word or its number; "" if it is neither."""
    word = _NUMBERS.get(given, given) if isinstance(given, int | str) else ""
    return word if word in STATUS else ""


def milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def pairs(found: dict[str, str]) -> list[dict]:
    return [{"key": key, "value": value} for key, value in found.items()]


def experiment(record: Record, tagged: dict[str, str]) -> dict:
    document = record.document
    if note := document.get("Description"):
        tagged = {tags.NOTE: note, **tagged}
    return {
        "experiment_id": str(record.id), "name": experiment_name(record),
        "artifact_location": f"mlflow-artifacts:/{record.id}",
        "lifecycle_stage": stage(record), "creation_time": milliseconds(record.created.timestamp()),
        "last_update_time": milliseconds(record.modified.timestamp()), "tags": pairs(tagged),
    }  # fmt: skip


def experiments(records: list[Record]) -> list[dict]:
    tagged = tags.read(records)
    return [experiment(one, tagged[one.id]) for one in records]


def experiment_name(record: Record) -> str:
    return record.document.get("DisplayName") or record.name


def stage(record: Record) -> str:
    return "deleted" if found.is_deleted(record) else "active"


def artifact_uri(experiment_id: int, run_id: str) -> str:
    return f"mlflow-artifacts:/{experiment_id}/{run_id}/artifacts"


def run_id_of(record: Record) -> str:
    """In the bin, the older of two with one name is called so with its number; its document keeps the name."""
    return record.document.get("TrialComponentName") or record.name


def run_info(record: Record, experiment_id: int, tagged: dict[str, str]) -> dict:
    document = record.document
    run_id = run_id_of(record)
    started = document.get("StartTime")
    info = {
        "run_id": run_id, "run_uuid": run_id, "run_name": document.get("DisplayName") or run_id,
        "experiment_id": str(experiment_id), "user_id": tagged.get(tags.USER, record.owner),
        "status": _FROM_STATUS.get((document.get("Status") or {}).get("PrimaryStatus", ""), "RUNNING"),
        "start_time": milliseconds(record.created.timestamp() if started is None else started),
        "artifact_uri": artifact_uri(experiment_id, run_id), "lifecycle_stage": stage(record),
    }  # fmt: skip
    if document.get("EndTime") is not None:
        info["end_time"] = milliseconds(document["EndTime"])
    return info


def runs(records: list[Record]) -> list[dict]:
    """Runs whole, in a fixed number of statements."""
    ids = [one.id for one in records]
    experiment_ids, tagged, notes = found.experiment_ids(records), tags.read(records), tags.notes(records)
    measured, datasets, models = _metrics(ids), _inputs(ids), _models(ids)
    answer = []
    for one in records:
        own = {tags.RUN_NAME: one.document.get("DisplayName") or one.name, **tagged[one.id]}
        if one.id in notes:
            own[tags.NOTE] = notes[one.id]
        read, made = models.get(one.id, ([], []))
        answer.append({
            "info": run_info(one, experiment_ids.get(one.id, 0), own),
            "data": {"metrics": measured.get(one.id, []), "params": pairs(parameters(one)), "tags": pairs(own)},
            "inputs": {"dataset_inputs": datasets.get(one.id, []), "model_inputs": read},
            "outputs": {"model_outputs": made},
        })  # fmt: skip
    return answer


def parameters(record: Record) -> dict[str, str]:
    return {key: parameter_text(value) for key, value in sorted((record.document.get("Parameters") or {}).items())}


def parameter_text(value: dict) -> str:
    """A parameter of AWS's as text: the SDK's 6.0 is "6", as people wrote it."""
    if "NumberValue" not in value:
        return str(value.get("StringValue", ""))
    number = float(value["NumberValue"])
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _metrics(ids: list[int]) -> dict[int, list[dict]]:
    """The last values of runs, by name; of a run's own series and its job's of the same name the one that was made last."""
    found: dict[int, dict[str, dict]] = {}
    rows = MetricSeries.objects.filter(run__in=ids, count__gt=0).order_by("name", "id")
    for number, name, last, time, step in rows.values_list("run_id", "name", "last", "last_time", "last_step"):
        metric = {"key": name, "value": wire_number(last), "timestamp": milliseconds(time), "step": step or 0}
        found.setdefault(number, {})[name] = metric
    return {number: list(metrics.values()) for number, metrics in found.items()}


def _inputs(ids: list[int]) -> dict[int, list[dict]]:
    answer: dict[int, list[dict]] = {}
    for one in RunDataset.objects.filter(run__in=ids).order_by("id"):
        dataset = {"name": one.name, "digest": one.digest, "source_type": one.source_type, "source": one.source}
        dataset |= {member: value for member in ("schema", "profile") if (value := getattr(one, member))}
        answer.setdefault(one.run_id, []).append({"tags": one.tags, "dataset": dataset})
    return answer


def _models(ids: list[int]) -> dict[int, tuple[list[dict], list[dict]]]:
    """(those that it read, those that it made) of each run that has any."""
    answer: dict[int, tuple[list[dict], list[dict]]] = {}
    for one in RunModel.objects.filter(run__in=ids).order_by("id"):
        read, made = answer.setdefault(one.run_id, ([], []))
        if one.is_output:
            made.append({"model_id": one.model, "step": one.step})
        else:
            read.append({"model_id": one.model})
    return answer
