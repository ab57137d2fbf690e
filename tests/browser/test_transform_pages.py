"""The pages of a transform job in Chromium: nothing overflows, axe has nothing to say, the form shows what is chosen."""

import time

import pytest
from playwright.sync_api import expect

from tests.areas.endpoints.stage import image, xgboost_archive
from tests.browser.conftest import look_at

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAME = "looked-at"


@pytest.fixture(scope="module")
def job(studio) -> str:
    sagemaker, s3 = studio.client("sagemaker"), studio.client("s3")
    bucket = "transform-pages"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=xgboost_archive())
    rows = "".join(f"0.{number},0.1,0.2,0.3\n" for number in range(120))
    for name in ("a.csv", "b.csv"):
        s3.put_object(Bucket=bucket, Key=f"in/{name}", Body=rows.encode())
    sagemaker.create_model(
        ModelName="transform-pages", ExecutionRoleArn=studio.keys["role_arn"],
        PrimaryContainer={"Image": image(), "ModelDataUrl": f"s3://{bucket}/model.tar.gz"},
    )  # fmt: skip
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/in/"}}
    sagemaker.create_transform_job(
        TransformJobName=NAME, ModelName="transform-pages",
        TransformInput={"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        TransformOutput={"S3OutputPath": f"s3://{bucket}/out", "Accept": "text/csv", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )  # fmt: skip
    deadline = time.monotonic() + 90
    while (found := sagemaker.describe_transform_job(TransformJobName=NAME))["TransformJobStatus"] == "InProgress":
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    assert found["TransformJobStatus"] == "Completed", found.get("FailureReason")
    return NAME


def test_the_pages_of_a_job(page, job):
    page.goto(f"/transform-jobs/{job}/records/")
    expect(page.locator("tbody tr")).to_have_count(50)
    expect(page.locator("td.tf-inferred")).to_have_count(50)
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("tbody tr").first.locator("td").first).to_have_text("51")
    look_at(page, "transform-records")
    for tab in ("", "logs/", "configuration/"):
        page.goto(f"/transform-jobs/{job}/{tab}")
        look_at(page, f"transform-{tab.strip('/') or 'overview'}")
    page.goto("/transform-jobs/")
    look_at(page, "transform-list")


def test_the_form_shows_the_fields_of_what_is_chosen(page, job):
    page.goto("/transform-jobs/create/?model=transform-pages")
    page.locator('label:has(input[name="source"][value="s3"])').click()
    expect(page.locator("#id_uri")).to_be_visible()
    expect(page.locator("#id_dataset")).to_be_hidden()
    page.locator("#id_uri").fill("s3://transform-pages/in/")
    expect(page.locator("#preview")).to_contain_text("s3://transform-pages/in/", timeout=20_000)
    look_at(page, "transform-create-files")
    page.locator('label:has(input[name="source"][value="dataset"])').click()
    expect(page.locator("#id_uri")).to_be_hidden()
    look_at(page, "transform-create")
