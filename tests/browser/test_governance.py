"""A version's way into production as its people walk it, in the browser, by REST and by boto3; and what the log says of it."""

import json
import re
import subprocess
import sys
import threading
import time

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from playwright.sync_api import expect

from tests.areas.endpoints.stage import image, script_archive
from tests.browser.conftest import picture
from tests.system.stage import ROOT, is_on_postgresql

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WAIT = 90_000  # ms: a loaded machine
RECORD = "0.9,0.1,0.2,0.3"
GOOD = "def model_fn(d): return 1\ndef predict_fn(data, model): return data[:, :1] * {factor}\n"
BAD = "def model_fn(d): return 1\ndef predict_fn(data, model): raise RuntimeError('this version is bad')\n"
PEOPLE = {"alice": "Data scientist", "rosa": "Reviewer", "remi": "Reviewer", "charlie": ""}
PASSWORD = "a-long-enough-phrase-7"


class Person:
    """Somebody whom the administrator let in: a browser, a REST token and an access key, each made by the person."""

    def __init__(self, name: str, context, studio):
        self.name, self.context, self.studio = name, context, studio
        self.page = context.new_page()
        self.page.set_default_timeout(WAIT)

    def make_key_and_token(self) -> None:
        page = self.page
        page.goto("/settings/tokens/")
        page.locator("#token-name").fill("story")
        page.get_by_label("May change things, not only read").check()
        page.get_by_role("button", name="Make token").click()
        token = re.search(r"atl_[\w-]{20,}", page.locator("main").inner_text())[0]
        self.rest = httpx.Client(
            base_url=f"{self.studio.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60
        )
        if self.name == "charlie":  # nobody without a role gets a key
            page.goto("/settings/keys/")
            expect(page.get_by_role("button", name="Make key")).to_have_count(0)
            return
        page.goto("/settings/keys/")
        page.locator("#label").fill("story")
        page.get_by_role("button", name="Make key").click()
        text = page.locator("main").inner_text()
        self.key = re.search(r"AWS_ACCESS_KEY_ID=(\S+)", text)[1]
        self.secret = re.search(r"AWS_SECRET_ACCESS_KEY=(\S+)", text)[1]

    def client(self, service: str):
        return boto3.client(
            service, endpoint_url=self.studio.engine, region_name="us-east-1", aws_access_key_id=self.key,
            aws_secret_access_key=self.secret, config=Config(retries={"max_attempts": 1}),
        )  # fmt: skip


@pytest.fixture(scope="module")
def people(chromium, signed_in, studio):
    """Made by the administrator on the pages; each chooses a password, a token and a key."""
    admin = signed_in.new_page()
    found = {}
    for name, role in PEOPLE.items():
        admin.goto("/settings/users/create/")
        admin.get_by_label("User name").or_(admin.get_by_label("Username")).fill(name)
        if role:
            admin.get_by_label("Role", exact=True).select_option(label=role)
        admin.get_by_role("button", name="Create user").click()
        link = re.search(r"https?://\S+/\S+/", admin.locator("main").inner_text())[0]
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=studio.url)
        person = found[name] = Person(name, context, studio)
        person.page.goto(re.sub(r"^https?://[^/]+", studio.url, link))
        for field in person.page.locator("input[type=password]").all():
            field.fill(PASSWORD)
        person.page.locator("main button, form button").last.click()
        person.page.goto("/sign-in/")
        if person.page.locator("input[name=username]").count():
            person.page.locator("input[name=username]").fill(name)
            person.page.locator("input[name=password]").fill(PASSWORD)
            person.page.get_by_role("button", name=re.compile("sign in", re.I)).click()
            person.page.wait_for_url(lambda url: "sign-in" not in url)
        person.make_key_and_token()
    admin.close()
    yield found
    for person in found.values():
        person.context.close()


