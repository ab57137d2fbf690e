"""Access keys that people make for themselves: good for what their roles allow, revoked within two seconds, use noted."""

import re
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from django.contrib.auth import get_user_model
from django.utils import timezone

from catalog.models import AccessKey, AuditEntry
from engine.wire import keys as wire_keys
from studio.people import keys
from studio.people.power import Refused

MODEL = {
    "ModelName": "m",
    "PrimaryContainer": {"Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"},
}


def client(aws, page: str, service="sagemaker"):
    """A boto3 client from the exports that a page shows."""
    found = dict(re.findall(r"export (\w+)=([^\s<]+)", re.sub(r"<[^>]+>", "", page)))
    assert found["AWS_ENDPOINT_URL"] == aws.engine.url
    return boto3.client(
        service, region_name=found["AWS_REGION"], endpoint_url=found["AWS_ENDPOINT_URL"],
        aws_access_key_id=found["AWS_ACCESS_KEY_ID"], aws_secret_access_key=found["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"max_attempts": 1}),
    )  # fmt: skip


def make(person, **form) -> str:
    answer = person.browser.post(
        "/settings/keys/", {"account": person.aws.number, "label": "laptop", "days": "90", **form}
    )
    assert answer["Cache-Control"] == "no-store"
    return answer.content.decode()


def test_a_key_from_the_page_does_what_its_owner_may(aws, cast):
    sagemaker = client(aws, make(cast.alice))
    sagemaker.create_model(**MODEL, ExecutionRoleArn=aws.role)
    viewer = client(aws, make(cast.vera))
    assert [one["ModelName"] for one in viewer.list_models()["Models"]] == ["m"]
    with pytest.raises(ClientError, match="delete_model"):
        viewer.delete_model(ModelName="m")
    made = AuditEntry.objects.filter(action="CreateModel", connection=aws.connection.name).get()
    assert (made.user, made.via) == (cast.alice.name, "wire")


def test_the_secret_is_shown_once_and_never_written_down(aws, cast):
    page = make(cast.alice)
    key = keys.keys_of(cast.alice.user).get(label="laptop")
    assert key.secret in re.sub(r"<[^>]+>", "", page)
    again = cast.alice.browser.get("/settings/keys/").content.decode()
    assert key.key_id in again and key.secret not in again
    entry = AuditEntry.objects.get(action="CreateAccessKey", target=f"AccessKey {key.key_id}")
    assert entry.user == cast.alice.name and key.secret not in entry.after


def test_a_revoked_key_is_refused_within_two_seconds(aws, cast):
    sagemaker = client(aws, make(cast.alice))
    sagemaker.list_models()
    key = keys.keys_of(cast.alice.user).get(label="laptop")
    assert cast.alice.browser.post(f"/settings/keys/{key.key_id}/revoke/").status_code == 302
    began = time.monotonic()
    while time.monotonic() - began < 4:
        try:
            sagemaker.list_models()
        except ClientError as error:
            assert error.response["Error"]["Code"] == "UnrecognizedClientException"
            break
        time.sleep(0.1)
    assert time.monotonic() - began < 2
    assert AuditEntry.objects.filter(action="RevokeAccessKey", target=f"AccessKey {key.key_id}").exists()


def test_nobody_revokes_anothers_key_but_an_administrator(aws, cast):
    key = cast.alice.key
    assert cast.dan.browser.post(f"/settings/keys/{key.key_id}/revoke/").status_code == 404
    assert cast.ada.browser.post("/settings/keys/everybody/revoke/", {"key": key.key_id}).status_code == 403
    with pytest.raises(Refused):
        keys.revoke_key(key, by=cast.dan.user)
    get_user_model().objects.filter(pk=cast.remi.user.pk).update(is_superuser=True)
    assert key.key_id in cast.remi.browser.get(f"/settings/keys/everybody/?q={cast.alice.name}").content.decode()
    cast.remi.browser.post("/settings/keys/everybody/revoke/", {"key": key.key_id})
    key.refresh_from_db()
    assert not key.active


def test_a_key_is_made_only_where_its_owner_has_a_role(aws, cast):
    for person, account in ((cast.charlie, aws.number), (cast.alice, "123456789000"), (cast.alice, "")):
        answer = person.browser.post("/settings/keys/", {"account": account, "label": "x", "days": ""})
        assert answer.status_code == 422
        assert "You have no role in an embedded account" in answer.content.decode()
    assert cast.alice.browser.post("/settings/keys/", {"account": aws.number, "label": " "}).status_code == 422


def test_use_is_noted_at_most_once_a_minute(aws, cast):
    sagemaker = client(aws, make(cast.alice))
    key = keys.keys_of(cast.alice.user).get(label="laptop")
    assert key.last_used is None
    sagemaker.list_models()
    deadline = time.monotonic() + 5
    while key.last_used is None and time.monotonic() < deadline:
        time.sleep(0.05)
        key.refresh_from_db()
    first = key.last_used
    assert first is not None
    for _ in range(3):
        sagemaker.list_models()
    time.sleep(0.3)
    key.refresh_from_db()
    assert key.last_used == first
    assert not wire_keys.is_use_due(key.key_id)


def test_a_wrong_signature_is_no_use(aws, cast):
    wrong = boto3.client(
        "sagemaker", region_name="us-east-1", endpoint_url=aws.engine.url, aws_access_key_id=cast.alice.key.key_id,
        aws_secret_access_key="not the secret", config=Config(retries={"max_attempts": 1}),
    )  # fmt: skip
    with pytest.raises(ClientError):
        wrong.list_models()
    time.sleep(0.3)
    assert AccessKey.objects.get(key_id=cast.alice.key.key_id).last_used is None


def test_an_expired_key_is_refused(aws, cast):
    sagemaker = client(aws, make(cast.alice))
    AccessKey.objects.filter(user=cast.alice.name, label="laptop").update(expires=timezone.now())
    with pytest.raises(ClientError):
        sagemaker.list_models()


def test_a_deactivated_account_s_keys_open_nothing(aws, cast):
    sagemaker = cast.alice.client("sagemaker")
    sagemaker.list_models()
    get_user_model().objects.filter(pk=cast.alice.user.pk).update(is_active=False)
    with pytest.raises(ClientError, match="not authorized"):
        sagemaker.list_models()
