"""The SageMaker SDK's session against the engine."""

import boto3
import pytest
from botocore.client import BaseClient

pytestmark = pytest.mark.slow  # the SDK takes seconds to import


def test_a_session_with_a_bucket_of_its_own_asks_sts_nothing(aws, monkeypatch):
    from sagemaker.core.helper.session_helper import Session

    for name, value in {
        "AWS_ENDPOINT_URL": aws.engine.url, "AWS_ACCESS_KEY_ID": aws.key.key_id, "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": aws.key.secret,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    calls, really = [], BaseClient._make_api_call

    def note(client, operation, request):
        calls.append(f"{client.meta.service_model.service_name}.{operation}")
        return really(client, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", note)
    session = Session(boto3.Session(), default_bucket=aws.bucket)
    assert session.default_bucket() == aws.bucket
    assert session.upload_string_as_file_body("1,2\n", aws.bucket, "data.csv") == f"s3://{aws.bucket}/data.csv"
    assert aws.client("s3").get_object(Bucket=aws.bucket, Key="data.csv")["Body"].read() == b"1,2\n"
    assert not [call for call in calls if call.startswith("sts.")]
