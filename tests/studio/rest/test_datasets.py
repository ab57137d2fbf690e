"""Datasets by REST: upload, versions, splits, channels, diff and deletion, on a live engine's S3."""

import hashlib
import io
import tracemalloc
from importlib.resources import files

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from areas.datasets import runs
from areas.datasets.models import Dataset, DatasetVersion, Split
from catalog.models import Record
from jobs.models import Run

PENGUINS = (files("palmerpenguins") / "data" / "penguins.csv").read_bytes()


def work(aws, kind: str = "") -> None:
    """Do what a worker does with the newest Run of the connection."""
    run = Run.objects.filter(connection=aws.connection).latest("id")
    (step,) = run.plan
    getattr(runs, step["call"].removeprefix("datasets."))(aws.connection, step["request"])


def upload(alice, body: bytes = PENGUINS, name: str = "penguins", filename: str = "table.csv", **environ):
    return alice.send("put", f"/datasets/upload/?name={name}&filename={filename}", body, **environ)


@pytest.fixture
def penguins(aws, alice):
    assert upload(alice).status_code == 202
    work(aws)
    return "/datasets/penguins"


def test_an_upload_becomes_a_version_that_a_worker_reads(aws, alice):
    answer = upload(alice, filename="birds.csv")
    version = answer.json()
    stored = hashlib.sha256(f"data.csv\t{len(PENGUINS)}\t{hashlib.sha256(PENGUINS).hexdigest()}\n".encode()).hexdigest()
    assert (answer.status_code, version["state"], version["digest"]) == (202, "Profiling", stored)
    assert (version["dataset"], version["number"], version["source"]) == ("penguins", 1, "upload of birds.csv")
    assert answer["Location"] == "/api/v1/datasets/penguins/versions/1/"
    work(aws)
    status, found = alice.get(answer["Location"].removeprefix("/api/v1"))
    assert (status, found["state"], found["rows"], len(found["columns"])) == (200, "Ready", 344, 8)
    assert "species" in found["statistics"]["columns"] and found["files"][0]["size"] == len(PENGUINS)
    bucket, _, key = found["files"][0]["uri"].removeprefix("s3://").partition("/")
    assert aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == PENGUINS


@pytest.mark.parametrize("method", ["put", "post"])
def test_the_same_bytes_are_the_same_version(alice, penguins, method):
    again = alice.send(method, "/datasets/upload/?name=penguins&filename=other.csv", PENGUINS)
    assert (again.status_code, again.json()["number"], again.json()["state"]) == (200, 1, "Ready")
    assert alice.get(f"{penguins}/")[1]["version_count"] == 1


def test_a_files_name_may_be_in_the_address(alice):
    """curl -T adds it there by itself."""
    answer = alice.send("put", "/datasets/upload/birds.csv?name=t", b"a,b\n1,2\n")
    assert (answer.status_code, answer.json()["source"]) == (202, "upload of birds.csv")


def test_what_curl_sends_is_taken_as_it_is(alice):
    """curl --data-binary calls everything a form."""
    answer = alice.send(
        "post", "/datasets/upload/?name=t&filename=t.csv", b"a,b\n1,2\n", "application/x-www-form-urlencoded"
    )
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("query", "body", "environ", "status", "words"),
    [
        (
            "name=t",
            b"",
            {"CONTENT_LENGTH": "9", "wsgi.input": io.BytesIO(b"a\n1\n")},
            400,
            "cut off after 4 bytes of 9",
        ),
        ("name=t", b"a\n", {"CONTENT_LENGTH": ""}, 411, "Content-Length"),
        ("name=t&filename=t.csv", b"x,y\n1\n", {}, 400, "line 2, has 1 value"),
        ("name=-t", b"a\n1\n", {}, 400, "can't be a dataset's name"),
        ("filename=t.csv", b"a\n1\n", {}, 422, "name"),
        ("name=t&source_url=javascript:alert(1)", b"a\n1\n", {}, 400, "valid URL"),
    ],
)
def test_a_bad_upload_leaves_nothing(aws, alice, query, body, environ, status, words):
    answer = alice.send("put", f"/datasets/upload/?{query}", body, **environ)
    assert answer.status_code == status and answer["Content-Type"] == "application/problem+json"
    assert words in answer.json()["detail"]
    assert not Dataset.objects.filter(connection=aws.connection).exists()


def test_too_large_is_refused_before_it_is_read(alice, settings):
    settings.DATASET_UPLOAD_LIMIT = 10
    answer = upload(alice, environ := b"a\n" + b"1\n" * 10)
    assert (answer.status_code, answer.json()["code"]) == (413, "TooLarge"), environ


