"""The gallery tells of every algorithm, and the training form makes a request of each that the algorithm itself accepts."""

import json

import pytest

from areas.gallery.entries import entries, families
from areas.training.chosen import Chosen, choices
from areas.training.forms import TrainingJobForm
from areas.training.requests import Draft, values_of
from areas.training.suggestions import starting_values

TABLES = sorted(name for name in entries() if Chosen(name).takes_datasets)


def draft(walk, algorithm: str, **changes) -> Draft:
    """What the form stands for when it is opened with an algorithm, and with changes."""
    values = starting_values(walk.connection, {"dataset": "penguins", "algorithm": algorithm})
    initial = TrainingJobForm(connection=walk.connection, initial=values)
    data = {name: initial.value(name) for name in initial.fields if name != "script_file"} | {"volume": 1} | changes
    form = TrainingJobForm(data, connection=walk.connection)
    form.is_valid()
    made = Draft(form)
    assert not form.errors, form.errors
    assert not made.errors
    return made


def test_the_gallery_has_every_algorithm_by_what_it_is_for(walk):
    page = walk.get("/algorithms/")
    for entry in entries().values():
        assert f"/algorithms/{entry.name}/" in page and entry.title in page
    assert [family for family, _ in families()] == sorted(family for family, _ in families())
    assert {"kmeans", "blazingtext", "sagemaker-xgboost", "lightgbm-regression-model"} <= set(entries())


def test_the_gallery_is_searched_by_purpose_and_hyperparameter(walk):
    found = walk.get("/algorithms/?q=word_ngrams")
    assert "/algorithms/blazingtext/" in found and "/algorithms/kmeans/" not in found
    assert "No algorithm has all of these words" in walk.get("/algorithms/?q=%3Cscript%3Enothing")


@pytest.mark.parametrize("name", sorted(entries()))
def test_an_algorithms_page_tells_what_it_declares(walk, name):
    page = walk.get(f"/algorithms/{name}/")
    entry = entries()[name]
    assert all(f">{one['name']}" in page for one in [*entry.parameters, *entry.channels])
    assert all(one in page for one, _ in entry.algorithm.metrics)
    assert ("Train with it" in page) == (not entry.missing)
    assert entry.missing in page


def test_there_is_no_page_of_what_there_is_not(walk):
    walk.get("/algorithms/nothing/", 404)


def test_every_example_is_one_that_the_algorithm_accepts():
    for entry in entries().values():
        channels = {one.name: {} for one in entry.algorithm.channels if one.required}
        entry.algorithm.check(entry.example.begin | {"_tuning_objective_metric": "x"}, channels)
        assert entry.example.answer, entry.name
        for kind, text in (
            (entry.example.content_type, entry.example.body),
            (entry.example.accept, entry.example.answer),
        ):
            if kind == "application/json" and text:
                json.loads(text)


def test_xgboosts_declaration_and_its_check_are_the_same():
    from areas.algorithms.frame.hyperparameters import Choice
    from areas.algorithms.xgboost.hyperparameters import HYPERPARAMETERS, WITHOUT_EFFECT

    declared = {one.name: one for one in entries()["sagemaker-xgboost"].algorithm.parameters}
    assert set(declared) == set(HYPERPARAMETERS) - {"_tuning_objective_metric"}
    assert {name for name, one in declared.items() if not one.effective} == set(WITHOUT_EFFECT)
    for name, one in declared.items():
        values = one.choices if isinstance(one, Choice) else ()
        for text in [*values, *(str(one.default) for _ in [0] if one.default not in (None, ""))]:
            HYPERPARAMETERS[name](text)
        if low := getattr(one, "low", None):
            with pytest.raises(IndexError):
                HYPERPARAMETERS[name](str(low - 1))


@pytest.mark.parametrize("name", [one["value"] for one in choices() if one["family"]])
def test_the_form_has_the_algorithms_own_fields(walk, name):
    page = walk.get(f"/training-jobs/create/?dataset=penguins&algorithm={name}")
    for parameter in Chosen(name).parameters:
        assert f'name="hp_{parameter.name}"' in page or f'name="{parameter.name}"' in page
    assert f'value="{name}" checked' in page


