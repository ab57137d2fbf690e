"""The dataset pages through Django's client, over a live engine's S3."""

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from areas.datasets import runs, versions
from areas.datasets.models import Dataset
from catalog.models import Grant, Record, Role
from catalog.roles import SCIENTIST

TABS = ("dataset", "dataset-preview", "dataset-splits", "dataset-versions", "dataset-use", "dataset-about")


@pytest.fixture
def browser(connection, alice):
    client = Client()
    client.force_login(alice)
    session = client.session
    session["connection"] = connection.name
    session.save()
    return client


def put(browser, body: bytes, name="table", filename="table.csv", **extra):
    url = reverse("dataset-upload", query={"name": name, "filename": filename})
    return browser.put(url, body, content_type="application/octet-stream", **extra)


def test_every_tab_of_a_dataset_opens(browser, penguins):
    for tab in TABS:
        response = browser.get(reverse(tab, args=["penguins"]))
        assert response.status_code == 200, tab
        assert b"style=" not in response.content and b"<script>" not in response.content
    overview = browser.get(reverse("dataset", args=["penguins"])).content.decode()
    assert "344" in overview and "bill_length_mm" in overview and "Adelie" in overview


def test_the_list_searches_and_sorts_in_few_queries(browser, add, django_assert_max_num_queries):
    for i in range(5):
        add(f"set-{i}", "x\n" + "1\n" * (i + 1), title=f"Number {i}")
    with django_assert_max_num_queries(20):
        page = browser.get(reverse("datasets", query={"sort": "-rows"}))
    assert [dataset.name for dataset in page.context["page"]] == [f"set-{i}" for i in (4, 3, 2, 1, 0)]
    found = browser.get(reverse("datasets", query={"q": "NUMBER 3"}))
    assert [dataset.name for dataset in found.context["page"]] == ["set-3"]


def test_an_empty_list_teaches(browser):
    page = browser.get(reverse("datasets")).content.decode()
    assert "No dataset yet" in page and "upload_file" in page


def test_an_upload_becomes_a_version_that_a_worker_reads(browser, connection, penguins_csv):
    answer = put(browser, penguins_csv, "birds", "birds.csv")
    assert answer.status_code == 200, answer.content
    page = browser.get(answer.json()["url"])
    assert "Waiting for a worker" in page.content.decode()
    state = reverse("dataset-state", args=["birds"], query={"number": 1})
    assert browser.get(state).status_code == 204
    version = Dataset.objects.get(connection=connection, name="birds").versions.get()
    run = connection.runs.get(kind="Dataset", name="birds")
    assert run.plan == [{"call": "datasets.profile", "request": {"version": version.pk}}]
    runs.profile(connection, run.plan[0]["request"])
    assert browser.get(state).headers["HX-Refresh"] == "true"
    again = put(browser, penguins_csv, "birds", "other.csv").json()
    assert (again["version"], again["new"]) == (1, False)


@pytest.mark.parametrize(
    ("body", "extra", "words"),
    [
        (b"", {"CONTENT_LENGTH": "0"}, "table.csv is empty."),
        (b"x,y\n1\n", {}, "table.csv, line 2, has 1 value, but line 1 has 2."),
        (
            b"",
            {"CONTENT_LENGTH": "1000", "wsgi.input": io.BytesIO(b"x\n1\n")},
            "was cut off after 4 bytes of 1.0 KB; nothing",
        ),
        (b"x\n1\n", {"CONTENT_LENGTH": str(10**12)}, "is 1000.0 GB; "),
        (b"x\n1\n", {"CONTENT_LENGTH": ""}, "doesn't say how long it is"),
    ],
)
def test_a_wrong_upload_leaves_nothing(browser, connection, settings, body, extra, words):
    answer = put(browser, body, **extra)
    assert answer.status_code == 400
    assert words in answer.json()["error"] and answer.json()["field"] == "file"
    assert not Dataset.objects.filter(connection=connection).exists()
    assert not list((settings.STUDIO_HOME / "cache" / "uploads").glob("*"))