def test_an_upload_needs_no_memory_of_its_size(alice, settings):
    """60 MB that are made while they are read; what is refused in the end was received to its last byte all the same."""

    class Endless(io.RawIOBase):
        left = 60_000_000

        def read(self, size=-1):
            size = min(size, self.left)
            self.left -= size
            return b"\0" * size

    body = Endless()
    tracemalloc.start()
    try:
        answer = upload(alice, b"", CONTENT_LENGTH=str(body.left), **{"wsgi.input": body})
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (answer.status_code, body.left) == (400, 0)
    assert most < 20_000_000


def test_pointing_at_s3(aws, alice):
    s3, bucket = aws.client("s3"), aws.connection.default_bucket
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="incoming/a.csv", Body=b"a,b\n1,2\n3,4\n")
    status, version = alice.post("/datasets/point/", {"name": "sales", "uri": f"s3://{bucket}/incoming/", "title": "S"})
    assert (status, version["state"], version["location"]) == (202, "Profiling", f"s3://{bucket}/incoming/")
    work(aws)
    _, found = alice.get("/datasets/sales/")
    assert (found["title"], found["latest"]["rows"], found["latest"]["state"]) == ("S", 2, "Ready")
    status, problem = alice.post("/datasets/point/", {"name": "sales", "uri": f"s3://{bucket}/nothing/"})
    assert (status, problem["errors"][0]["at"]) == (400, "uri")


def add(aws, count: int):
    for n in range(count):
        dataset = Dataset.objects.create(connection=aws.connection, name=f"set-{n:02}", title=f"Number {n}")
        rows = None if n % 5 == 0 else n % 3
        DatasetVersion.objects.create(
            dataset=dataset, number=1, rows=rows, bytes=rows, location="s3://b/x/", state="Ready"
        )


