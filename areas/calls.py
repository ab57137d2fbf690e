"""The one door to SageMaker: boto3 clients for a Connection. Nothing else in the project imports boto3."""

import json
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

TIMEOUT = 60


class CallFailed(Exception):
    """SageMaker refused a call. ``code`` and ``message`` are the service's own words, ``status`` its HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400, data: dict | None = None):
        super().__init__(message)
        self.code, self.message, self.status, self.data = code, message, status, data or {}


def client(connection, service: str = "sagemaker"):
    """A boto3 client of ``service`` for a catalog Connection; clients are kept and safe to share between threads."""
    return _client(
        service, connection.region, connection.endpoint_url, connection.role_arn, connection.backend, connection.account
    )


def call(connection, operation: str, service: str = "sagemaker", **request) -> dict:
    """Make one call (``operation`` in AWS's spelling) and return its answer without ResponseMetadata.

    Raises CallFailed with the service's code and words, also when the service can't be reached.
    """
    from botocore import xform_name

    with service_words():
        answer = getattr(client(connection, service), xform_name(operation))(**request)
    answer.pop("ResponseMetadata", None)
    return answer


@contextmanager
def service_words():
    """Turn what boto3 raises into CallFailed with the service's own code and words."""
    from boto3.exceptions import S3UploadFailedError
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    try:
        yield
    except ClientError as error:
        body = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        raise CallFailed(
            body.get("Code", "Unknown"), body.get("Message", str(error)), status, error.response
        ) from error
    except ParamValidationError as error:  # the client's own check: trying again would not help
        words = "; ".join(str(error).partition(":\n")[2].splitlines())
        raise CallFailed("ValidationException", words, 400) from error
    except (BotoCoreError, S3UploadFailedError) as error:
        raise CallFailed(type(error).__name__, str(error), 503) from error


@lru_cache(maxsize=64)
def _client(service: str, region: str, endpoint_url: str, role_arn: str, backend: str, account: str):
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=5, read_timeout=TIMEOUT, retries={"mode": "standard", "max_attempts": 3},
        s3={"addressing_style": "path"} if backend == "embedded" else None,
        max_pool_connections=32,
    )  # fmt: skip
    session = boto3.Session(
        region_name=region, **(_embedded_keys(account) if backend == "embedded" else _assumed(role_arn))
    )
    return session.client(service, endpoint_url=endpoint_url or None, config=config)


def _embedded_keys(account: str) -> dict:
    """The Studio's own key of an embedded account: the first one's, or one of those added to the credentials later."""
    from django.conf import settings

    credentials = json.loads(Path(settings.CREDENTIALS_FILE).read_text())
    if credentials.get("account") == account:
        key_id, secret = credentials["engine_access_key_id"], credentials["engine_secret_access_key"]
    elif account in credentials.get("engine_keys", {}):
        key_id, secret = credentials["engine_keys"][account]
    else:
        raise CallFailed("NoCredentials", f"The Studio has no access key of the embedded account {account}.", 403)
    return {"aws_access_key_id": key_id, "aws_secret_access_key": secret}


def _assumed(role_arn: str) -> dict:
    if not role_arn:
        return {}
    import boto3

    answer = boto3.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="atelier")["Credentials"]
    return {
        "aws_access_key_id": answer["AccessKeyId"],
        "aws_secret_access_key": answer["SecretAccessKey"],
        "aws_session_token": answer["SessionToken"],
    }


def accepts(connection, operation: str, member: str, service: str = "sagemaker") -> bool:
    """Whether an operation's request has a member of that name, by the service model."""
    shape = client(connection, service).meta.service_model.operation_model(operation).input_shape
    return shape is not None and member in shape.members