def register(alice: Person, studio, script: str) -> str:
    """Alice registers a version by boto3; its ARN."""
    bucket, key = "sagemaker-us-east-1-123456789012", f"story/{time.time_ns()}.tar.gz"
    s3 = alice.client("s3")
    s3.put_object(Bucket=bucket, Key=key, Body=script_archive(script))
    container = {"Image": image("sagemaker-scikit-learn"), "ModelDataUrl": f"s3://{bucket}/{key}",
                 "Environment": {"SAGEMAKER_PROGRAM": "inference.py"}}  # fmt: skip
    return alice.client("sagemaker").create_model_package(
        ModelPackageGroupName="churn",
        InferenceSpecification={"Containers": [container], "SupportedContentTypes": ["text/csv"],
                                "SupportedResponseMIMETypes": ["text/csv"]},
    )["ModelPackageArn"]  # fmt: skip


def request_of(person: Person, arn: str) -> dict:
    items = person.rest.get("/approvals/").json()["items"]
    return next(one for one in items if one["arn"] == arn)


def approve(people, arn: str) -> dict:
    """Rosa approves in the browser, Remi by REST: the request as it ends."""
    number = request_of(people["remi"], arn)["id"]
    page = people["rosa"].page
    page.goto(f"/approvals/{number}/")
    page.locator("#comment").fill("The numbers hold.")
    page.get_by_role("button", name=re.compile("^Approve version")).click()
    expect(page.locator("main")).to_contain_text("1 of 2")
    picture(page, "approval-one-of-two")
    body = {"choice": "approve", "comment": "Agreed."}
    answer = people["remi"].rest.post(f"/approvals/{number}/vote/", json=body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["decision"]) == ("Approved", "Approved")
    return answer.json()


def refused(function, **request) -> str:
    with pytest.raises(ClientError) as error:
        function(**request)
    assert error.value.response["Error"]["Code"].startswith("AccessDenied")
    return error.value.response["Error"]["Message"]


