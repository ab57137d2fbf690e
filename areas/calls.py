"""The one door to SageMaker: boto3 clients for a Connection. Nothing else in the project imports boto3.

Whoever acts (``catalog.actor``) is passed on to the embedded engine, which decides by that person's roles. An AWS account
doesn't know our people: there the same rules are asked here, before the call, and what it changed goes into the audit log.
"""

import json
from collections.abc import Callable
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import quote

from areas import permissions
from catalog import audit
from catalog.access import access_of
from catalog.actor import current

TIMEOUT = 60

# (id of the Connection, service, operation, request): called before each call to an AWS account; refuses with CallFailed.
guards: list[Callable[[int, str, str, dict], None]] = []


class CallFailed(Exception):
    """SageMaker refused a call. ``code`` and ``message`` are the service's own words, ``status`` its HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400, data: dict | None = None):
        super().__init__(message)
        self.code, self.message, self.status, self.data = code, message, status, data or {}


def client(connection, service: str = "sagemaker"):
    """A boto3 client of ``service`` for a catalog Connection; clients are kept and safe to share between threads."""
    return _client(
        service, connection.region, connection.endpoint_url, connection.role_arn, connection.backend,
        connection.account, connection.id, connection.name,
    )  # fmt: skip


def call(connection, operation: str, service: str = "sagemaker", **request) -> dict:
    """Make one call (``operation`` in AWS's spelling) and return its answer without ResponseMetadata.

    Raises CallFailed with the service's code and words, also when the service can't be reached.
    """
    from botocore import xform_name

    with service_words():
        answer = getattr(client(connection, service), xform_name(operation))(**request)
    answer.pop("ResponseMetadata", None)
    return answer


def upload(connection, path: Path, bucket: str, key: str, content_type: str) -> None:
    """Put a file into S3, in parts where it is large. Raises CallFailed."""
    from boto3.s3.transfer import TransferConfig

    # Not in boto3's own threads: they don't know who acts.
    config = TransferConfig(use_threads=False)
    with service_words():
        client(connection, "s3").upload_file(
            str(path), bucket, key, ExtraArgs={"ContentType": content_type}, Config=config
        )


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
def _client(
    service: str, region: str, endpoint_url: str, role_arn: str, backend: str, account: str, number: int, name: str
):
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
    made = session.client(service, endpoint_url=endpoint_url or None, config=config)
    if backend == "embedded":
        made.meta.events.register("before-sign", _name_the_actor)
    else:
        made.meta.events.register("provide-client-params", partial(_authorise, service, number, name))
        made.meta.events.register("after-call", partial(_write_down, service, name))
    return made


def _name_the_actor(request, **_) -> None:
    """Say whom the Studio acts for, below the signature of its own key."""
    actor = current()
    told = (("actor", actor.user), ("via", actor.via), ("source", actor.source), ("nouns", ",".join(actor.nouns)))
    for header, value in told:
        name = f"X-Atelier-{header.title()}"
        del request.headers[name]  # a retry signs again
        if value:
            request.headers[name] = quote(value)


def _authorise(service: str, number: int, name: str, params, model, context, **_) -> None:
    actor = current()
    context["atelier_request"] = params
    for guard in guards:
        guard(number, service, model.name, params)
    if actor.is_system:
        return
    for need in permissions.needs(service, model.name, params):
        if access_of(actor.user, number).may(need.verb, need.noun, need.name, need.tags, is_prefix=need.is_prefix):
            continue
        raise CallFailed(
            "AccessDeniedException",
            f"No role of {actor.user} on connection {name} allows {need.codename}: {service}:{model.name} was not sent.",
            403,
        )


def _write_down(service: str, name: str, http_response, parsed, model, context, **_) -> None:
    verb, noun = permissions.permission(service, model.name)
    if service != "sagemaker" or verb in ("view", "invoke") or http_response.status_code >= 300:
        return
    request = context.get("atelier_request", {})
    need = permissions.need(service, model.name, request)
    arn = next((value for key, value in parsed.items() if key.endswith("Arn") and isinstance(value, str)), "")
    audit.append(
        model.name, arn or f"{noun} {need.name if need else ''}".strip(), on=name,
        detail={"request": audit.redact(request)},
    )  # fmt: skip


def _embedded_keys(account: str) -> dict:
    """The Studio's own key of an embedded account; there is one in the credentials for each."""
    from django.conf import settings

    credentials = json.loads(Path(settings.CREDENTIALS_FILE).read_text())
    if account not in credentials.get("engine_keys", {}):
        raise CallFailed("NoCredentials", f"The Studio has no access key of the embedded account {account}.", 403)
    key_id, secret = credentials["engine_keys"][account]
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
