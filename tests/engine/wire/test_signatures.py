"""Only what is signed by a known key, in time and unchanged, is heard; each service refuses in AWS's own words."""

import secrets
from datetime import UTC, datetime, timedelta

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from catalog.models import AccessKey
from engine.wire import keys

LIST = "SageMaker.ListModels"
CALLS = {
    "sagemaker": lambda client: client.list_models(),
    "logs": lambda client: client.describe_log_groups(),
    "sts": lambda client: client.get_caller_identity(),
    "iam": lambda client: client.get_role(RoleName="AtelierExecutionRole"),
    "s3": lambda client: client.list_buckets(),
    "sagemaker-runtime": lambda client: client.invoke_endpoint(EndpointName="e", Body=b"1"),
}


def refusal(aws, service: str, key_id: str = "", secret: str = "", token: str | None = None) -> tuple[str, int]:
    client = boto3.client(
        service, region_name="us-east-1", endpoint_url=aws.engine.url, aws_access_key_id=key_id or aws.key.key_id,
        aws_secret_access_key=secret or aws.key.secret, aws_session_token=token, config=Config(retries={"max_attempts": 0}),
    )  # fmt: skip
    with pytest.raises(ClientError) as raised:
        CALLS[service](client)
    return raised.value.response["Error"]["Code"], raised.value.response["ResponseMetadata"]["HTTPStatusCode"]


def make_key(aws, **fields) -> AccessKey:
    fields = {"account": aws.number, "principal": aws.role, **fields}
    return AccessKey.objects.create(
        key_id=f"ASIA{secrets.token_hex(8).upper()}", secret=secrets.token_hex(20), **fields
    )


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("sagemaker", ("InvalidSignatureException", 400)),
        ("logs", ("InvalidSignatureException", 400)),
        ("sagemaker-runtime", ("InvalidSignatureException", 403)),
        ("sts", ("SignatureDoesNotMatch", 403)),
        ("iam", ("SignatureDoesNotMatch", 403)),
        ("s3", ("SignatureDoesNotMatch", 403)),
    ],
)
def test_a_wrong_secret(aws, service, expected):
    assert refusal(aws, service, secret="not the secret") == expected


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("sagemaker", ("UnrecognizedClientException", 400)),
        ("sagemaker-runtime", ("UnrecognizedClientException", 403)),
        ("sts", ("InvalidClientTokenId", 403)),
        ("s3", ("InvalidAccessKeyId", 403)),
    ],
)
def test_an_unknown_key(aws, service, expected):
    assert refusal(aws, service, key_id="AKIANOBODYKNOWSME000") == expected


@pytest.mark.parametrize(
    ("service", "expected"),
    [("sagemaker", "ExpiredTokenException"), ("sts", "ExpiredToken"), ("s3", "ExpiredToken")],
)
def test_an_expired_session(aws, service, expected):
    key = make_key(aws, session_token="token", expires=datetime.now(UTC) - timedelta(seconds=1))
    assert refusal(aws, service, key.key_id, key.secret, "token")[0] == expected


def test_a_session_opens_the_door_with_its_own_token_only(aws):
    key = make_key(aws, session_token="token", expires=datetime.now(UTC) + timedelta(hours=1))
    assert refusal(aws, "sagemaker", key.key_id, key.secret, "another")[0] == "UnrecognizedClientException"
    assert refusal(aws, "sagemaker", key.key_id, key.secret, None)[0] == "UnrecognizedClientException"
    client = boto3.client(
        "sts", region_name="us-east-1", endpoint_url=aws.engine.url, aws_access_key_id=key.key_id,
        aws_secret_access_key=key.secret, aws_session_token="token",
    )  # fmt: skip
    assert client.get_caller_identity()["Account"] == aws.number


def test_a_revoked_key_is_refused_once_it_is_forgotten(aws, monkeypatch):
    aws.client("sagemaker").list_models()
    AccessKey.objects.filter(key_id=aws.key.key_id).update(active=False)
    monkeypatch.setattr(keys, "TTL", 0)
    assert refusal(aws, "sagemaker")[0] == "UnrecognizedClientException"


def test_without_a_signature(aws):
    answer = httpx.post(aws.engine.url, headers={"X-Amz-Target": LIST}, content=b"{}")
    assert (answer.status_code, answer.json()["__type"]) == (400, "MissingAuthenticationTokenException")
    form = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
    answer = httpx.post(aws.engine.url, data=form)
    assert answer.status_code == 403
    assert "<Code>MissingAuthenticationToken</Code>" in answer.text
    answer = httpx.post(f"{aws.engine.url}/endpoints/e/invocations", content=b"1")
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (403, "MissingAuthenticationTokenException")


