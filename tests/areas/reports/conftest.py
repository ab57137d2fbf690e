"""Runs of an experiment to report on, and a report."""

import json

import pytest

from catalog import metrics
from catalog.metrics import Point
from catalog.models import Record


@pytest.fixture
def runs(aws):
    """Three runs of the experiment ``churn`` with parameters and two metrics, and one of ``secret``, over the wire."""
    sagemaker, made = aws.client("sagemaker"), {}
    for experiment, names in (("churn", ("churn-1", "churn-2", "churn-3")), ("secret", ("secret-1",))):
        sagemaker.create_experiment(ExperimentName=experiment)
        sagemaker.create_trial(TrialName=f"{experiment}-trial", ExperimentName=experiment)
        for place, name in enumerate(names):
            sagemaker.create_trial_component(
                TrialComponentName=name, Status={"PrimaryStatus": "Completed"},
                Parameters={"depth": {"NumberValue": 3.0 + place}, "seed": {"NumberValue": float(place)}},
            )  # fmt: skip
            sagemaker.associate_trial_component(TrialComponentName=name, TrialName=f"{experiment}-trial")
            made[name] = Record.objects.get(connection=aws.connection, kind="TrialComponent", name=name)
            made[name].document["DisplayName"] = f"{name} <b>bold</b>"  # an MLflow client may call a run as it likes
            made[name].save()
            points = [Point("auc", 0.5 + step / 20 + place / 100, 1.7e9 + step, step) for step in range(5)]
            metrics.append(
                made[name], [*points, *(Point("loss", 1 / (step + 1), 1.7e9 + step, step) for step in range(5))]
            )
    return made


def post(browser, address: str, body=None, **form):
    """A form, or JSON where ``body`` is given."""
    if body is not None:
        return browser.post(address, json.dumps(body), content_type="application/json")
    return browser.post(address, form)


def make(browser, *blocks, title: str = "Churn", visible: str = "private") -> int:
    """A report with these blocks by its pages; answers its number."""
    number = int(post(browser, "/reports/create/", title=title, visible=visible)["Location"].split("/")[2])
    answer = post(browser, f"/reports/{number}/edit/save/", {"title": title, "blocks": list(blocks), "base": 1})
    assert answer.status_code == 200, answer.content
    return number


CURVES = {"kind": "chart", "figure": "curve", "experiment": "churn", "metrics": ["auc"], "title": "AUC"}
TABLE = {
    "kind": "table",
    "experiment": "churn",
    "columns": ["label", "metrics.auc.max", "params.depth"],
    "sort": "-metrics.auc",
}
NUMBER = {"kind": "number", "experiment": "churn", "metric": "auc"}
