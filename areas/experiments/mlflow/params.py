"""Parameters and tags of runs, one or many at once: the run's document changes once, and a logged parameter never changes."""

from areas.experiments.mlflow import found, tags, wire
from areas.experiments.mlflow.asked import Asked, missing_value, too_long
from areas.experiments.mlflow.changes import told
from areas.experiments.mlflow.errors import invalid, missing
from areas.experiments.mlflow.experiments import read_tags
from areas.experiments.mlflow.runs import KEY, TAG_VALUE
from areas.experiments.resource import TRIAL_COMPONENT
from catalog.models import Record
from engine import store

VALUE = 6000  # characters


def log_param(asked: Asked) -> dict:
    log(asked, found.run_of(asked, asked.run_id(), "update", is_active=True), read_params([asked.given]), {})
    return {}


def set_tag(asked: Asked) -> dict:
    given = read_tags([asked.given], KEY, TAG_VALUE)
    log(asked, found.run_of(asked, asked.run_id(), "update", is_active=True), {}, given)
    return {}


def log(asked: Asked, run: Record, params: dict[str, str], tagged: dict[str, str]) -> None:
    """Add parameters and tags to a run. INVALID_PARAMETER_VALUE where a parameter has another value already; then nothing
    is kept."""
    # First of all: two that each hold a share of the run, for their tags, would wait for each other to change it.
    Record.objects.select_for_update().filter(id=run.id).values_list("id").get()
    tagged = dict(tagged)
    name, note = tagged.pop(tags.RUN_NAME, None), tagged.pop(tags.NOTE, None)
    if params or name is not None:

        def edit(document: dict) -> None:
            _add(document, params, run.name)
            if name:
                document["DisplayName"] = name

        store.change(run.id, edit, TRIAL_COMPONENT)
    if note is not None:
        tags.write_note(run, note)
    tags.write(run, tagged)
    shown = {**tagged, **({tags.RUN_NAME: name} if name else {}), **({tags.NOTE: note} if note else {})}
    after = {**({"Parameters": params} if params else {}), **({"Tags": shown} if shown else {})}
    told(asked, "UpdateTrialComponent" if params else "AddTags", run, after=after)


def _add(document: dict, params: dict[str, str], run_id: str) -> None:
    there = document.get("Parameters") or {}
    for key, value in params.items():
        if key in there and (old := wire.parameter_text(there[key])) != value:
            raise invalid(
                f"Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' for run "
                f"ID='{run_id}'. Attempted logging new value '{value}'."
            )
    new = {key: {"StringValue": value} for key, value in params.items() if key not in there}
    document["Parameters"] = {**there, **new}


def delete_tag(asked: Asked) -> dict:
    run = found.run_of(asked, asked.run_id(), "update", is_active=True)
    key = asked.text("key")
    if key == tags.NOTE:
        tags.write_note(run, "")
    elif not tags.remove(run, key):
        raise missing(f"No tag with name: {key} in run with id {run.name}")
    told(asked, "DeleteTags", run, detail={"key": key})
    return {}


def read_params(given: list[dict]) -> dict[str, str]:
    """Parameters as clients send them; INVALID_PARAMETER_VALUE for a key with two values, or one that is too long."""
    answer: dict[str, str] = {}
    for one in given:
        key, value = one.get("key"), one.get("value", "")
        if not isinstance(key, str) or not key:
            raise missing_value("key")
        value = "" if value is None else value if isinstance(value, str) else str(value)
        if "\0" in key + value:
            raise invalid(f"Param {key!r} has a NUL character in it.")
        if len(key) > KEY:
            raise too_long("Param key", KEY, key)
        if len(value) > VALUE:
            raise too_long("Param value", VALUE, value)
        if answer.setdefault(key, value) != value:
            raise invalid(
                f"Duplicate parameter keys have been submitted: {key!r} with the values {answer[key]!r} and {value!r}."
            )
    return answer
