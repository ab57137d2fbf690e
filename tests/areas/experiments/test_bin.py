"""The bin: what is deleted can be brought back with all that hangs on it for 30 days, and then it is gone."""

from datetime import timedelta

import pytest
from django.utils import timezone


@pytest.fixture
def sagemaker(aws):
    return aws.client("sagemaker")


@pytest.fixture
def kept(aws):
    """Records of the account by kind and name."""
    from catalog.models import Record

    def kept(kind, name=None):
        rows = Record.objects.filter(connection=aws.connection, kind=kind)
        return rows.get(name=name) if name else list(rows.order_by("id").values_list("name", flat=True))

    return kept


def stock(sagemaker, kept) -> None:
    """Experiment churn with two trials and runs r1, r2; r2 was in fraud before, where it stays at home."""
    from catalog import metrics

    for experiment, trial in (("churn", "t1"), ("churn", "t2"), ("fraud", "f1")):
        if trial != "t2":
            sagemaker.create_experiment(ExperimentName=experiment)
        sagemaker.create_trial(TrialName=trial, ExperimentName=experiment)
    for name, trials in (("r1", ("t1", "t2")), ("r2", ("f1", "t1"))):
        sagemaker.create_trial_component(
            TrialComponentName=name, Parameters={"depth": {"NumberValue": 6}}, Tags=[{"Key": "team", "Value": "risk"}]
        )
        for trial in trials:
            sagemaker.associate_trial_component(TrialComponentName=name, TrialName=trial)
        metrics.append(kept("TrialComponent", name), [metrics.Point("auc", 0.5, 1000.0, 1)])


def place(record) -> tuple:
    """The experiments that lists find a run in: its own, its parameters' and its metrics'."""
    from catalog.measures import MetricSeries
    from catalog.models import RunParameter, RunRow

    return (
        RunRow.objects.get(record=record).experiment, RunParameter.objects.get(run=record).experiment,
        MetricSeries.objects.get(record=record).experiment,
    )  # fmt: skip


def test_a_deleted_experiment_takes_its_runs_along_and_brings_them_back(sagemaker, kept):
    from catalog import bin

    stock(sagemaker, kept)
    churn, fraud = kept("Experiment", "churn"), kept("Experiment", "fraud")
    r1, r2 = kept("TrialComponent", "r1"), kept("TrialComponent", "r2")
    assert (place(r1), place(r2)) == ((churn.id,) * 3, (fraud.id,) * 3)
    assert bin.put_experiment(kept("Experiment", "churn")) == (2, 1)
    assert (kept("Experiment"), kept("Trial"), kept("TrialComponent")) == (["fraud"], ["f1"], ["r2"])
    assert (place(r1), place(r2)) == ((0, 0, 0), (fraud.id,) * 3)
    assert sagemaker.list_trials(TrialComponentName="r2")["TrialSummaries"][0]["TrialName"] == "f1"
    found = sagemaker.search(Resource="ExperimentTrialComponent")["Results"]
    assert [parent["TrialName"] for parent in found[0]["TrialComponent"]["Parents"]] == ["f1"]

    with pytest.raises(bin.CannotRestore, match="went into the bin with Experiment churn"):
        bin.restore(kept("DeletedTrialComponent", "r1"))
    back = bin.restore(kept("DeletedExperiment", "churn"))
    assert (back.kind, back.name, back.arn) == ("Experiment", "churn", churn.arn)
    assert (place(r1), place(r2)) == ((churn.id,) * 3, (fraud.id,) * 3)
    trials = sagemaker.list_trials(TrialComponentName="r1")["TrialSummaries"]
    assert {one["TrialName"] for one in trials} == {"t1", "t2"}
    described = sagemaker.describe_trial_component(TrialComponentName="r1")
    assert described["Parameters"] == {"depth": {"NumberValue": 6.0}} and described["Metrics"][0]["Last"] == 0.5
    assert sagemaker.list_tags(ResourceArn=r1.arn)["Tags"] == [{"Key": "team", "Value": "risk"}]
    assert kept("DeletedTrial") == kept("DeletedTrialComponent") == []


def test_what_the_wire_deletes_is_in_the_bin(aws, sagemaker, kept):
    from catalog.models import AuditEntry, Binned

    arn = sagemaker.create_trial_component(TrialComponentName="r")["TrialComponentArn"]
    sagemaker.delete_trial_component(TrialComponentName="r")
    entry = Binned.objects.get(record=kept("DeletedTrialComponent", "r"))
    assert (entry.kind, entry.name, entry.arn, entry.along) == ("TrialComponent", "r", arn, None)
    assert entry.by == f"arn:aws:iam::{aws.number}:root"
    last = AuditEntry.objects.filter(target=arn).last()
    assert last.action == "DeleteTrialComponent" and last.before and not last.after


def test_a_name_that_is_taken_is_not_given_back(sagemaker, kept):
    from catalog import bin

    for _ in range(2):  # of two with one name, the later one is found by it
        sagemaker.create_experiment(ExperimentName="again")
        sagemaker.delete_experiment(ExperimentName="again")
    assert len(kept("DeletedExperiment")) == 2
    sagemaker.create_experiment(ExperimentName="again")
    with pytest.raises(bin.CannotRestore, match="another Experiment called again"):
        bin.restore(kept("DeletedExperiment", "again"))
    sagemaker.delete_experiment(ExperimentName="again")
    for name in kept("DeletedExperiment")[:1]:
        assert bin.restore(kept("DeletedExperiment", name)).name == "again"


def test_a_trial_comes_back_only_to_its_experiment(sagemaker, kept):
    from catalog import bin

    sagemaker.create_experiment(ExperimentName="e")
    sagemaker.create_trial(TrialName="t", ExperimentName="e")
    sagemaker.delete_trial(TrialName="t")
    sagemaker.delete_experiment(ExperimentName="e")
    with pytest.raises(bin.CannotRestore, match="restore that first"):
        bin.restore(kept("DeletedTrial", "t"))
    bin.restore(kept("DeletedExperiment", "e"))
    bin.restore(kept("DeletedTrial", "t"))
    assert sagemaker.describe_trial(TrialName="t")["ExperimentName"] == "e"
    with pytest.raises(bin.CannotRestore, match="not in the bin"):
        bin.restore(kept("Trial", "t"))


def test_after_30_days_it_is_really_gone(aws, sagemaker, kept):
    from catalog import bin
    from catalog.measures import MetricBlock
    from catalog.models import AuditEntry, Binned, Record, Tag

    stock(sagemaker, kept)
    bin.put_experiment(kept("Experiment", "churn"))
    number = kept("DeletedTrialComponent", "r1").id
    sagemaker.create_experiment(ExperimentName="late")
    sagemaker.delete_experiment(ExperimentName="late")
    gone = ["churn", "t1", "t2", "r1"]
    ours = Binned.objects.filter(record__connection=aws.connection)
    assert bin.purge(timezone.now() - timedelta(days=1)) == 0
    ours.filter(name__in=gone).update(at=timezone.now() - timedelta(days=31))
    assert bin.purge() == len(gone)
    assert list(ours.values_list("name", flat=True)) == ["late"]
    assert not Record.objects.filter(id=number).exists()
    assert not Tag.objects.filter(record=number).exists()
    assert not MetricBlock.objects.filter(series__record=number).exists()
    entry = AuditEntry.objects.filter(action="EmptyBin").last()
    assert '"TrialComponent":1' in entry.detail and entry.via == "system"
    assert sagemaker.describe_trial_component(TrialComponentName="r2")["TrialComponentName"] == "r2"
