"""Registering from a job, from another version, and from an archive that is tried out before it becomes a version."""

import io
import json
import tarfile

import pytest

from areas.model_registry import archive, runs
from areas.model_registry.errors import RegistryError
from areas.model_registry.models import Upload
from catalog.models import MetricSeries, Record
from jobs import submission
from jobs.models import Run
from tests.areas.endpoints.stage import image, xgboost_archive

SAMPLE = "1,2,3,4"


@pytest.fixture
def job(registry) -> Record:
    """A training job that has completed, as the catalog has it."""
    connection = registry.aws.connection
    from django.utils import timezone

    now = timezone.now()
    document = {
        "TrainingJobName": "trained", "TrainingJobStatus": "Completed", "RoleArn": registry.role,
        "AlgorithmSpecification": {"TrainingImage": image()}, "ModelArtifacts": {"S3ModelArtifacts": registry.url},
        "HyperParameters": {"eta": "0.1"},
        "FinalMetricDataList": [{"MetricName": "validation:auc", "Value": 0.97, "Timestamp": now.timestamp()}],
    }  # fmt: skip
    return Record.objects.create(
        connection=connection, kind="TrainingJob", name="trained", arn=registry.arn("training-job/trained"),
        status="Completed", created=now, modified=now, document=document,
    )  # fmt: skip


def put(client, registry, body: bytes, **query):
    given = {"group": "uploaded", "image": image(), "sample": SAMPLE, "filename": "model.tar.gz", **query}
    return client.put(
        "/api/v1/model-registry/register/upload/", body, content_type="application/gzip", query_params=given
    )


