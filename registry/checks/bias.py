"""The bias report of the version is there, and can be read."""

from registry.checks.case import CannotMeasure, Case, Finding, read_json

TITLE = "Bias report"
SETTINGS = {}
MEMBERS = ("Report", "PostTrainingReport", "PreTrainingReport")


def describe(settings: dict) -> str:
    return "present and readable"


def run(case: Case, settings: dict) -> Finding:
    bias = (case.document.get("ModelMetrics") or {}).get("Bias") or {}
    uris = [bias[member]["S3Uri"] for member in MEMBERS if (bias.get(member) or {}).get("S3Uri")]
    if not uris:
        raise CannotMeasure("The version has no ModelMetrics.Bias report.")
    for uri in uris:
        report = read_json(case.connection, uri)
        if not isinstance(report, dict) or not report:
            raise CannotMeasure(f"{uri} is no report: an object with something in it was expected.")
    return Finding(True, f"{len(uris)} report{'s' if len(uris) > 1 else ''}", ", ".join(uris))
