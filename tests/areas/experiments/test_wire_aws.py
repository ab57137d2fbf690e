"""Experiments of an AWS connection: followed by Search, with tags, memberships and the sums of metrics; what is gone goes."""

import pytest


@pytest.fixture
def far(aws, monkeypatch):
    """An ``aws`` Connection whose AWS is the engine: the same wire, seen as a stranger's."""
    from catalog.models import Connection

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws.key.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", aws.key.secret)
    Connection.objects.filter(account=aws.number).update(name=f"here-{aws.number}")
    return Connection.objects.create(
        name=f"far-{aws.number}", backend=Connection.AWS, account=aws.number, region=aws.region,
        endpoint_url=aws.engine.url,
    )  # fmt: skip


def test_what_changes_is_seen_and_what_is_gone_goes(aws, far, monkeypatch):
    from areas.experiments import following
    from catalog import metrics
    from catalog.models import MetricSeries, Record, RunParameter, RunRow, Tag
    from jobs.models import Mark

    sagemaker = aws.client("sagemaker")
    sagemaker.create_experiment(ExperimentName="churn", Tags=[{"Key": "team", "Value": "risk"}])
    sagemaker.create_trial(TrialName="t", ExperimentName="churn")
    for name in ("r1", "r2"):
        arn = sagemaker.create_trial_component(TrialComponentName=name, Parameters={"k": {"NumberValue": 3}})[
            "TrialComponentArn"
        ]
        sagemaker.associate_trial_component(TrialComponentName=name, TrialName="t")
        record = Record.objects.get(connection=aws.connection, arn=arn)
        metrics.append(record, [metrics.Point("auc", value, 1000.0, at) for at, value in enumerate((0.5, 0.9, 0.7))])

    following.follow(far)
    theirs = Record.objects.filter(connection=far)
    experiment = theirs.get(kind="Experiment")
    assert list(Tag.objects.filter(record=experiment).values_list("key", "value")) == [("team", "risk")]
    assert theirs.get(kind="Trial").parent == "churn"
    r1 = theirs.get(kind="TrialComponent", name="r1")
    assert RunRow.objects.get(record=r1).experiment == experiment.id
    assert RunParameter.objects.get(run=r1).number == 3
    series = MetricSeries.objects.get(record=r1)
    assert (series.experiment, series.last, series.low, series.high, series.count) == (experiment.id, 0.7, 0.5, 0.9, 3)
    assert series.mean == pytest.approx(0.7)

    sagemaker.update_trial_component(TrialComponentName="r1", DisplayName="Better")
    for name in ("r1", "r2"):
        sagemaker.disassociate_trial_component(TrialComponentName=name, TrialName="t")
    sagemaker.delete_trial_component(TrialComponentName="r2")
    sagemaker.delete_trial(TrialName="t")
    following.follow(far)
    r1.refresh_from_db()
    assert r1.document["DisplayName"] == "Better"
    assert not r1.memberships.exists()
    assert theirs.filter(kind="Trial").exists(), "the second mark rests"
    Mark.objects.filter(connection=far, kind__endswith=following.AGAIN).update(refilled=None)
    monkeypatch.setattr(following, "SETTLED", -following.SETTLED)
    following.follow(far)
    assert set(theirs.values_list("kind", "name")) == {("Experiment", "churn"), ("TrialComponent", "r1")}


def test_one_tick_reads_some_pages_and_the_next_goes_on(aws, far, monkeypatch):
    from areas.experiments import following
    from catalog.models import Record, Tag
    from jobs import sync
    from jobs.models import Mark

    sagemaker = aws.client("sagemaker")
    for number in range(3):
        sagemaker.create_experiment(ExperimentName=f"e{number}")
    monkeypatch.setattr(sync, "take", lambda connection: False)
    following.follow(far)
    assert not Record.objects.filter(connection=far).exists(), "no call is made while the bucket is empty"
    monkeypatch.undo()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws.key.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", aws.key.secret)
    following.follow(far)
    assert Record.objects.filter(connection=far, kind="Experiment").count() == 3
    until = Mark.objects.get(connection=far, kind="Experiment").until
    assert until == Record.objects.get(connection=far, name="e2").modified
    assert not Tag.objects.filter(record__connection=far).exists()
