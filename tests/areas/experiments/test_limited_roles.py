"""Roles that are about some runs alone, by name or by tag: what is about other runs is neither shown, nor counted, nor deleted."""

import html
import re

import pytest

from catalog import bin as bin_
from catalog.models import Grant, Record, Role
from tests.areas.experiments import curves_stage as stage
from tests.areas.experiments.mlflow_stage import Raw
from tests.stage import Person

LIMITS = {"names": {"names": ["mine-*"]}, "tags": {"tags": {"team": "mine"}}}


@pytest.fixture(params=LIMITS)
def limited(aws, request) -> Person:
    """Somebody who may do everything to experiments and trials, and to runs of their own alone."""
    person = Person(aws, f"limited-{request.param}")
    rules = [
        {"verbs": ["*"], "nouns": ["TrialComponent"], **LIMITS[request.param]},
        {"verbs": ["*"], "nouns": ["Experiment", "Trial"]},
    ]
    role = Role.objects.create(name=f"limited-{request.param}-{aws.number}", rules=rules)
    Grant.objects.create(role=role, connection_id=aws.connection.id, user=person.user)
    return person


@pytest.fixture
def shared(aws) -> Record:
    """An experiment with two runs of theirs and three of others, and one of each in the bin."""
    home, trial = stage.experiment(aws.connection, "shared")
    for team, count, auc in (("mine", 2, 0.5), ("theirs", 3, 0.9876)):
        for number in range(count + 1):
            made = stage.run(
                aws.connection, f"{team}-{number}", trial=trial, curves={"auc": [auc]}, parameters={team: number},
                tags={"team": team},
            )  # fmt: skip
        bin_.put(made)
    return home


def runs_of(aws) -> set[str]:
    rows = Record.objects.filter(connection=aws.connection, kind="TrialComponent")
    return set(rows.values_list("name", flat=True))


def test_lists_count_and_judge_what_may_be_seen(limited, shared):
    page = limited.browser.get("/experiments/", {"best": "auc"}).content.decode()
    assert re.findall(r'<td class="num">([^<]*)</td>', page) == ["2", "0.5000"]
    for tail in ("shared/", "shared/?part=offer", "?bin=1"):
        page = html.unescape(limited.browser.get(f"/experiments/{tail}").content.decode())
        assert "mine" in page and "theirs" not in page and "0.98" not in page, tail


def test_trials_count_what_may_be_seen(limited, shared):
    page = limited.browser.get("/experiments/shared/", {"tab": "trials"}).content.decode()
    assert re.findall(r'<td class="num"><a [^>]*>(\d+)</a>', page) == ["2"]


def test_the_bin_gives_back_ones_own(aws, limited, shared):
    theirs, mine = (Record.objects.get(connection=aws.connection, name=name) for name in ("theirs-3", "mine-2"))
    answer = limited.browser.post("/experiments/actions/", {"record": [theirs.id]})
    assert answer.status_code == 403
    limited.browser.post("/experiments/actions/", {"record": [mine.id]})
    assert runs_of(aws) == {"mine-0", "mine-1", "mine-2", "theirs-0", "theirs-1", "theirs-2"}


def test_an_experiment_with_runs_of_others_is_not_deleted(aws, limited, shared):
    from studio.rest import tokens

    before = runs_of(aws)
    page = limited.browser.post("/experiments/shared/delete/", follow=True).content.decode()
    assert "runs that you may not delete" in page
    text, _ = tokens.create(user=limited.user, name="mlflow")
    raw = Raw(aws, f"Bearer {text}")
    status, said = raw("POST", "experiments/delete", {"experiment_id": str(shared.id)})
    assert (status, said["error_code"]) == (403, "PERMISSION_DENIED")
    assert runs_of(aws) == before
    bin_.put_runs(Record.objects.filter(connection=aws.connection, name__startswith="theirs-"))
    assert raw("POST", "experiments/delete", {"experiment_id": str(shared.id)})[0] == 200
    assert runs_of(aws) == set()


def test_others_models_are_not_measured(aws, limited, shared):
    from studio.rest import tokens

    owner = Raw(aws)
    given = {"experiment_id": str(shared.id), "source_run_id": "theirs-0"}
    model = owner("POST", "logged-models", given)[1]["model"]["info"]["model_id"]
    point = {"run_id": "mine-0", "key": "auc", "value": 1, "timestamp": 1, "model_id": model}
    text, _ = tokens.create(user=limited.user, name="mlflow")
    assert Raw(aws, f"Bearer {text}")("POST", "runs/log-metric", point)[0] == 200
    assert owner("GET", f"logged-models/{model}")[1]["model"]["data"]["metrics"] == []
    assert owner("POST", "runs/log-metric", point)[0] == 200
    assert len(owner("GET", f"logged-models/{model}")[1]["model"]["data"]["metrics"]) == 1
