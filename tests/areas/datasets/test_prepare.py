"""Prepared channels are what SageMaker's XGBoost and the playground need, at the addresses planned beforehand."""

import csv
import io
import json

import pytest

from areas.datasets import runs, storage
from areas.datasets.errors import DatasetError
from areas.datasets.prepare import plan_channels, suggest


def written(version, **options):
    """(plan, rows of each channel as lists, schema.json) after the worker's step."""
    plan = plan_channels(version, **options)
    connection = version.dataset.connection
    runs.prepare(connection, json.loads(json.dumps(plan["call"]["request"])))
    channels = {
        name: list(csv.reader(io.StringIO(storage.get_bytes(connection, uri + "data.csv").decode())))
        for name, uri in plan["channels"].items()
    }
    return plan, channels, json.loads(storage.get_bytes(connection, plan["schema_uri"]))


def test_penguins_for_xgboost(penguins):
    plan, channels, schema = written(penguins, label="species", method="stratified")
    assert plan["content_type"] == "text/csv" and set(channels) == {"train", "validation"}
    assert schema["label"] == {"name": "species", "kind": "multiclass", "classes": ["Adelie", "Chinstrap", "Gentoo"]}
    assert [feature["name"] for feature in schema["features"]][:2] == ["island", "bill_length_mm"]
    island = schema["features"][0]
    assert (island["categories"], island["example"]) == (["Biscoe", "Dream", "Torgersen"], "Biscoe")
    bill = schema["features"][1]
    assert (bill["min"], bill["max"], bill["median"]) == (32.1, 59.6, 44.45)
    assert (
        schema["rows"] == {name: len(rows) for name, rows in channels.items()} and sum(schema["rows"].values()) == 344
    )
    rows = channels["train"] + channels["validation"]
    assert {row[0] for row in rows} == {"0", "1", "2"} and {row[1] for row in rows} == {"0", "1", "2"}
    assert sum(row[2] == "" for row in rows) == 2
    assert all(cell == "" or float(cell) >= 0 for row in rows for cell in row)


def test_classes_and_categories_decode_to_the_source(penguins, penguins_csv):
    _, channels, schema = written(penguins, label="species", features=["island", "sex", "body_mass_g"])
    names = [feature["name"] for feature in schema["features"]]
    assert names == ["island", "body_mass_g", "sex"]

    def decode(row):
        cells = {"species": schema["label"]["classes"][int(row[0])]}
        for feature, cell in zip(schema["features"], row[1:], strict=True):
            cells[feature["name"]] = (
                "NA" if cell == "" else feature["categories"][int(cell)] if feature["categories"] else cell
            )
        return tuple(cells[name] for name in ("species", *names))

    source = [
        tuple(row[name] for name in ("species", *names)) for row in csv.DictReader(io.StringIO(penguins_csv.decode()))
    ]
    assert sorted(decode(row) for rows in channels.values() for row in rows) == sorted(source)


def test_rows_without_a_label_are_dropped_and_counted(penguins):
    _, channels, schema = written(penguins, label="sex")
    assert schema["dropped"] == 11 and sum(len(rows) for rows in channels.values()) == 333
    assert schema["label"] == {"name": "sex", "kind": "binary", "classes": ["female", "male"]}


def test_writing_twice_changes_nothing(penguins, aws, connection):
    plan, _, _ = written(penguins, label="species")
    prefix = storage.split_uri(plan["schema_uri"])[1].removesuffix("schema.json")

    def listed():
        found = aws.client("s3").list_objects_v2(Bucket=connection.default_bucket, Prefix=prefix)["Contents"]
        return {one["Key"]: (one["ETag"], one["LastModified"]) for one in found}

    before = listed()
    assert len(before) == 3
    runs.prepare(connection, plan["call"]["request"])
    assert listed() == before
    again = plan_channels(penguins, label="species")
    other = plan_channels(penguins, label="species", seed=1)
    assert again == plan and other["schema_uri"] != plan["schema_uri"]


def test_regression_keeps_its_numbers(add):
    version = add("houses", "rooms,price\n" + "".join(f"{i % 5},{i * 1000.5}\n" for i in range(1, 101)))
    assert suggest(version, "price")["objective"] == "reg:squarederror"
    _, channels, schema = written(version, label="price")
    assert schema["label"] == {"name": "price", "kind": "regression", "classes": []}
    assert sorted(float(row[0]) for rows in channels.values() for row in rows) == [i * 1000.5 for i in range(1, 101)]


def test_a_header_names_the_columns_for_scripts(penguins):
    _, channels, schema = written(penguins, label="species", form="csv-header", features=["bill_length_mm"])
    assert channels["train"][0] == ["species", "bill_length_mm"] and schema["header"] is True


def test_suggestions_fit_the_label(penguins):
    found = suggest(penguins, "species")
    assert (found["problem"], found["objective"], found["num_class"], found["eval_metric"]) == (
        "multiclass", "multi:softprob", 3, "mlogloss",
    )  # fmt: skip
    assert found["hyperparameters"]["num_class"] == "3"
    binary = suggest(penguins, "sex")
    assert binary["objective"] == "binary:logistic" and "num_class" not in binary
    assert suggest(penguins, "body_mass_g")["problem"] == "regression"


def test_a_wild_column_name_is_only_a_name(add):
    wild = 'a"; DROP TABLE data; --'
    version = add(
        "wild", f"\"{wild.replace(chr(34), chr(34) * 2)}\",'y'\n" + "".join(f"{i},{'uv'[i % 2]}\n" for i in range(20))
    )
    _, channels, schema = written(version, label="'y'")
    assert schema["features"][0]["name"] == wild and sum(len(rows) for rows in channels.values()) == 20


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"label": "nothing"}, "no column 'nothing'"),
        ({"label": "species", "features": []}, "at least one feature"),
        ({"label": "species", "features": ["nose"]}, "no column 'nose'"),
        ({"label": "species", "form": "xml"}, "not 'xml'"),
        ({"label": "body_mass_g", "method": "stratified"}, "quantity"),
    ],
)
def test_what_can_not_be_is_refused(penguins, options, words):
    with pytest.raises(DatasetError, match=words):
        plan_channels(penguins, **options)


def test_a_request_can_not_write_elsewhere(penguins, connection):
    request = plan_channels(penguins, label="species")["call"]["request"]
    with pytest.raises(DatasetError, match="no place"):
        runs.prepare(connection, {**request, "home": f"s3://{connection.default_bucket}/training/"})
