"""The pages of training jobs: the form says what is wrong and loses nothing, the job's page tells what is."""

import json

import pytest

from areas.training.requests import pack, unpack
from catalog.metrics import Point, append
from catalog.models import MetricSeries
from catalog.points import read_series


def test_the_form_is_filled_in_from_the_dataset(walk):
    page = walk.get("/training-jobs/create/?dataset=penguins&version=1")
    assert '<option value="species" selected>' in page
    assert "multi:softprob" in page and 'value="3"' in page
    assert "penguins-xgboost-0001" in page
    assert "CreateTrainingJob" in page


def test_an_unknown_dataset_is_said_and_not_replaced(walk):
    response = walk.post("/training-jobs/create/", walk.form(dataset="nothing/v1", name="x1"), status=422)
    assert "There is no dataset version nothing/v1." in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"label": "wingspan"}, "penguins v1 has no column &#x27;wingspan&#x27;; it has species, island"),
        ({"name": "a_b"}, "Value &#x27;a_b&#x27; at &#x27;trainingJobName&#x27; failed to satisfy constraint"),
        ({"hp_eta": "fast"}, "Hyperparameter eta: could not parse value"),
        ({"hp_num_round": ""}, "Missing required hyperparameter: num_round"),
        ({"num_class": ""}, "Require input for parameter &#x27;num_class&#x27;"),
        ({"environment": "oops"}, "Line 1 is not of the form name = value"),
        ({"max_runtime": "0"}, "greater than or equal to 1"),
        ({"source": "s3", "train_uri": ""}, "Say where the training data lies"),
    ],
)
def test_what_is_wrong_stands_beside_the_field_and_nothing_typed_is_lost(walk, changes, sentence):
    from jobs.models import Run

    before = Run.objects.count()
    data = walk.form(name="kept-name-1", hp_max_depth="7", tags="team = seabirds") | changes
    page = walk.post("/training-jobs/create/", data, status=422).content.decode()
    assert sentence in page
    assert 'aria-invalid="true"' in page or "error" in page
    assert "team = seabirds" in page and 'value="7"' in page
    assert Run.objects.count() == before


def test_a_script_that_is_not_python_is_refused_with_its_line(walk):
    data = walk.form(algorithm="sagemaker-scikit-learn:script", script="print(1)\nif:\n")
    page = walk.post("/training-jobs/create/", data, status=422).content.decode()
    assert "train.py is not valid Python" in page and "line 2" in page


def test_the_preview_follows_the_form(walk):
    page = walk.post(
        "/training-jobs/create/preview/", walk.form(name="seen-1", hp_eta="0.07"), status=200
    ).content.decode()
    assert "seen-1" in page and "0.07" in page and "create-training-job" in page and "ModelTrainer" in page


def test_another_label_brings_another_suggestion_and_keeps_what_was_typed(walk):
    first = walk.form(hp_max_depth="11")
    data = first | {"suggestion": json.dumps(walk.form()), "label": "body_mass_g"}
    response = walk.post(
        "/training-jobs/create/refill/", data, 200, **{"HX-Request": "true", "HX-Trigger-Name": "label"}
    )
    page = response.content.decode()
    assert '<option value="reg:squarederror" selected>' in page
    assert 'value="11"' in page


def test_choosing_a_script_brings_a_script(walk):
    data = walk.form() | {"suggestion": "{}", "algorithm": "sagemaker-scikit-learn:script"}
    page = walk.post("/training-jobs/create/refill/", data, 200, **{"HX-Request": "true"}).content.decode()
    assert "RandomForestClassifier" in page


def test_the_picker_lists_buckets_and_folders(walk):
    bucket = walk.connection.default_bucket
    assert bucket in walk.get("/training-jobs/create/browse/?field=id_train_uri")
    page = walk.get(f"/training-jobs/create/browse/?field=id_train_uri&uri=s3://{bucket}/datasets/")
    assert "penguins/" in page
    assert "NoSuchBucket" in walk.get("/training-jobs/create/browse/?field=f&uri=s3://no-such-bucket-here/")


def test_a_queued_run_has_a_page_and_can_be_taken_back(walk):
    walk.post("/training-jobs/create/", walk.form(name="taken-back"))
    assert "Queued: waiting for a worker." in walk.get("/training-jobs/taken-back/")
    walk.post("/training-jobs/taken-back/stop/", {})
    page = walk.get("/training-jobs/taken-back/")
    assert "Taken back before it was submitted" in page and "Change and try again" in page


def test_a_refused_run_shows_the_services_words_and_the_form_again(walk):
    data = walk.form(name="refused-1", source="s3", train_uri=f"s3://{walk.aws.bucket}/nothing/", hp_gamma="0.5")
    walk.post("/training-jobs/create/", data)
    run = walk.submit("TrainingJob", "refused-1")
    page = walk.get("/training-jobs/refused-1/")
    assert "No S3 objects found under S3 URL" in page
    form = walk.get(f"/training-jobs/create/?run={run.id}")
    assert f"s3://{walk.aws.bucket}/nothing/" in form and 'value="0.5"' in form and 'value="refused-1"' in form


