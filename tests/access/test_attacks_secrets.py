"""Secrets in what many may read, and keys and names that outlive their owners."""

import orjson
import pytest

from catalog.models import AccessKey, AuditEntry, Event, Record
from tests.access.test_attacks_s3 import IMAGE, training

SECRET = "hunter2-of-the-warehouse"


def test_environment_variables_are_not_in_the_audit_log(aws, cast):
    aws.client("s3").put_object(Bucket=aws.bucket, Key="m", Body=b"x")
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{aws.bucket}/m", "Environment": {"PASSWORD": SECRET}}
    sagemaker = cast.alice.client("sagemaker")
    sagemaker.create_model(ModelName="m", PrimaryContainer=container, ExecutionRoleArn=aws.role)
    sagemaker.delete_model(ModelName="m")
    entries = AuditEntry.objects.filter(connection=aws.connection.name)
    assert entries.count() == 2
    for entry in entries:
        assert SECRET not in f"{entry.before}{entry.after}{entry.detail}"
    assert orjson.loads(entries.get(action="CreateModel").after)["PrimaryContainer"]["Environment"] == {
        "PASSWORD": "***"
    }


def test_environment_variables_are_not_in_events_that_webhooks_send_away(aws, cast):
    aws.client("s3").put_object(Bucket=aws.bucket, Key="mine/a.csv", Body=b"1,2\n")
    cast.alice.client("sagemaker").create_training_job(**training(aws, Environment={"PASSWORD": SECRET}))
    event = Event.objects.get(connection_id=aws.connection.id, detail_type="SageMaker Training Job State Change")
    assert event.detail["Environment"] == {"PASSWORD": "***"}
    job = Record.objects.get(connection_id=aws.connection.id, kind="TrainingJob")
    assert job.document["Environment"] == {"PASSWORD": SECRET}


@pytest.mark.django_db
class TestNames:
    """User names join keys, things and votes: one that was somebody's is nobody else's."""

    def test_the_name_of_a_deleted_user_is_not_given_again(self, django_user_model):
        from studio.people.power import Refused
        from studio.people.users import create_user, delete_user

        delete_user(create_user("bob-of-old", by=None), by=None)
        for name in ("bob-of-old", "Bob-Of-Old"):
            with pytest.raises(Refused, match="was deleted"):
                create_user(name, by=None)

    def test_nor_by_single_sign_on(self, settings):
        from studio.people import oidc
        from studio.people.users import create_user, delete_user

        settings.OIDC_ISSUER = "https://idp.example.org"
        delete_user(create_user("bob-of-older", by=None), by=None)
        user = oidc.user_of({"sub": "1", "preferred_username": "bob-of-older"})
        assert user.username == "bob-of-older-2"


def test_a_key_with_the_name_of_a_deactivated_or_deleted_user_opens_nothing(aws, cast):
    from botocore.exceptions import ClientError

    from studio.people.users import deactivate

    client = cast.alice.client("sagemaker")
    client.list_models()
    deactivate(cast.alice.user, by=None)
    with pytest.raises(ClientError, match="AccessDenied"):
        client.list_models()
    assert AccessKey.objects.filter(user=cast.alice.name, active=True).exists()  # it is the person who rests