def test_an_upload_needs_its_csrf_token(connection, alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert put(client, b"x\n1\n").status_code == 403


def test_another_connections_datasets_do_not_show(browser, penguins, alice, engine):
    from tests.stage import Account

    other = Account(engine, "555500000001").connection
    Grant.objects.create(role=Role.objects.get(name=SCIENTIST), user=alice, connection_id=other.id)
    session = browser.session
    session["connection"] = other.name
    session.save()
    assert browser.get(reverse("dataset", args=["penguins"])).status_code == 404


def rows_of(page) -> list[list]:
    return [[cell["text"] for cell in row] for row in page.context["shown"]["rows"]]


def test_preview_filters_and_sorts(browser, penguins):
    url = reverse("dataset-preview", args=["penguins"])
    heavy = {
        "where": ["species", "body_mass_g"],
        "op": ["eq", "ge"],
        "value": ["Gentoo", "6000"],
        "sort": "-body_mass_g",
    }
    page = browser.get(url, heavy)
    rows = rows_of(page)
    assert {row[0] for row in rows} == {"Gentoo"}
    masses = [int(row[5]) for row in rows]
    assert masses == sorted(masses, reverse=True) and masses[0] == 6300 and masses[-1] == 6000
    missing = browser.get(url, {"where": "sex", "op": "none", "value": ""})
    assert missing.context["shown"]["matching"] == 11
    last = browser.get(url, {"mode": "last"})
    assert last.context["shown"]["first"] == 245 and len(rows_of(last)) == 100
    drawn = [rows_of(browser.get(url, {"mode": "random", "seed": seed})) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert rows_of(browser.get(url, {"page": 4})) == rows_of(last)[-44:]


@pytest.mark.parametrize("value", ["' OR 1=1 --", "1); DROP VIEW data; --", "nan'"])
def test_a_filter_is_a_value_never_sql(browser, penguins, value):
    url = reverse("dataset-preview", args=["penguins"])
    page = browser.get(url, {"where": "species", "op": "eq", "value": value})
    assert page.context["shown"]["matching"] == 0
    refused = browser.get(url, {"where": "body_mass_g", "op": "gt", "value": value})
    assert "holds numbers" in refused.context["error"]
    wild = browser.get(url, {"where": 'species" OR 1=1 --', "op": "eq", "value": "x"})
    assert "has no column" in wild.context["error"]
    assert browser.get(url, {"sort": "1; DROP VIEW data"}).status_code == 200


def test_downloaded_csv_runs_no_formula(browser, add):
    cells = ["=cmd|' /C calc'!A0", "+1+1", "-5", "@SUM(A1)", "fine"]
    body = io.StringIO()
    csv.writer(body).writerows([["text", "=n"], *[[cell, -1] for cell in cells]])
    add("formulas", body.getvalue())
    answer = browser.get(reverse("dataset-download", args=["formulas"], query={"format": "csv"}))
    found = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert found[0] == ["text", "'=n"]
    assert [row[0] for row in found[1:]] == ["'=cmd|' /C calc'!A0", "'+1+1", "-5", "'@SUM(A1)", "fine"]
    assert {row[1] for row in found[1:]} == {"-1"}
    page = browser.get(reverse("dataset-preview", args=["formulas"])).content.decode()
    assert "=cmd|&#x27; /C calc&#x27;!A0" in page


def test_parquet_downloads_keep_values(browser, penguins):
    import pyarrow.parquet

    query = {"format": "parquet", "where": "species", "op": "eq", "value": "Gentoo"}
    answer = browser.get(reverse("dataset-download", args=["penguins"]), query)
    table = pyarrow.parquet.read_table(io.BytesIO(b"".join(answer.streaming_content)))
    assert table.num_rows == 124 and str(table.schema.field("body_mass_g").type) == "int64"


def test_markup_in_data_is_shown_as_text(browser, add):
    wild = "<script>alert(1)</script>"
    add("markup", f"{wild},y\n" + "".join(f"{wild},{i}\n" for i in range(5)), title=wild, description=wild)
    for tab in TABS:
        assert wild.encode() not in browser.get(reverse(tab, args=["markup"])).content, tab
    assert wild.encode() not in browser.get(reverse("datasets")).content


def test_a_split_is_asked_for_and_shown(browser, penguins, connection):
    data = {
        "method": "stratified",
        "by": "species",
        "train": "80",
        "validation": "20",
        "test": "",
        "seed": "1",
        "key": "",
    }
    url = reverse("dataset-split", args=["penguins"])
    assert browser.post(url, data).status_code == 302
    assert "A worker divides the rows" in browser.get(reverse("dataset-splits", args=["penguins"])).content.decode()
    runs.split(connection, {"split": penguins.splits.get().pk})
    page = browser.get(reverse("dataset-splits", args=["penguins"])).content.decode()
    assert "0 rows in two parts" in page and "validation/" in page
    refused = browser.post(url, {**data, "train": "90"})
    assert refused.status_code == 400 and "sum to 1" in refused.content.decode()
    assert 'value="90"' in refused.content.decode()


def test_two_versions_are_compared(browser, add, penguins, penguins_csv):
    header, *lines = csv.reader(io.StringIO(penguins_csv.decode()))
    heavier = [[*line[:5], int(line[5]) + 2000 if line[5] != "NA" else "NA", *line[6:]] for line in lines]
    body = io.StringIO()
    csv.writer(body).writerows([header, *heavier])
    add("penguins", body.getvalue())
    page = browser.get(reverse("dataset-versions", args=["penguins"]))
    diff = page.context["diff"]
    moved = {column["name"]: column for column in diff["columns"]}
    assert diff["columns"][0]["name"] == "body_mass_g" and moved["body_mass_g"]["verdict"] == "changed"
    assert moved["body_mass_g"]["ks"] > 0.5 and moved["species"]["psi"] == 0 and moved["bill_depth_mm"]["ks"] == 0
    before, after = moved["body_mass_g"]["pictures"]  # over the same buckets: the lightest are gone
    assert before[0]["count"] > 0 and after[0]["count"] == 0
    assert diff["rows"] == [344, 344] and diff["added"] == diff["removed"] == []


def test_a_used_dataset_is_deleted_after_asking_twice(browser, penguins, connection):
    now = timezone.now()
    Record.objects.create(
        connection=connection, kind="TrainingJob", name="uses-penguins", arn="arn", created=now, modified=now,
        status="Completed", document={"InputDataConfig": [{"DataSource": {"S3DataSource": {"S3Uri": penguins.location}}}]},
    )  # fmt: skip
    assert "uses-penguins" in browser.get(reverse("dataset-use", args=["penguins"])).content.decode()
    url = reverse("dataset-delete", args=["penguins"])
    asked = browser.post(url)
    assert asked.status_code == 409 and "uses-penguins" in asked.content.decode()
    assert Dataset.objects.filter(connection=connection, name="penguins").exists()
    assert browser.post(url, {"force": "yes"}).status_code == 302
    assert not Dataset.objects.filter(connection=connection, name="penguins").exists()


def test_a_failed_reading_shows_its_sentence_and_may_be_tried_again(browser, connection, aws, alice):
    aws.client("s3").put_object(Bucket=aws.bucket, Key="in/a.csv", Body=b"x,y\n1,2,3\n")
    answer = browser.post(reverse("dataset-point"), {"name": "bad", "uri": f"s3://{aws.bucket}/in/a.csv"})
    assert answer.status_code == 302
    version = Dataset.objects.get(connection=connection, name="bad").versions.get()
    with pytest.raises(versions.DatasetError):
        runs.profile(connection, {"version": version.pk})
    page = browser.get(answer.url).content.decode()
    assert "a.csv, line 2, has 3 values, but line 1 has 2." in page
    aws.client("s3").put_object(Bucket=aws.bucket, Key="in/a.csv", Body=b"x,y\n1,2\n")
    browser.post(reverse("dataset-version-act", args=["bad"]), {"number": 1, "act": "retry"})
    runs.profile(connection, {"version": version.pk})
    version.refresh_from_db()
    assert version.state == "Ready"


def test_a_wrong_uri_is_told_beside_its_field(browser):
    answer = browser.post(reverse("dataset-point"), {"name": "bad", "uri": "http://example.com/a.csv"})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "is not an S3 URI" in page and 'value="http://example.com/a.csv"' in page


def test_what_a_dataset_says_of_itself_may_change(browser, penguins):
    url = reverse("dataset-edit", args=["penguins"])
    assert browser.post(url, {"licence": "CC0"}).status_code == 302
    penguins.dataset.refresh_from_db()
    assert penguins.dataset.licence == "CC0"
    refused = browser.post(url, {"source_url": "javascript:alert(1)"})
    assert refused.status_code == 400 and "valid URL" in refused.content.decode()
