"""Every algorithm that can be tuned: its ranges are such as it accepts, and the form makes a request that the service takes."""

import pytest

from areas.gallery.entries import entries
from areas.tuning.algorithms import tunables
from tests.areas.tuning.test_pages import LIST


def middle(row) -> str:
    value = (float(row.low) + float(row.high)) / 2
    return str(int(value)) if row.kind == "integer" else str(value)


@pytest.mark.parametrize("name", sorted(tunables()))
def test_its_ranges_are_such_as_the_algorithm_accepts(name):
    tunable = tunables()[name]
    declared = {one.name: one for one in tunable.algorithm.parameters}
    assert tunable.ranges()
    assert {row.name for row in tunable.ranges()} <= {row.name for row in tunable.every_range}
    for row in tunable.every_range:
        assert not row.check()
        if row.kind == "continuous":
            tried = [middle(row)]  # that an end is excluded doesn't matter: it is never drawn
        else:
            tried = row.values if row.kind == "categorical" else [row.low, middle(row), row.high]
        for value in tried:
            declared[row.name].parse(value)
    assert tunable.metric() in tunable.metrics
    assert tunable.metric("regression") in tunable.metrics


def test_every_algorithm_that_reports_a_metric_and_has_ranges_is_offered():
    assert {"sagemaker-xgboost", "kmeans", "linear-learner", "blazingtext", "forecasting-deepar", "image-classification",
            "lightgbm-classification-model", "pytorch-tabtransformerregression-model"} <= set(tunables())  # fmt: skip
    assert not {"xgboost", "pca", "autogluon-regression-ensemble"} & set(tunables())
    assert next(iter(tunables())) == "sagemaker-xgboost"
    assert {name for name, entry in entries().items() if entry.tunable} == set(
        tunables()
    )  # where the gallery offers it


def send(cast, name: str, **changes):
    """Open the form with an algorithm, fill in what is asked, and send it; (the answer, the form as it was opened)."""
    page = cast.alice.browser.get(f"{LIST}create/?algorithm={name}")
    assert page.status_code == 200
    form = page.context["form"]
    sent = {field: form.value(field) for field in form.fields if form.value(field) not in ("", None, False)}
    sent |= {
        f"range_{part}": [getattr(row, part) for row in form.ranges]
        for part in ("name", "kind", "low", "high", "scaling")
    }
    sent = {field: value for field, value in (sent | changes).items() if value is not None}
    assert cast.alice.browser.post(f"{LIST}create/preview/", sent).status_code == 200
    return cast.alice.browser.post(f"{LIST}create/", sent), sent


SOME = (
    "sagemaker-xgboost", "kmeans", "linear-learner", "blazingtext", "lightgbm-regression-model", "forecasting-deepar",
    "image-classification",
)  # fmt: skip


@pytest.mark.parametrize("name", [name for name in SOME if not tunables()[name].missing])
def test_the_form_makes_a_request_of_files_that_the_service_takes(stage, cast, name):
    """CreateHyperParameterTuningJob rehearses a training job: the algorithm itself has accepted what it made."""
    from jobs.models import Run

    s3, channels = stage.aws.client("s3"), {}
    s3.create_bucket(Bucket=stage.aws.connection.default_bucket)
    for one in tunables()[name].algorithm.channels:
        if one.required:
            s3.put_object(Bucket=stage.aws.bucket, Key=f"{one.name}/data", Body=b"1,2\n")
            channels[f"channel_{one.name}"] = f"s3://{stage.aws.bucket}/{one.name}/"
    answer, sent = send(cast, name, **channels)
    assert answer.status_code == 302, answer.context["form"].errors
    run = Run.objects.get(kind="HyperParameterTuningJob", name=sent["name"], connection=stage.aws.connection)
    stage.sagemaker.create_hyper_parameter_tuning_job(**run.plan[-1]["request"])
    made = stage.describe(sent["name"])
    assert made["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"] == sent["metric"]
    tuned = [row for rows in made["HyperParameterTuningJobConfig"]["ParameterRanges"].values() for row in rows]
    assert sorted(row["Name"] for row in tuned) == sorted(sent["range_name"])


def test_the_form_says_what_is_missing(stage, cast):
    answer, _ = send(cast, "kmeans", dataset=None)
    assert answer.status_code == 422
    assert "Choose a dataset." in answer.content.decode()
    answer, _ = send(cast, "blazingtext")
    assert "BlazingText needs the channel train." in answer.content.decode()
    answer, _ = send(cast, "blazingtext", channel_train="bucket/corpus")
    assert "bucket/corpus is not an S3 URI" in answer.content.decode()
    assert cast.alice.browser.get(f"{LIST}create/?algorithm=nothing").status_code == 404
    answer, _ = send(cast, "kmeans", algorithm="nothing", dataset="x/v1", label="y")
    assert "There is no algorithm nothing" in answer.content.decode()