def test_every_tab_of_a_completed_job(walk, trained):
    page = walk.get(f"/training-jobs/{trained}/")
    assert "validation:mlogloss" in page and "20 <small>of 20 rounds</small>" in page
    assert "Deploy" in page and "penguins v1" in page
    for tab in ("metrics", "logs", "files", "configuration", "events"):
        assert trained in walk.get(f"/training-jobs/{trained}/{tab}/")
    assert "model.tar.gz" in walk.get(f"/training-jobs/{trained}/files/")
    assert "Completed" in walk.get(f"/training-jobs/{trained}/live/?seen=x")


def test_points_come_once_and_then_only_what_is_new(walk, trained):
    response = walk.client.get(f"/training-jobs/{trained}/points.json")
    answer = response.json()
    losses = answer["series"]["validation:mlogloss"]["value"]
    assert len(losses) == 20 and losses[-1] < losses[0] and answer["ended"]
    again = walk.client.get(f"/training-jobs/{trained}/points.json", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
    rest = walk.client.get(f"/training-jobs/{trained}/points.json?since={answer['cursor']}").json()
    assert rest["series"] == {}
    lines = walk.get(f"/training-jobs/{trained}/points.csv").splitlines()
    assert lines[0] == "metric,step,time,value" and len(lines) > 40


def test_the_log_is_followed_by_token_and_downloaded_whole(walk, trained):
    answer = walk.client.get(f"/training-jobs/{trained}/log.json").json()
    assert any("mlogloss" in text for _, text in answer["events"])
    assert walk.client.get(f"/training-jobs/{trained}/log.json?token={answer['next']}").json()["events"] == []
    other = walk.client.get(f"/training-jobs/{trained}/log.json?stream=somebody-elses/algo-1").json()
    assert other["events"] == []
    assert "mlogloss" in walk.get(f"/training-jobs/{trained}/log.txt")


def test_a_clone_holds_the_jobs_values_under_a_new_name(walk, trained):
    page = walk.get(f"/training-jobs/create/?clone={trained}")
    assert 'value="20"' in page and '<option value="species" selected>' in page
    assert 'value="penguins-walk"' not in page.replace("clone=", "")


def test_hyperparameters_say_what_they_were_before(walk, trained):
    from areas.training.job import Job

    walk.post("/training-jobs/create/", walk.form(name="penguins-next", hp_num_round="4", hp_eta="0.5"))
    assert not walk.submit("TrainingJob", "penguins-next").error
    rows = {row["name"]: row for row in Job(walk.connection, "penguins-next").differences}
    assert rows["num_round"]["was"] == "20" and rows["objective"]["was"] is None


def test_there_is_no_page_for_what_does_not_exist(walk):
    walk.get("/training-jobs/never-made/", status=404)
    walk.get("/training-jobs/never-made/points.json", status=404)
    walk.get("/training-jobs/create/?clone=never-made", status=404)


def test_thinning_keeps_first_last_and_extremes(walk, trained):
    record = walk.record("TrainingJob", trained)
    values = [0.0] * 10_000
    values[3333], values[7777] = 9.0, -9.0
    append(record, [Point("long", value, record.created.timestamp(), step) for step, value in enumerate(values)])
    try:
        found = read_series(record.id, names=["long"], keep=400)
        kept = found["series"]["long"]
        assert found["thinned"] and len(kept["value"]) <= 400
        assert {9.0, -9.0} <= set(kept["value"]) and kept["step"][0] == 0 and kept["step"][-1] == 9999
    finally:
        MetricSeries.objects.filter(record=record, name="long").delete()


def test_a_script_is_packed_and_read_back():
    assert unpack(pack({"train.py": "print('ä')", "requirements.txt": ""})) == {
        "train.py": "print('ä')",
        "requirements.txt": "",
    }


def test_a_trained_job_leads_on_and_a_trial_back_to_its_tuning_job(walk, trained):
    page = walk.get(f"/training-jobs/{trained}/")
    for address in (f"/hyper-parameter-tuning-jobs/create/?job={trained}", f"/processing-jobs/create/?job={trained}"):
        assert address in page
        walk.get(address)
    job = walk.record("TrainingJob", trained)
    before = dict(job.document)
    job.document["TuningJobArn"] = "arn:aws:sagemaker:us-east-1:1:hyper-parameter-tuning-job/search-1"
    job.save()
    try:
        assert 'href="/hyper-parameter-tuning-jobs/search-1/#trials"' in walk.get(f"/training-jobs/{trained}/")
    finally:
        job.document = before
        job.save()