def packed(*members: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as made:
        for member in members:
            made.addfile(member, io.BytesIO(b"x" * member.size) if member.isfile() else None)
    return stream.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, link, 1 if kind == tarfile.REGTYPE else 0
    return made


def test_from_a_job_on_the_page(registry, job, cast):
    alice = cast.alice.browser
    page = alice.get("/model-registry/register/?job=trained").content.decode()
    assert registry.url in page and "validation:auc" in page and "CreateModelPackage" not in page[:200]
    response = alice.post("/model-registry/register/?job=trained", {"group": "fresh", "commit": "8be01d4"})
    assert response["Location"].startswith("/model-packages/fresh/1/")
    made = registry.read("fresh/1")
    assert made["MetadataProperties"] == {"GeneratedBy": job.arn, "CommitId": "8be01d4"}
    uri = made["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    report = json.loads(registry.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    assert report == {"validation:auc": {"value": 0.97}}
    series = MetricSeries.objects.filter(record__connection=registry.aws.connection, record__name="fresh/1")
    assert list(series.values_list("name", "last")) == [("validation:auc", 0.97)]
    page = cast.vera.browser.get("/model-packages/fresh/1/").content.decode()
    assert "/training-jobs/trained/" in page and "8be01d4" in page and "eta" in page


def test_from_a_job_by_rest(registry, job, cast):
    body = {"job": "trained", "group": "fresh"}

    def post(person):
        return person.rest.post(
            "/api/v1/model-registry/register/job/", json.dumps(body), content_type="application/json"
        )

    assert post(cast.alice).status_code == 404  # the group isn't there, and nobody asked for it
    body["make_group"] = True
    assert post(cast.alice).json() == {"name": "fresh/1"}
    assert [post(person).status_code for person in (cast.vera, cast.rosa, cast.charlie)] == [403, 403, 404]
    job.status = "Failed"
    job.save()
    answer = post(cast.alice)
    assert (answer.status_code, "has left no model" in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize(("bad", "words"), [
    (b"nothing", "is no gzipped tar"),
    (packed(), "holds no files"),
    (packed(member("../evil")), "leads out of the archive"),
    (packed(member("/etc/evil")), "leads out of the archive"),
    (packed(member("link", tarfile.SYMTYPE, "/etc/passwd")), "is a link or a device"),
    (packed(member("hard", tarfile.LNKTYPE, "x")), "is a link or a device"),
    (packed(member("pipe", tarfile.FIFOTYPE)), "is a link or a device"),
    (packed(member("model"))[:-20], "is no gzipped tar"),
], ids=("text", "empty", "dots", "root", "symlink", "hardlink", "pipe", "cut"))  # fmt: skip
def test_bad_archives_are_refused(tmp_path, bad, words):
    path = tmp_path / "model.tar.gz"
    path.write_bytes(bad)
    with pytest.raises(RegistryError, match=words):
        archive.check_archive(path, "model.tar.gz")


def test_an_upload_says_what_is_missing(registry, cast):
    good = xgboost_archive()
    for query, words in (
        ({"sample": " "}, "sample line"), ({"image": "nobody/nothing:1"}, "serves nothing here"),
        ({"content_type": "text csv\n"}, "not a content type"),
    ):  # fmt: skip
        answer = put(cast.alice.rest, registry, good, **query)
        assert (answer.status_code, words in answer.json()["detail"]) == (400, True), answer.json()
    assert put(cast.alice.rest, registry, b"junk").status_code == 400
    assert put(cast.rosa.rest, registry, good).status_code == 403
    assert not Upload.objects.filter(connection=registry.aws.connection).exists()


def test_an_upload_is_tried_out_and_registered(registry, cast, runner):
    answer = put(cast.alice.rest, registry, xgboost_archive())
    assert answer.status_code == 202, answer.json()
    run = answer.json()["run"]
    page = cast.alice.browser.get(f"/model-registry/registrations/{run}/").content.decode()
    assert "Load it in its container" in page
    submission.submit(run)
    told = cast.alice.rest.get(f"/api/v1/model-registry/register/upload/{run}/").json()
    assert (told["state"], told["name"], told["error"]) == ("Completed", "uploaded/1", ""), told
    assert told["measured"].startswith("1 of 1") and told["answer"]
    made = registry.read("uploaded/1")
    assert made["SamplePayloadUrl"].endswith("/sample") and made["ModelApprovalStatus"] == "PendingManualApproval"
    registry.until(lambda: not registry.sagemaker.list_endpoints()["Endpoints"])
    assert cast.alice.browser.get(f"/model-registry/registrations/{run}/")["Location"] == "/model-packages/uploaded/1/"


def test_a_model_that_does_not_predict_is_not_registered(registry, cast, runner):
    answer = put(cast.alice.rest, registry, packed(member("xgboost-model")))
    run = answer.json()["run"]
    submission.submit(run)
    told = cast.alice.rest.get(f"/api/v1/model-registry/register/upload/{run}/").json()
    assert told["state"] == "Failed" and "was not registered" in told["error"], told
    assert not Record.objects.filter(connection=registry.aws.connection, kind="ModelPackage").exists()
    page = cast.alice.browser.get(f"/model-registry/registrations/{run}/").content.decode()
    assert "Upload another" in page
    assert registry.sagemaker.list_models()["Models"] == []


def test_a_worker_that_was_killed_leaves_nothing(registry, cast):
    """What the run before it made is taken down before the model is tried again."""
    connection = registry.aws.connection
    registry.sagemaker.create_model(
        ModelName="atelier-smoke-left", ExecutionRoleArn=registry.role,
        PrimaryContainer={"Image": image(), "ModelDataUrl": registry.url},
    )  # fmt: skip
    upload = Upload.objects.create(
        connection=connection, group="g", filename="m", uri="s3://nowhere/m", size=1, sha256="", image="no/such:1",
        content_type="text/csv", sample="1", scratch={"name": "atelier-smoke-left"}, user="x",
    )  # fmt: skip
    with pytest.raises(submission.StepFailed, match="was not registered"):
        runs.try_out(connection, {"upload": upload.id})
    assert registry.sagemaker.list_models()["Models"] == []
    assert Run.objects.filter(connection=connection).count() == 0
