"""CreateHyperParameterTuningJob: checks, what the service adds, and the first status."""

import secrets
from copy import deepcopy

from django.db import transaction

from areas.images import find
from areas.tuning.definitions import OBJECTIVE, Definition, definitions, place
from areas.tuning.engine import checks, children, warm_start
from areas.tuning.resource import TUNING_JOB
from areas.tuning.strategies import propose
from catalog.actor import current
from engine import store
from engine.context import Context
from engine.operations import operation
from engine.runtime import conducting

COPY = "ObjectiveMetric"  # under this name every training job tells the objective too


@operation("CreateHyperParameterTuningJob")
def create_tuning_job(context: Context, request: dict) -> dict:
    """Store the tuning job and have the runner conduct it. ValidationException says in a sentence what can't be."""
    checks.check_shape(request)
    document = _document(request)
    config = document["HyperParameterTuningJobConfig"]
    checks.check_limits(config)
    found = definitions(document)
    checks.check_ranges(found, config)
    checks.check_strategy(found, config)
    name = request["HyperParameterTuningJobName"]
    arn = TUNING_JOB.arn(context.account, context.region, name)
    if store.find(context, TUNING_JOB, name):
        raise store.duplicate(TUNING_JOB, name, arn)
    seed = config.get("RandomSeed", secrets.randbelow(2**31))
    for one in found:
        checks.check_resources(one)
        _rehearse(context, name, arn, one, seed, config["Strategy"])
        checks.check_objective(one)
    warm_start.check(context, request, found)
    for one in found:
        if given := one.body.get("HyperParameterTuningResourceConfig"):
            one.body["ResourceConfig"] = children.resources_of(given)  # SDK v2's attach reads it, and never sends it
    with transaction.atomic():
        record = store.create(context, TUNING_JOB, name, document, status="InProgress", tags=request.get("Tags", ()))
        conducting.enqueue(record, {"seed": seed})
    return {TUNING_JOB.arn_field: record.arn}


def _rehearse(context: Context, name: str, arn: str, one: Definition, seed: int, strategy: str) -> None:
    definition, slot = place([one], 0, grid=strategy == "Grid")
    parameters = propose(strategy, one.dimensions, slot=slot, seed=seed, history=[], maximize=one.maximize)
    asked = children.context_of(
        context.account, context.region, context.owner, "CreateTrainingJob", list(current().nouns)
    )
    children.rehearse(asked, name, arn, definition, parameters)


def _document(request: dict) -> dict:
    """The request as Describe shows it, with what the service adds."""
    document = {
        key: deepcopy(value) for key, value in request.items() if key not in ("HyperParameterTuningJobName", "Tags")
    }
    config = document["HyperParameterTuningJobConfig"]
    config.setdefault("TrainingJobEarlyStoppingType", "Off")
    is_autotune = "Autotune" in request
    if single := document.get("TrainingJobDefinition"):
        ranges = checks.filled_ranges(config.get("ParameterRanges", {}), single, is_autotune)
        if ranges:
            config["ParameterRanges"] = ranges
        _complete(single, config["HyperParameterTuningJobObjective"])
    for one in document.get("TrainingJobDefinitions", ()):
        if ranges := checks.filled_ranges(one.get("HyperParameterRanges", {}), one, is_autotune):
            one["HyperParameterRanges"] = ranges
        _complete(one, one["TuningObjective"])
    return {
        **document,
        "TrainingJobStatusCounters": {
            "Completed": 0, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0,
        },
        "ObjectiveStatusCounters": {"Succeeded": 0, "Pending": 0, "Failed": 0},
        "TuningJobCompletionDetails": {"NumberOfTrainingJobsObjectiveNotImproving": 0},
        "ConsumedResources": {"RuntimeInSeconds": 0},
    }  # fmt: skip


def _complete(body: dict, objective: dict) -> None:
    """Add to a definition what AWS adds: the objective's name for the algorithm, and its regular expression once more."""
    body["StaticHyperParameters"] = {**body.get("StaticHyperParameters", {}), OBJECTIVE: objective["MetricName"]}
    for member in (
        "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining",
    ):  # fmt: skip
        body.setdefault(member, False)
    algorithm = body["AlgorithmSpecification"]
    probe = Definition("", objective["MetricName"], objective["Type"] == "Maximize", {}, body)
    own = checks.own_metrics(probe, find(algorithm.get("TrainingImage", "")))
    known = [{"Name": name, "Regex": regex} for name, regex in own] or algorithm.get("MetricDefinitions", [])
    regex = next((one["Regex"] for one in known if one["Name"] == objective["MetricName"]), None)
    if regex is not None:
        known = [*(one for one in known if one["Name"] != COPY), {"Name": COPY, "Regex": regex}]
    if known:
        algorithm["MetricDefinitions"] = known
