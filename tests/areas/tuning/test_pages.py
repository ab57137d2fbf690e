"""The pages of tuning jobs, as people with and without a role see them."""

from tests.areas.tuning.conftest import categorical, continuous

LIST = "/hyper-parameter-tuning-jobs/"


def played(stage) -> str:
    name = stage.start(most=3, ranges={**continuous(), **categorical(kind=["a", "b"])})
    stage.play(name, lambda trial: trial.number)
    return name


def test_the_page_tells_the_trials_and_what_can_be_done_with_the_best(stage, cast):
    name = played(stage)
    best = stage.describe(name)["BestTrainingJob"]["TrainingJobName"]
    page = cast.alice.browser.get(f"{LIST}{name}/")
    assert page.status_code == 200
    text = page.content.decode()
    for job in stage.jobs(name):
        assert job["TrainingJobName"] in text
    assert f"/endpoints/deploy/?job={best}" in text
    assert "Register the best" in text
    assert "trials-data" in text
    rows = [row["objective"] for row in page.context["rows"]]
    assert rows == [1, 2, 3]
    sorted_page = cast.alice.browser.get(f"{LIST}{name}/?sort=objective")
    assert [row["objective"] for row in sorted_page.context["rows"]] == [3, 2, 1]
    compared = cast.alice.browser.get(page.context["compared"])
    assert compared.status_code == 200
    assert f"{best}-aws-training-job" in compared.content.decode()


def test_a_viewer_sees_no_button_and_a_stranger_no_page(stage, cast):
    name = played(stage)
    text = cast.vera.browser.get(f"{LIST}{name}/").content.decode()
    assert "Deploy the best" not in text
    assert "confirm-delete" not in text
    assert cast.charlie.browser.get(f"{LIST}{name}/").status_code in (403, 404)
    assert cast.charlie.browser.get(f"{LIST}{name}/live/").status_code in (403, 404)
    assert cast.vera.browser.get(f"{LIST}create/").status_code == 403


def test_it_moves_while_it_runs_and_reloads_when_it_ends(stage, cast):
    name = stage.start(most=2)
    stage.tick()
    alice = cast.alice.browser
    assert "every 2s" in alice.get(f"{LIST}{name}/").content.decode()
    moving = alice.get(f"{LIST}{name}/live/?seen=InProgress")
    assert 'hx-swap-oob="true"' in moving.content.decode()
    stage.play(name, lambda trial: 1)
    assert alice.get(f"{LIST}{name}/live/?seen=InProgress").headers["HX-Refresh"] == "true"
    assert "every 2s" not in alice.get(f"{LIST}{name}/").content.decode()


def test_several_definitions_stand_in_one_table(stage, cast):
    aim = {"Type": "Maximize", "MetricName": "score"}
    several = [
        {**stage.definition(), "DefinitionName": one, "TuningObjective": aim, "HyperParameterRanges": continuous(one)}
        for one in ("rate", "decay")
    ]
    request = stage.request(most=2)
    del request["TrainingJobDefinition"]
    for member in ("ParameterRanges", "HyperParameterTuningJobObjective"):
        del request["HyperParameterTuningJobConfig"][member]
    stage.sagemaker.create_hyper_parameter_tuning_job(**request, TrainingJobDefinitions=several)
    name = request["HyperParameterTuningJobName"]
    stage.play(name, lambda trial: 1)
    page = cast.alice.browser.get(f"{LIST}{name}/")
    filled = [[bool(value) for value, _ in row["values"]] for row in page.context["rows"]]
    assert filled == [[True, False], [False, True]]
    assert page.context["job"].names == ["rate", "decay"]
    refused = cast.alice.browser.get(f"{LIST}create/?from={name}").content.decode()
    assert "several training job definitions" in refused


def test_the_form_starts_from_a_tuning_job_and_makes_the_same_again(stage, cast):
    name = played(stage)
    page = cast.alice.browser.get(f"{LIST}create/?from={name}")
    assert page.status_code == 200
    form = page.context["form"]
    assert [(row.name, row.kind) for row in form.ranges] == [("rate", "continuous"), ("kind", "categorical")]
    sent = {field: form.value(field) for field in form.fields if form.value(field) not in ("", None, False)}
    sent |= {
        f"range_{part}": [getattr(row, part) for row in form.ranges]
        for part in ("name", "kind", "low", "high", "scaling")
    }
    assert cast.alice.browser.post(f"{LIST}create/preview/", sent).status_code == 200
    answer = cast.alice.browser.post(f"{LIST}create/", sent)
    assert answer.status_code == 302
    from jobs.models import Run

    run = Run.objects.get(kind="HyperParameterTuningJob", name=sent["name"], connection=stage.aws.connection)
    request = run.plan[-1]["request"]
    stage.sagemaker.create_hyper_parameter_tuning_job(**request)  # the service takes what the form makes
    made, was = stage.describe(sent["name"]), stage.describe(name)
    assert (
        made["TrainingJobDefinition"]["AlgorithmSpecification"]
        == was["TrainingJobDefinition"]["AlgorithmSpecification"]
    )
    assert (
        made["TrainingJobDefinition"]["StaticHyperParameters"] == was["TrainingJobDefinition"]["StaticHyperParameters"]
    )
    assert {
        one["Name"] for one in made["HyperParameterTuningJobConfig"]["ParameterRanges"]["CategoricalParameterRanges"]
    } == {"kind"}


def test_the_form_starts_from_a_training_job_and_says_what_is_wrong(stage, cast):
    name = played(stage)
    job = stage.jobs(name)[0]["TrainingJobName"]
    page = cast.alice.browser.get(f"{LIST}create/?job={job}")
    assert page.status_code == 200
    assert page.context["form"].value("metric") == "score"
    sent = {
        "name": "x" * 40, "origin": f"TrainingJob/{job}", "metric": "score", "aim": "Maximize", "strategy": "Random",
        "parallel": "1", "range_name": ["rate"], "range_kind": ["continuous"], "range_low": ["0"], "range_high": ["1"],
        "range_scaling": ["Logarithmic"],
    }  # fmt: skip
    answer = cast.alice.browser.post(f"{LIST}create/", sent)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Logarithmic scaling of rate needs a MinValue greater than 0" in text
    assert "at most 32 characters" in text
    assert cast.alice.browser.get(f"{LIST}create/?job=nothing").status_code == 404