def test_a_tampered_body(raw):
    request = raw.signed(b"{}", target=LIST)
    assert raw.send(request).status_code == 200
    answer = raw.send(request, b'{"MaxResults": 5}')
    assert (answer.status_code, answer.json()["__type"]) == (400, "InvalidSignatureException")


def test_a_tampered_header(raw):
    answer = raw.send(raw.signed(target="SageMaker.ListEndpoints"), x_amz_target=LIST)
    assert answer.json()["__type"] == "InvalidSignatureException"


def test_an_amz_header_beside_the_signed_ones(raw):
    answer = raw.send(raw.signed(target=LIST), x_amz_more="1")
    assert answer.json() == {"__type": "InvalidSignatureException", "message": "'x-amz-more' must be a signed header."}


def test_a_signature_for_another_service(raw):
    answer = raw.call(LIST, service="logs")
    assert answer.json() == {
        "__type": "InvalidSignatureException",
        "message": "Credential should be scoped to correct service: 'sagemaker'.",
    }


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_that_is_off(raw, minutes):
    answer = raw.call(LIST, at=datetime.now(UTC) + timedelta(minutes=minutes))
    assert answer.json()["__type"] == "InvalidSignatureException"
    assert answer.json()["message"].startswith("Signature expired: " if minutes < 0 else "Signature not yet current: ")
    s3 = raw.send(raw.signed(b"", "s3", method="GET", at=datetime.now(UTC) + timedelta(minutes=minutes)))
    assert s3.status_code == 403
    assert "<Code>RequestTimeTooSkewed</Code>" in s3.text


def test_a_clock_that_is_a_little_off(raw):
    assert raw.call(LIST, at=datetime.now(UTC) - timedelta(minutes=14)).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=AK/20261122/nowhere!/sagemaker/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=AK/2026/us-east-1/sagemaker/aws4_request, SignedHeaders=, Signature=",
        "Basic abc",
    ],
)
def test_a_signature_that_cannot_be_read(aws, authorization):
    headers = {"X-Amz-Target": LIST, "Authorization": authorization, "X-Amz-Date": "20261122T000000Z"}
    answer = httpx.post(aws.engine.url, headers=headers, content=b"{}")
    assert answer.status_code == 400
    assert answer.json()["__type"] in ("IncompleteSignatureException", "InvalidSignatureException")


@pytest.mark.parametrize("date", ["yesterday", "20261399T000000Z", "20261122T0000é0Z", "20261122T000000", ""])
def test_a_date_that_is_none(aws, date):
    scope = "AK/20261122/us-east-1/sagemaker/aws4_request"
    headers = {
        "X-Amz-Target": LIST, "X-Amz-Date": date.encode("latin-1"),
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope.replace('AK', aws.key.key_id)}, "
        "SignedHeaders=host;x-amz-date;x-amz-target, Signature=0",
    }  # fmt: skip
    answer = httpx.post(aws.engine.url, headers=headers, content=b"{}")
    assert (answer.status_code, answer.json()["__type"]) == (400, "IncompleteSignatureException")


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls(aws, version):
    """boto3 presigns with Signature Version 2 unless told otherwise, so both must hold, and only for what they say."""
    key = "a dir/ü+b=c&d.csv"
    aws.client("s3").put_object(Bucket=aws.bucket, Key=key, Body=b"1,2\n", ContentType="text/csv")
    signer = aws.client("s3", signature_version=version)
    params = {"Bucket": aws.bucket, "Key": key, "ResponseContentType": "text/plain"}
    url = signer.generate_presigned_url("get_object", Params=params, ExpiresIn=60)
    assert ("X-Amz-Signature" in url) == (version == "s3v4")
    answer = httpx.get(url)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"1,2\n", "text/plain")
    assert "<Code>SignatureDoesNotMatch</Code>" in httpx.get(url.replace("text%2Fplain", "text%2Fhtml")).text
    assert httpx.delete(url).status_code == 403
    put = signer.generate_presigned_url("put_object", Params={"Bucket": aws.bucket, "Key": "new"}, ExpiresIn=60)
    assert httpx.put(put, content=b"abc").status_code == 200
    assert aws.client("s3").get_object(Bucket=aws.bucket, Key="new")["Body"].read() == b"abc"


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_ends(aws, version, monkeypatch):
    aws.client("s3").put_object(Bucket=aws.bucket, Key="k", Body=b"1")
    url = aws.client("s3", signature_version=version).generate_presigned_url(
        "get_object", Params={"Bucket": aws.bucket, "Key": "k"}, ExpiresIn=60
    )
    from engine.wire import gateway

    later = gateway.time.time() + 61
    monkeypatch.setattr(gateway.time, "time", lambda: later)
    answer = httpx.get(url)
    assert answer.status_code == 403
    assert "<Message>Request has expired</Message>" in answer.text
