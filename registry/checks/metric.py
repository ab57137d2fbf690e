"""A metric of the version against a limit, and against the champion."""

import math
import re

from areas.permissions import of_arn
from catalog.models import Connection, MetricSeries, Record
from registry.checks.case import CannotMeasure, Case, Finding, read_json

TITLE = "{metric}"


def _text(value) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[^\x00-\x1f\ud800-\udfff]{1,255}", value):
        raise ValueError("a name of 1 to 255 characters.")
    return value


def _number(value) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"a number, not {value}.")
    return float(value)


def _better(value) -> str:
    if value not in ("higher", "lower"):
        raise ValueError("higher or lower.")
    return value


# ``tolerance``: how much worse than the champion's the value may be; given, the champion is compared with.
SETTINGS = {"metric": _text, "at_least": _number, "at_most": _number, "better": _better, "tolerance": _number}


def describe(settings: dict) -> str:
    _ = settings["metric"]
    found = []
    if "at_least" in settings:
        found.append(f"at least {settings['at_least']:g}")
    if "at_most" in settings:
        found.append(f"at most {settings['at_most']:g}")
    if "tolerance" in settings:
        if settings["tolerance"] < 0:
            raise ValueError("tolerance is 0 or more.")
        worse = "lower" if settings["better"] == "higher" else "higher"
        by = f" by more than {settings['tolerance']:g}" if settings["tolerance"] else ""
        found.append(f"not {worse} than the champion's{by}")
    if not found:
        raise ValueError("give at_least, at_most, or better and tolerance (against the champion).")
    return ", ".join(found)


def run(case: Case, settings: dict) -> Finding:
    name = settings["metric"]
    value = value_of(case.connection, case.document, name)
    measured, faults = f"{value:g}", []
    if value < settings.get("at_least", -math.inf):
        faults.append(f"{value:g} is less than {settings['at_least']:g}")
    if value > settings.get("at_most", math.inf):
        faults.append(f"{value:g} is more than {settings['at_most']:g}")
    said = ""
    if "tolerance" in settings and case.champion is None:
        said = "There is no champion yet to compare with."
    elif "tolerance" in settings:
        try:
            theirs = value_of(case.connection, case.champion, name)
        except CannotMeasure as error:
            return Finding(False, measured, f"The champion {case.champion_name} can't be compared with: {error}")
        said = f"The champion {case.champion_name} has {theirs:g}."
        worse = round(theirs - value if settings["better"] == "higher" else value - theirs, 12)  # 0.31 - 0.3 is 0.01
        if worse > settings["tolerance"]:
            faults.append(f"it is worse than the champion's {theirs:g} by {worse:g}")
    if faults:
        return Finding(False, measured, f"{name}: {', and '.join(faults)}.")
    return Finding(True, measured, said)


def value_of(connection: Connection, document: dict, name: str) -> float:
    """The version's metric: of its own evaluation report, else of the training job that made it. Raises CannotMeasure."""
    sought = []
    uri = ((document.get("ModelMetrics") or {}).get("ModelQuality") or {}).get("Statistics", {}).get("S3Uri", "")
    if uri:
        found = find_metric(read_json(connection, uri), name)
        if found is not None:
            return found
        sought.append(uri)
    for job in find_jobs(connection, document):
        for metric in job.document.get("FinalMetricDataList", ()):
            if metric["MetricName"] == name:
                return float(metric["Value"])
        series = MetricSeries.objects.filter(record=job, name=name).first()
        if series and series.last is None:
            raise CannotMeasure(f"the last {name} of training job {job.name} is no number.")
        if series:
            return series.last
        sought.append(f"training job {job.name}")
    if not sought:
        raise CannotMeasure("the version has neither ModelMetrics.ModelQuality.Statistics nor a known training job.")
    raise CannotMeasure(f"there is no {name} in {' or '.join(sought)}.")


def find_metric(report, name: str) -> float | None:
    """A number in an evaluation report: by its dotted path, or by its own name wherever it is; ``{"value": …}`` is its value.

    Reports look like ``{"regression_metrics": {"mse": {"value": 4.5, "standard_deviation": 2.1}}}``.
    """
    value = report
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if (number := _as_number(value)) is not None:
        return number
    waiting = [report]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, dict):
            if (number := _as_number(one.get(name))) is not None:
                return number
            waiting += one.values()
    return None


def numbers_of(report, prefix: str = "") -> dict[str, float]:
    """Every metric of an evaluation report, by its dotted path."""
    found = {}
    for name, value in report.items() if isinstance(report, dict) else ():
        path = f"{prefix}{name}"
        if (number := _as_number(value)) is not None:
            found[path] = number
        elif isinstance(value, dict):
            found |= numbers_of(value, f"{path}.")
    return found


def find_jobs(connection: Connection, document: dict) -> list[Record]:
    """The training jobs that made a version: the one that it names, then those whose artifact it holds."""
    jobs = Record.objects.filter(connection=connection, kind="TrainingJob")
    found, made_by = [], (document.get("MetadataProperties") or {}).get("GeneratedBy", "")
    if of_arn(made_by)[0] == "TrainingJob":
        found += jobs.filter(arn=made_by)
    for uri in model_data(document):
        names = set(uri.split("/")[3:-1])  # …/<job>/output/model.tar.gz
        found += [
            job for job in jobs.filter(name__in=names)
            if (job.document.get("ModelArtifacts") or {}).get("S3ModelArtifacts") == uri and job not in found
        ]  # fmt: skip
    return found


def model_data(document: dict) -> list[str]:
    """The S3 URIs of the version's model.tar.gz files."""
    containers = (document.get("InferenceSpecification") or {}).get("Containers", ())
    return [one["ModelDataUrl"] for one in containers if one.get("ModelDataUrl")]


def _as_number(value) -> float | None:
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
