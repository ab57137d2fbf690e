"""The pages of models and endpoints: three visible steps or one click, a playground that decodes, honest errors."""

import io

import pytest

from areas.endpoints.schema import Schema


def test_deploying_shows_the_three_requests_and_carries_the_tags(walk, trained):
    page = walk.get(f"/endpoints/deploy/?job={trained}")
    for operation in ("CreateModel", "CreateEndpointConfig", "CreateEndpoint"):
        assert operation in page
    assert "atelier:schema" in page


def test_what_can_not_be_deployed_is_said(walk):
    assert "There is no training job nothing" in walk.get("/endpoints/deploy/?job=nothing")
    assert "Deploy what?" in walk.get("/endpoints/deploy/")


def test_a_bad_or_taken_endpoint_name_is_refused_beside_the_field(walk, trained, deployed):
    for name, sentence in (
        ("a_b", "at &#x27;endpointName&#x27; failed"),
        (deployed, "Cannot create already existing endpoint"),
    ):
        data = {"name": name, "instance_type": "ml.m5.large", "count": 1}
        assert sentence in walk.post(f"/endpoints/deploy/?job={trained}", data, status=422).content.decode()


def test_every_tab_of_an_endpoint(walk, deployed):
    page = walk.get(f"/endpoints/{deployed}/")
    assert "AllTraffic" in page and "bill_length_mm" in page and "InService" in page
    for tab in ("playground", "metrics", "logs", "keys", "configuration", "events"):
        assert deployed in walk.get(f"/endpoints/{deployed}/{tab}/")
    assert "CreateModel → CreateEndpointConfig → CreateEndpoint" in walk.get(f"/endpoints/{deployed}/events/")
    assert walk.client.get(f"/endpoints/{deployed}/points.json?window=1h").json()["whole"]


def test_the_form_answers_with_class_names_and_shares(walk, deployed):
    from areas.endpoints.view import EndpointView

    schema = Schema(walk.connection, EndpointView(walk.connection, deployed).schema_uri)
    values, actual = schema.random_row()
    data = values | {"mode": "form", "actual": actual, "actual_row": schema.row(values)}
    page = walk.post(f"/endpoints/{deployed}/playground/invoke/", data, 200).content.decode()
    assert all(name in page for name in ("Adelie", "Chinstrap", "Gentoo")) and "<progress" in page
    assert f"it is {actual}." in page and "ms</b>" in page and "invoke_endpoint" in page and "/predict/" in page


def test_the_true_label_is_dropped_when_its_row_is_changed(walk, deployed):
    from areas.endpoints.view import EndpointView

    schema = Schema(walk.connection, EndpointView(walk.connection, deployed).schema_uri)
    values, actual = schema.random_row()
    number = next(i for i, feature in enumerate(schema.features) if not feature["categories"])
    data = values | {"actual": actual, "actual_row": schema.row(values), f"f{number}": "33"}
    page = walk.post(f"/endpoints/{deployed}/playground/invoke/", data | {"mode": "form"}, 200).content.decode()
    assert "it is " not in page


def test_a_random_row_fills_the_form(walk, deployed):
    page = walk.get(f"/endpoints/{deployed}/playground/row/")
    assert "its true species is" in page


def test_values_that_make_no_row_are_said_field_by_field(walk, deployed):
    schema_fields = walk.get(f"/endpoints/{deployed}/playground/")
    assert "f0" in schema_fields
    typed = {f"f{i}": "long" for i in range(12)} | {"mode": "form"}
    page = walk.post(f"/endpoints/{deployed}/playground/invoke/", typed, 200).content.decode()
    assert "bill_length_mm is a number, not &#x27;long&#x27;." in page and "island has no value" in page


def test_the_models_own_words_reach_the_page(walk, deployed):
    data = {"mode": "raw", "body": "<b>not</b>,a,row", "content_type": "text/csv"}
    page = walk.post(f"/endpoints/{deployed}/playground/invoke/", data, 200).content.decode()
    assert "ModelError" in page and "The model answered 4" in page and "<b>not</b>" not in page


def test_an_endpoint_without_a_schema_is_asked_with_a_raw_body(walk, deployed):
    from catalog.models import Tag

    rows = Tag.objects.filter(record__connection=walk.connection, key="atelier:schema", record__kind__in=(
        "Endpoint", "EndpointConfig", "Model"))  # fmt: skip
    kept = list(rows)
    rows.delete()
    try:
        page = walk.get(f"/endpoints/{deployed}/playground/")
        assert "it was not made from a dataset of the Studio" in page and 'name="body"' in page
    finally:
        Tag.objects.bulk_create(kept)


def test_models_and_configurations_say_where_they_run(walk, trained, deployed):
    model = walk.record("Model", "penguins-walk")
    page = walk.get(f"/models/{model.name}/")
    assert deployed in page and trained in page and "xgboost" in page
    assert model.name in walk.get(f"/endpoint-configs/{deployed}/") and deployed in walk.get(
        f"/endpoint-configs/{deployed}/"
    )


