"""The wire obeys roles: what each of the cast may do with their own key, and what the audit log says of it."""

import orjson
import pytest
from botocore.exceptions import ClientError

from catalog.models import AuditEntry, Grant

MODEL = {
    "ModelName": "m",
    "PrimaryContainer": {"Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"},
}


def refused(function, **request) -> dict:
    with pytest.raises(ClientError) as error:
        function(**request)
    return error.value.response["Error"]


def test_an_outsider_is_refused_everywhere(aws, cast):
    sagemaker, s3 = cast.charlie.client("sagemaker"), cast.charlie.client("s3")
    error = refused(sagemaker.list_training_jobs)
    assert error["Code"] == "AccessDeniedException"
    assert (
        f"no role of {cast.charlie.name} on connection {aws.connection.name} allows view_training_job"
        in error["Message"]
    )
    assert refused(sagemaker.create_model, **MODEL, ExecutionRoleArn=aws.role)["Code"] == "AccessDeniedException"
    assert refused(sagemaker.search, Resource="TrainingJob")["Code"] == "AccessDeniedException"
    assert refused(s3.list_objects_v2, Bucket=aws.bucket)["Code"] == "AccessDenied"
    assert refused(s3.put_object, Bucket=aws.bucket, Key="x", Body=b"")["Code"] == "AccessDenied"
    assert refused(s3.list_buckets)["Code"] == "AccessDenied"
    runtime = cast.charlie.client("sagemaker-runtime")
    assert refused(runtime.invoke_endpoint, EndpointName="e", Body=b"")["Code"] == "AccessDeniedException"
    assert cast.charlie.client("sts").get_caller_identity()["Account"] == aws.number


def test_a_viewer_sees_and_changes_nothing(aws, cast):
    vera = cast.vera.client("sagemaker")
    assert vera.list_models()["Models"] == []
    assert "create_model" in refused(vera.create_model, **MODEL, ExecutionRoleArn=aws.role)["Message"]
    aws.client("sagemaker").create_model(**MODEL, ExecutionRoleArn=aws.role)
    assert "delete_model" in refused(vera.delete_model, ModelName="m")["Message"]
    arn = vera.describe_model(ModelName="m")["ModelArn"]
    assert "update_model" in refused(vera.add_tags, ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])["Message"]
    assert [one["ModelName"] for one in vera.list_models()["Models"]] == ["m"]


def test_a_role_that_is_taken_away_is_gone_with_the_next_call(aws, cast):
    alice = cast.alice.client("sagemaker")
    alice.create_model(**MODEL, ExecutionRoleArn=aws.role)
    Grant.objects.filter(user=cast.alice.user).delete()
    assert refused(alice.delete_model, ModelName="m")["Code"] == "AccessDeniedException"


def test_patterns_of_names_and_tags_limit_lists_and_calls(aws, cast):
    from catalog.models import Role

    cast.alice.grant.delete()
    role = Role.objects.create(
        name=f"churn-{aws.number}",
        rules=[{"verbs": ["*"], "nouns": ["Model"], "names": ["churn-*"]},
               {"verbs": ["view"], "nouns": ["Model"], "tags": {"team": "nlp"}}],
    )  # fmt: skip
    Grant.objects.create(role=role, user=cast.alice.user, connection_id=aws.connection.id)
    root, alice = aws.client("sagemaker"), cast.alice.client("sagemaker")
    for name, tags in (
        ("churn-1", []),
        ("fraud-1", []),
        ("fraud-2", [{"Key": "team", "Value": "nlp"}]),
        ("Churn-2", []),
    ):
        root.create_model(**(MODEL | {"ModelName": name}), ExecutionRoleArn=aws.role, Tags=tags)
    assert {one["ModelName"] for one in alice.list_models()["Models"]} == {"churn-1", "fraud-2"}
    alice.describe_model(ModelName="fraud-2")
    assert refused(alice.describe_model, ModelName="fraud-1")["Code"] == "AccessDeniedException"
    assert refused(alice.delete_model, ModelName="fraud-2")["Code"] == "AccessDeniedException"
    assert refused(alice.create_model, **MODEL, ExecutionRoleArn=aws.role)["Code"] == "AccessDeniedException"
    alice.create_model(**(MODEL | {"ModelName": "churn-3"}), ExecutionRoleArn=aws.role)


def test_the_audit_log_tells_who_changed_what(aws, cast):
    from catalog.audit import verify

    cast.alice.client("sagemaker").create_model(**MODEL, ExecutionRoleArn=aws.role)
    refused(cast.vera.client("sagemaker").delete_model, ModelName="m")
    cast.alice.client("sagemaker").delete_model(ModelName="m")
    entries = list(AuditEntry.objects.filter(connection=aws.connection.name))
    told = [(entry.user, entry.via, entry.action, entry.outcome) for entry in entries]
    assert told == [
        (cast.alice.name, "wire", "CreateModel", "Done"),
        (cast.vera.name, "wire", "DeleteModel", "Refused"),
        (cast.alice.name, "wire", "DeleteModel", "Done"),
    ]
    assert entries[0].source == "127.0.0.1"
    assert orjson.loads(entries[0].after)["ModelName"] == "m"
    assert "delete_model" in orjson.loads(entries[1].detail)["reason"]
    assert orjson.loads(entries[2].before)["ModelName"] == "m"
    assert list(verify()) == []