@pytest.mark.parametrize("name", TABLES)
def test_a_dataset_becomes_channels_that_the_algorithm_accepts(walk, name):
    request = draft(walk, name).request
    algorithm, hyperparameters = Chosen(name).algorithm, request["HyperParameters"]
    channels = {one["ChannelName"]: one for one in request["InputDataConfig"]}
    given = {
        channel: {
            "ContentType": one["ContentType"],
            "S3DistributionType": one["DataSource"]["S3DataSource"]["S3DataDistributionType"],
        }
        for channel, one in channels.items() if channel != "model"
    }  # fmt: skip
    own = {key: value for key, value in hyperparameters.items() if not key.startswith("sagemaker_")}
    Chosen(name).check(own, given)
    assert algorithm.channels[0].name in given
    if algorithm.channels[0].labels == "ignored":
        assert channels["train"]["ContentType"] == "text/csv;label_size=1"


def test_jumpstarts_algorithms_bring_their_script_model_and_metrics(walk):
    request = draft(walk, "lightgbm-classification-model", hp_num_leaves="31").request
    source = json.loads(request["HyperParameters"]["sagemaker_submit_directory"])
    assert source.startswith("s3://jumpstart-cache-prod-us-east-1/") and "/lightgbm/" in source
    assert [one["ChannelName"] for one in request["InputDataConfig"]] == ["training", "validation", "model"]
    assert {"Name": "multi_logloss", "Regex": r"multi_logloss: ([0-9\.]+)"} in request["AlgorithmSpecification"][
        "MetricDefinitions"
    ]
    assert "/sagemaker-scikit-learn:" in request["AlgorithmSpecification"]["TrainingImage"]
    back = values_of(walk.connection, request, {})
    assert (back["algorithm"], back["hp_num_leaves"]) == ("lightgbm-classification-model", "31")
    assert back["train_uri"] and back["validation_uri"]
    assert not any("sagemaker_" in name for name in back)


def test_files_in_s3_go_into_the_channels_that_the_algorithm_has(walk):
    made = draft(
        walk, "randomcutforest", source="s3", train_uri="s3://b/rows/", test_uri="s3://b/test/",
        content_type="text/csv;label_size=0", hp_feature_dim="3",
    )  # fmt: skip
    train, test = made.request["InputDataConfig"]
    assert (train["ContentType"], test["ContentType"]) == ("text/csv;label_size=0", "text/csv")
    assert train["DataSource"]["S3DataSource"]["S3DataDistributionType"] == "ShardedByS3Key"
    back = values_of(walk.connection, made.request, {})
    assert (back["train_uri"], back["test_uri"], back["content_type"]) == (
        "s3://b/rows/", "s3://b/test/", "text/csv;label_size=0",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("algorithm", "changes", "sentence"),
    [
        ("kmeans", {"hp_k": "none"}, "The hyperparameter k must be an integer"),
        ("knn", {"hp_k": ""}, "&#x27;k&#x27; is a required property"),
        ("lightgbm-regression-model", {"hp_num_leaves": "1"}, "The hyperparameter num_leaves must be an integer"),
        ("blazingtext", {}, "BlazingText doesn&#x27;t learn from rows of a dataset"),
        ("no-such-algorithm", {}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_in_the_algorithms_words(walk, algorithm, changes, sentence):
    values = starting_values(walk.connection, {"dataset": "penguins", "algorithm": algorithm})
    form = TrainingJobForm(connection=walk.connection, initial=values)
    data = {name: form.value(name) for name in form.fields if name != "script_file"} | changes
    assert sentence in walk.post("/training-jobs/create/", data, status=422).content.decode()


def test_rest_tells_the_same(walk):
    names = [one["name"] for one in json.loads(walk.get("/api/v1/algorithms/"))["items"]]
    assert set(names) == set(entries())
    found = json.loads(walk.get("/api/v1/algorithms/blazingtext/"))
    mode = next(one for one in found["hyperparameters"] if one["name"] == "mode")
    assert mode["required"] and "supervised" in mode["expects"]
    assert {"name": "validation:accuracy", "regex": found["metrics"][2]["regex"]} in found["metrics"]
    assert json.loads(walk.get("/api/v1/algorithms/nothing/", 404))["code"] == "not_found"