def test_three_steps_one_by_one(walk, trained, deployed):
    page = walk.get(f"/models/create/?job={trained}")
    assert "model.tar.gz" in page
    job = walk.record("TrainingJob", trained)
    data = {
        "name": "by-hand", "job": trained, "role": job.document["RoleArn"], "environment": "",
        "image": job.document["AlgorithmSpecification"]["TrainingImage"],
        "data": job.document["ModelArtifacts"]["S3ModelArtifacts"],
    }  # fmt: skip
    walk.post(f"/models/create/?job={trained}", data)
    assert walk.record("Model", "by-hand").tags.filter(key="atelier:schema").exists()

    def variant(i, model, weight):
        name = {"variant": f"v{i}", "model": model, "instance_type": "ml.m5.large", "count": 1, "weight": weight}
        return {f"v-{i}-{key}": value for key, value in name.items()}

    counts = {"v-TOTAL_FORMS": 2, "v-INITIAL_FORMS": 0, "v-MIN_NUM_FORMS": 1, "v-MAX_NUM_FORMS": 10}
    data = {"name": "two", **counts, **variant(0, "by-hand", 3), **variant(1, "penguins-walk", 1)}
    walk.post("/endpoint-configs/create/?model=by-hand", data)
    assert "75 %" in walk.get("/endpoint-configs/two/")
    again = walk.post("/endpoint-configs/create/", data, status=422).content.decode()
    assert "Cannot create already existing endpoint configuration" in again
    assert walk.post("/endpoints/create/?config=two", {"name": "by-hand", "config": "two"})
    assert "Queued: waiting for a worker." in walk.get("/endpoints/by-hand/")
    walk.post("/endpoints/by-hand/take-back/", {})
    assert "Change and try again" in walk.get("/endpoints/by-hand/")


def test_a_variant_can_be_added_and_removed_without_losing_the_others(walk, deployed):
    data = {"name": "cfg", "v-TOTAL_FORMS": 1, "v-INITIAL_FORMS": 0, "v-0-variant": "mine", "v-0-model": "penguins-walk",
            "v-0-instance_type": "ml.m5.large", "v-0-count": 1, "v-0-weight": 5}  # fmt: skip
    page = walk.post("/endpoint-configs/create/", data | {"add": "1"}, 200).content.decode()
    assert "Variant 2" in page and 'value="mine"' in page and 'name="v-TOTAL_FORMS" value="2"' in page
    more = {"v-TOTAL_FORMS": 2, "v-1-variant": "other", "v-1-model": "penguins-walk", "v-1-weight": 1, "remove": "1"}
    page = walk.post("/endpoint-configs/create/", data | more, 200).content.decode()
    assert "Variant 2" not in page and 'value="mine"' in page and 'value="other"' not in page


def test_the_services_refusal_of_a_model_is_shown_above_the_form(walk):
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/unheard-of:1"
    data = {
        "name": "no-model",
        "image": image,
        "data": "s3://no/model.tar.gz",
        "role": walk.connection.execution_role_arn,
    }
    page = walk.post("/models/create/", data, status=422).content.decode()
    assert "Images that exist" in page and "unheard-of" in page


def test_shifting_traffic_asks_for_a_run(walk, deployed):
    walk.post(f"/endpoints/{deployed}/shift/", {"weight-AllTraffic": "2", "count-AllTraffic": "1"})
    run = walk.submit("Endpoint", deployed)
    assert not run.error
    from tests.areas.pages.conftest import wait_for

    wait_for(lambda: walk.record("Endpoint", deployed).status == "InService")
    assert walk.record("Endpoint", deployed).document["ProductionVariants"][0]["DesiredWeight"] == 2


@pytest.mark.parametrize(
    ("label", "body", "kind", "expected"),
    [
        ({"name": "y", "kind": "binary", "classes": ["no", "yes"]}, "0.9\n", "text/csv", ("yes", 0.9)),
        ({"name": "y", "kind": "multiclass", "classes": ["a", "b", "c"]}, "2.0", "text/csv", ("c", None)),
        ({"name": "y", "kind": "multiclass", "classes": ["a", "b"]}, "[[0.7, 0.3]]", "application/json", ("a", 0.7)),
        (
            {"name": "y", "kind": "binary", "classes": [0, 1]},
            '{"predictions": [{"score": 0.25}]}',
            "application/json",
            ("0", 0.75),
        ),
    ],
)
def test_answers_are_decoded(label, body, kind, expected):
    schema = Schema.__new__(Schema)
    schema.label, schema.features = label, []
    (found,) = schema.predictions(body, kind)
    assert (found["name"], found["share"]) == pytest.approx(expected) if expected[1] else found["name"] == expected[0]


def test_a_number_and_an_unknown_form():
    schema = Schema.__new__(Schema)
    schema.label, schema.features = {"name": "mass", "kind": "regression", "classes": []}, []
    assert schema.predictions("41.5\n", "text/csv") == [{"number": 41.5, "of": "mass"}]
    assert schema.predictions("hello", "text/plain") == []
    assert schema.predictions("{broken", "application/json") == []


def test_raw_answers_are_escaped(walk, deployed, monkeypatch):
    from areas.endpoints import playground

    answer = {"Body": io.BytesIO(b"<script>alert(1)</script>"), "ContentType": "text/html"}
    monkeypatch.setattr(playground, "call", lambda *_, **__: answer)
    page = walk.post(f"/endpoints/{deployed}/playground/invoke/", {"mode": "raw", "body": "1"}, 200).content.decode()
    assert "<script>" not in page and "&lt;script&gt;" in page
