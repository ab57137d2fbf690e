"""Export jobs: a real PDF in S3, made by the runner."""

import json
import re
import shutil
import subprocess
import time

import pytest
from botocore.exceptions import ClientError

from engine.models import Work
from tests.areas.model_cards.content import CONTENT


@pytest.fixture
def cards(aws):
    client = aws.client("sagemaker")
    client.create_model_card(ModelCardName="churn", Content=json.dumps(CONTENT), ModelCardStatus="Approved")
    return client


def export(cards, aws, name="first", **more) -> str:
    return cards.create_model_card_export_job(
        ModelCardName="churn", ModelCardExportJobName=name,
        OutputConfig={"S3OutputPath": f"s3://{aws.bucket}/cards"}, **more,
    )["ModelCardExportJobArn"]  # fmt: skip


def ended(cards, arn: str) -> dict:
    deadline = time.monotonic() + 60
    while True:
        job = cards.describe_model_card_export_job(ModelCardExportJobArn=arn)
        if job["Status"] != "InProgress":
            return job
        assert time.monotonic() < deadline, "the export did not end"
        time.sleep(0.1)


def body_of(aws, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def text_of(pdf: bytes) -> str:
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) reads the PDF")
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return re.sub(r"[ \t]+", " ", done.stdout.decode())


def test_an_export_ends_as_a_pdf_of_the_version_asked_for(aws, cards, runner):
    newer = {"business_details": {"business_problem": "Другая задача 問題"}}
    cards.update_model_card(ModelCardName="churn", Content=json.dumps(newer))
    arn = export(cards, aws, ModelCardVersion=1)
    assert arn == f"arn:aws:sagemaker:us-east-1:{aws.number}:model-card/churn/export-job/first"
    job = ended(cards, arn)
    assert (job["Status"], job["ModelCardVersion"], job["ModelCardName"]) == ("Completed", 1, "churn"), job
    uri = job["ExportArtifacts"]["S3ExportArtifacts"]
    assert uri == f"s3://{aws.bucket}/cards/churn/1/first/churn.pdf"
    pdf = body_of(aws, uri)
    assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
    latest = ended(cards, export(cards, aws, "second"))
    text, other = text_of(pdf), text_of(body_of(aws, latest["ExportArtifacts"]["S3ExportArtifacts"]))
    for words in ("Growth analytics", "Risk rating Medium", "validation:auc 0.9123", "eta 0.1", "True positive rate",
                  "40,012", "Retrain when the tariffs change.", "Page 1 of", "churn · version 1 · Approved"):  # fmt: skip
        assert words in text
    assert "Growth analytics" not in other
    assert "Другая задача 問題" in other and "version 2" in other


def test_export_jobs_of_a_card_are_listed_filtered_and_paged(aws, cards, no_runner):
    for name in ("alpha", "beta", "gamma"):
        export(cards, aws, name)
    names = lambda **asked: [  # noqa: E731
        one["ModelCardExportJobName"]
        for one in cards.list_model_card_export_jobs(ModelCardName="churn", **asked)["ModelCardExportJobSummaries"]
    ]
    assert names() == ["gamma", "beta", "alpha"]
    assert names(SortBy="Name", SortOrder="Ascending") == ["alpha", "beta", "gamma"]
    assert names(ModelCardExportJobNameContains="et") == ["beta"]
    assert names(ModelCardVersion=1) == names(StatusEquals="InProgress") == names()
    assert names(ModelCardVersion=2) == names(StatusEquals="Failed") == []
    first = cards.list_model_card_export_jobs(ModelCardName="churn", MaxResults=2)
    rest = cards.list_model_card_export_jobs(ModelCardName="churn", MaxResults=2, NextToken=first["NextToken"])
    assert len(first["ModelCardExportJobSummaries"]) == 2 and len(rest["ModelCardExportJobSummaries"]) == 1
    with pytest.raises(ClientError, match="ConflictException"):  # while they run
        cards.delete_model_card(ModelCardName="churn")
    Work.objects.filter(record__connection=aws.connection).delete()


def test_what_is_refused(aws, cards, no_runner):
    arn = export(cards, aws)
    with pytest.raises(ClientError, match="ConflictException"):
        export(cards, aws)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        export(cards, aws, "other", ModelCardVersion=7)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        cards.describe_model_card_export_job(ModelCardExportJobArn=f"{arn}x")
    for path in ("s3://nobody-has-this-bucket/x", "https://example.com/x"):
        with pytest.raises(ClientError, match=r"ValidationException.*OutputConfig\.S3OutputPath"):
            cards.create_model_card_export_job(
                ModelCardName="churn", ModelCardExportJobName="other", OutputConfig={"S3OutputPath": path}
            )
    Work.objects.filter(record__connection=aws.connection).delete()


def test_an_export_whose_bucket_went_fails_and_says_why(aws, cards, runner):
    runner.stop()
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=f"gone-{aws.number}")
    arn = cards.create_model_card_export_job(
        ModelCardName="churn", ModelCardExportJobName="lost", OutputConfig={"S3OutputPath": f"s3://gone-{aws.number}"}
    )["ModelCardExportJobArn"]
    s3.delete_bucket(Bucket=f"gone-{aws.number}")
    runner.start()
    job = ended(cards, arn)
    assert job["Status"] == "Failed" and "can't be written" in job["FailureReason"]
    cards.delete_model_card(ModelCardName="churn")
