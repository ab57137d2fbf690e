"""Looks at the objective of training jobs that run, and stops those that are worth no more epochs."""

import math

from areas.tuning import stopping
from areas.tuning.definitions import Definition, resource
from areas.tuning.engine import children
from areas.tuning.engine.study import Study
from areas.tuning.models import Trial
from catalog import metrics


def stop_hopeless(study: Study) -> None:
    """Early stopping (Auto: the median rule) and Hyperband; nothing where neither was asked for."""
    hyperband = study.config["Strategy"] == "Hyperband"
    if not hyperband and study.config.get("TrainingJobEarlyStoppingType") != "Auto":
        return
    _read_curves(study)
    curves = dict(Trial.objects.filter(tuning=study.record).values_list("id", "curve"))
    for trial in study.running:
        if trial.status != "InProgress" or not curves.get(trial.id):
            continue
        definition = study.definition_of(trial)
        same = [one for one in study.trials if one.definition == trial.definition and one.id != trial.id]
        if hyperband:
            least, most = resource(study.config, study.definitions)
            others = [(one.slot, curves[one.id]) for one in same]
            hopeless = stopping.is_cut(curves[trial.id], trial.slot, others, least, most, definition.maximize)
        else:
            earlier = [curves[one.id] for one in same if one.judged == Trial.SUCCEEDED]
            hopeless = stopping.is_below_median(curves[trial.id], earlier, definition.maximize)
        if hopeless:
            children.stop(study.record, trial)


def _read_curves(study: Study) -> None:
    """Bring the curves of the trials that may have got new points up to date."""
    open_ones = [one for one in study.trials if not one.is_read and one.job_id]
    by_definition: dict[str, list[Trial]] = {}
    for one in open_ones:
        by_definition.setdefault(one.definition, []).append(one)
    for trials in by_definition.values():
        _read(trials, study.definition_of(trials[0]))


def _read(trials: list[Trial], definition: Definition) -> None:
    series = metrics.series_of([one.job_id for one in trials], [definition.metric])
    drawn = metrics.read(series.values())
    for trial in trials:
        one = series.get((trial.job_id, definition.metric))
        values = drawn[one.id].value.tolist() if one and one.id in drawn else []
        curve = [value for value in values if math.isfinite(value)]
        Trial.objects.filter(id=trial.id).update(curve=curve, is_read=trial.has_ended)