@pytest.mark.parametrize("sort", ["name", "-name", "rows", "-rows", "-bytes", "versions", "-modified", "created"])
def test_pages_hold_every_dataset_once(aws, alice, sort):
    add(aws, 12)
    names, values, cursor = [], [], ""
    while cursor is not None:
        status, page = alice.get(f"/datasets/?limit=5&sort={sort}&cursor={cursor}")
        assert status == 200 and len(page["items"]) <= 5
        names += [item["name"] for item in page["items"]]
        values += [item["latest"]["rows"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(names) == [f"set-{n:02}" for n in range(12)]
    if sort.endswith("rows"):  # unknown ones stand last in both directions
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=sort == "-rows") and values[len(known) :] == [None] * 3


def test_the_list_searches_and_costs_the_same_however_long(aws, alice):
    add(aws, 2)
    with CaptureQueriesContext(database) as few:
        alice.get("/datasets/?limit=200")
    Dataset.objects.filter(connection=aws.connection).delete()
    add(aws, 30)
    with CaptureQueriesContext(database) as many:
        assert len(alice.get("/datasets/?limit=200")[1]["items"]) == 30
    assert len(many) <= len(few)
    assert [one["name"] for one in alice.get("/datasets/?text=NUMBER+17")[1]["items"]] == ["set-17"]
    status, problem = alice.get("/datasets/?cursor=made-up")
    assert (status, problem["code"]) == (400, "BadCursor")
    assert alice.get("/datasets/?sort=owner")[0] == 422


def test_a_split_is_made_by_a_worker_once(aws, alice, penguins):
    wanted = {"fractions": [0.7, 0.3], "method": "stratified", "by": "species", "seed": 3}
    status, split = alice.post(f"{penguins}/versions/1/splits/", wanted)
    assert (status, split["state"], split["parts"]) == (202, "Making", [])
    work(aws)
    place = f"{penguins}/versions/1/splits/{split['id']}/"
    _, found = alice.get(place)
    assert (found["state"], found["overlap"], sum(part["rows"] for part in found["parts"])) == ("Ready", 0, 344)
    assert alice.post(f"{penguins}/versions/1/splits/", wanted)[0] == 200
    assert [one["id"] for one in alice.get(f"{penguins}/versions/1/splits/")[1]["items"]] == [split["id"]]
    assert alice.delete(place)[0] == 204
    assert alice.get(place)[0] == 404 and not Split.objects.filter(id=split["id"]).exists()


@pytest.mark.parametrize(
    ("body", "status", "at"),
    [
        ({"fractions": [0.7, 0.7]}, 400, "fractions"),
        ({"fractions": [1.5, -0.5]}, 422, "fractions"),
        ({"method": "stratified"}, 400, "by"),
        ({"method": "stratified", "by": "no such column"}, 400, "no such column"),
        ({"seed": 10**40}, 422, "seed"),
    ],
)
def test_a_split_that_cant_be_says_what_is_wrong(alice, penguins, body, status, at):
    answer, problem = alice.post(f"{penguins}/versions/1/splits/", body)
    assert answer == status and at in str(problem)


def test_channels_are_written_by_a_run(aws, alice, penguins):
    status, plan = alice.post(f"{penguins}/versions/1/channels/", {"label": "species", "method": "stratified"})
    assert (status, plan["content_type"], sorted(plan["channels"])) == (202, "text/csv", ["train", "validation"])
    assert (plan["run"]["kind"], plan["run"]["state"]) == ("Dataset", "Queued")
    assert alice.get(f"/runs/{plan['run']['id']}/")[0] == 200
    work(aws)
    bucket, _, prefix = plan["channels"]["train"].removeprefix("s3://").partition("/")
    (written,) = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    assert written["Key"] == f"{prefix}data.csv" and written["Size"] > 0
    again = alice.post(f"{penguins}/versions/1/channels/", {"label": "species", "method": "stratified"})[1]
    assert again["channels"] == plan["channels"]
    status, problem = alice.post(f"{penguins}/versions/1/channels/", {"label": "species", "form": "xml"})
    assert (status, problem["errors"][0]["at"]) == (400, "form")


def test_a_diff_of_two_versions(aws, alice, penguins):
    smaller = b"\n".join(PENGUINS.splitlines()[:200]) + b"\n"
    assert upload(alice, smaller).json()["number"] == 2
    status, problem = alice.get(f"{penguins}/diff/?old=1&new=2")
    assert (status, problem["code"]) == (409, "WrongState")  # nobody has read it yet
    work(aws)
    status, found = alice.get(f"{penguins}/diff/?old=1&new=2")
    assert (status, found["rows"], found["added"], found["removed"]) == (200, [344, 199], [], [])
    moved = {column["name"]: column["verdict"] for column in found["columns"]}
    assert moved["species"] == "changed"
    assert alice.get(f"{penguins}/diff/?old=1&new=9")[0] == 404
    assert [one["number"] for one in alice.get(f"{penguins}/versions/")[1]["items"]] == [2, 1]
    first = alice.get(f"{penguins}/versions/?limit=1")[1]
    assert alice.get(f"{penguins}/versions/?limit=1&cursor={first['next_cursor']}")[1]["items"][0]["number"] == 1


def test_archive_and_restore(alice, penguins):
    assert alice.post(f"{penguins}/versions/1/restore/")[0] == 409
    assert alice.post(f"{penguins}/versions/1/archive/")[0] == 204
    assert alice.get(f"{penguins}/versions/1/")[1]["state"] == "Archived"
    status, problem = alice.post(f"{penguins}/versions/1/archive/")
    assert (status, problem["code"]) == (409, "WrongState")
    assert alice.post(f"{penguins}/versions/1/restore/")[0] == 204


@pytest.mark.parametrize("what", ["", "/versions/1"])
def test_deleting_what_is_used_names_who_uses_it(aws, alice, penguins, what):
    now = timezone.now()
    uri = DatasetVersion.objects.get(dataset__connection=aws.connection).location
    Record.objects.create(
        connection_id=aws.connection.id, kind="TrainingJob", name="user-of-it", arn="arn:x", created=now, modified=now,
        document={"InputDataConfig": [{"DataSource": {"S3DataSource": {"S3Uri": uri}}}]},
    )  # fmt: skip
    status, problem = alice.delete(f"{penguins}{what}/")
    assert (status, problem["code"]) == (409, "InUse")
    assert problem["used_by"] == [{"kind": "TrainingJob", "name": "user-of-it"}] and "user-of-it" in problem["detail"]
    assert alice.delete(f"{penguins}{what}/?force=true")[0] == 204
    assert alice.get(f"{penguins}/")[0] == 404
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    assert "Contents" not in aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)


def test_another_connection_sees_and_does_nothing(aws, alice, mallory, penguins):
    split = alice.post(f"{penguins}/versions/1/splits/", {})[1]
    work(aws)
    assert mallory.get("/datasets/")[1] == {"items": [], "next_cursor": None}
    place = f"{penguins}/versions/1"
    for path in ("/", "/diff/?old=1&new=1", "/versions/", "/versions/1/", "/versions/1/splits/"):
        assert mallory.get(f"{penguins}{path}")[0] == 404, path
    assert mallory.get(f"{place}/splits/{split['id']}/")[0] == 404
    for path, body in (("archive", None), ("restore", None), ("splits", {}), ("channels", {"label": "species"})):
        assert mallory.post(f"{place}/{path}/", body)[0] == 404, path
    for path in (f"{penguins}/", f"{place}/", f"{place}/splits/{split['id']}/", f"{penguins}/?force=true"):
        assert mallory.delete(path)[0] == 404, path
    assert alice.get(f"{place}/")[1]["state"] == "Ready"