class Load:
    """Steady requests to the endpoint: what was answered, and how often it failed."""

    def __init__(self, runtime):
        self.runtime, self.answers, self.failed, self.done = runtime, [], 0, False

    def __enter__(self):
        self.threads = [threading.Thread(target=self._go, daemon=True) for _ in range(2)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done = True
        for thread in self.threads:
            thread.join(10)

    def _go(self):
        while not self.done:
            try:
                answer = self.runtime.invoke_endpoint(EndpointName="churn-live", ContentType="text/csv", Body=RECORD)
                self.answers.append(json.loads(answer["Body"].read())[0][0])
            except ClientError:
                self.failed += 1
            time.sleep(0.1)


def rolled_out(person: Person, number: int) -> dict:
    deadline = time.monotonic() + 150
    while True:
        found = person.rest.get(f"/approvals/{number}/").json()["rollouts"]
        if found and found[-1]["state"] not in ("Waiting", "Queued", "Running", "Starting"):
            return found[-1]
        assert time.monotonic() < deadline, found
        time.sleep(0.5)


def test_the_story(people, signed_in, studio):
    alice, rosa, charlie = people["alice"], people["rosa"], people["charlie"]
    policy = {"name": "two eyes", "groups": "churn", "approvals": 2, "roles": ["Reviewer"],
              "on_approval": {"endpoint": "churn-live", "instance_type": "ml.m5.large", "count": 1,
                              "canary_percent": 50, "wait_seconds": 10, "max_error_rate": 0.1}}  # fmt: skip
    studio.rest("POST", "/approvals/policies/", policy)
    alice.client("sagemaker").create_model_package_group(ModelPackageGroupName="churn")
    first = register(alice, studio, GOOD.format(factor=1))
    number = request_of(alice, first)["id"]

    # The author can't approve it, by any way.
    words = refused(
        alice.client("sagemaker").update_model_package, ModelPackageArn=first, ModelApprovalStatus="Approved"
    )
    assert "approve_model_package" in words
    assert alice.rest.post(f"/approvals/{number}/vote/", json={"choice": "approve"}).status_code == 403
    alice.page.goto(f"/approvals/{number}/")
    expect(alice.page.get_by_role("button", name=re.compile("^Approve version"))).to_have_count(0)
    # A reviewer alone can't go around the desk.
    words = refused(
        rosa.client("sagemaker").update_model_package, ModelPackageArn=first, ModelApprovalStatus="Approved"
    )
    assert "two eyes" in words
    # An outsider is refused everywhere.
    for path in ("/approvals/", f"/approvals/{number}/", "/model-packages/", "/training-jobs/", "/audit/"):
        assert charlie.rest.get(path).status_code in (403, 404, 409), path
    for path in (f"/approvals/{number}/", "/model-packages/", "/audit/"):
        assert charlie.page.goto(path).status in (403, 404), path
    picture(charlie.page, "outsider")

    done = approve(people, first)
    assert rolled_out(rosa, done["id"])["state"] == "Done"
    runtime = alice.client("sagemaker-runtime")
    with Load(runtime) as load:
        second = register(alice, studio, GOOD.format(factor=2))
        done = approve(people, second)
        assert rolled_out(rosa, done["id"])["state"] == "Done"
        time.sleep(1)
    assert load.failed == 0
    assert (load.answers[0], load.answers[-1]) == (pytest.approx(0.9), pytest.approx(1.8))

    with Load(runtime) as load:
        third = register(alice, studio, BAD)
        done = approve(people, third)
        back = rolled_out(rosa, done["id"])
    assert back["state"] == "RolledBack"
    assert "errors" in back["reason"]
    after = runtime.invoke_endpoint(EndpointName="churn-live", ContentType="text/csv", Body=RECORD)
    assert json.loads(after["Body"].read())[0][0] == pytest.approx(1.8)
    rosa.page.goto(f"/approvals/{done['id']}/")
    picture(rosa.page, "approval-rolled-back")


def test_the_log_reads_as_that_story(people, signed_in, studio):
    page = signed_in.new_page()
    page.set_default_timeout(WAIT)
    page.goto("/audit/?text=churn")
    page.get_by_role("link", name="Story").or_(page.get_by_role("radio", name="Story")).first.click()
    page.wait_for_timeout(500)
    told = page.locator("main").inner_text()
    picture(page, "audit-story")
    for words in (
        "admin created approval policy two eyes",
        "alice registered version 1 of churn",
        "alice was not allowed to change version 1 of churn",
        "rosa was not allowed to change version 1 of churn",
        "rosa voted to approve version 1 of churn: The numbers hold.",
        "remi approved version 1 of churn",
        "alice registered version 3 of churn",
    ):
        assert words in told, f"{words!r} is not in the story:\n{told}"
    page.close()

    command = [sys.executable, "manage.py", "audit_verify"]
    whole = subprocess.run(command, cwd=ROOT, env=studio.environment, capture_output=True, text=True)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    number = alter_an_entry(studio)
    spoiled = subprocess.run(command, cwd=ROOT, env=studio.environment, capture_output=True, text=True)
    assert spoiled.returncode == 1
    assert f"entry {number} " in (spoiled.stdout + spoiled.stderr).lower()


def alter_an_entry(studio) -> int:
    """As somebody with the database's password would: make another the one who voted."""
    find = "SELECT number FROM catalog_auditentry WHERE action = 'VoteApprovalRequest' ORDER BY number LIMIT 1"
    change = "UPDATE catalog_auditentry SET \"user\" = 'mallory' WHERE number = "
    if is_on_postgresql():
        import psycopg

        with psycopg.connect(studio.database.url, autocommit=True) as connection:
            number = connection.execute(find).fetchone()[0]
            connection.execute(f"{change}{number}")
        return number
    import sqlite3

    with sqlite3.connect(studio.home / "studio.sqlite3", timeout=30) as connection:
        number = connection.execute(find).fetchone()[0]
        connection.execute(f"{change}{number}")
    return number
