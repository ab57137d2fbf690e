"""Which jobs ``stoptraining`` stops: those of the prefix (its own name if none is given), of the same owner, that run."""

import pytest

from areas.debugger.engine.actions import stop_jobs
from areas.debugger.models import Evaluation
from catalog.models import Record
from tests.areas.debugger.conftest import rule


@pytest.fixture
def stopped(debugged, no_runner, django_db_blocker):
    """Starts jobs of these names, the first with a rule that has this action; returns the names that are stopping."""

    def act(names: list[str], action: dict, others: str = "") -> list[str]:
        watched = [rule("LossNotDecreasing", actions=[{"name": "stoptraining", **action}])]
        debugged.start("print(1)", TrainingJobName=names[0], DebugRuleConfigurations=watched)
        for name in names[1:]:
            debugged.start("print(1)", TrainingJobName=name)
        jobs = Record.objects.filter(connection=debugged.aws.connection, kind="TrainingJob", name__in=names)
        if others:
            jobs.filter(name=others).update(owner="somebody-else")
        own = jobs.get(name=names[0])
        stop_jobs(own, Evaluation.objects.get(training=own))
        return [name for name in names if debugged.describe(name)["TrainingJobStatus"] != "InProgress"]

    with django_db_blocker.unblock():
        yield act


def test_without_a_prefix_its_own_job_is_stopped(stopped):
    assert stopped(["pine-a", "pine", "pine-b", "other"], {}) == ["pine-a"]


def test_a_prefix_is_a_prefix_case_and_all(stopped):
    names = ["oak-a", "oak-b", "Oak-c", "an-oak-d", "oa"]
    assert stopped(names, {"training_job_prefix": "oak-"}) == ["oak-a", "oak-b"]


def test_another_persons_job_of_the_prefix_goes_on(stopped):
    assert stopped(["elm-a", "elm-b", "elm-c"], {"training_job_prefix": "elm"}, others="elm-b") == ["elm-a", "elm-c"]
