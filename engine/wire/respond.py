"""From a verified request to its reply: operation → parse → validate → authorise → idempotency → handle → serialise, and
what was changed goes into the audit log. Synchronous."""

import logging

from botocore.model import OperationModel
from django.db import transaction

from catalog.actor import acting
from engine import changes
from engine.context import Context
from engine.errors import AwsError, unsupported
from engine.operations import Handler, handler_for
from engine.wire import cbor, idempotency, journal, query, replies, rest, services
from engine.wire.authorise import authorise, check_at_all
from engine.wire.call import Call
from engine.wire.replies import Reply
from engine.wire.services import Service
from engine.wire.validate import validate

log = logging.getLogger(__name__)

_CHANGED = ("sagemaker", "cloudwatch")  # the services whose changes are transactions, and in the audit log
_READS = ("Describe", "List", "Get", "Search", "Query", "BatchGet", "BatchDescribe")


def respond(call: Call, context: Context) -> Reply:
    if not call.service:
        raise _unknown_operation(call)
    service = services.service(call.service)
    operation, given = _read(call, service)
    context.operation = operation.name
    try:
        check_at_all(context, _words(given))
    except AwsError as error:
        if _changes(context):
            journal.write_refusal(context, _words(given), error)
        raise
    request = validate(operation, given, service.invalid_code)
    handler = handler_for(service.name, operation.name)
    if handler is None:
        raise unsupported(operation.name)
    answer = _handle(context, operation, handler, request)
    if call.family == "query":
        return replies.query_success(operation, service.name, answer, call.request_id)
    if call.family == "cbor":
        return replies.cbor_success(operation, answer)
    if call.family == "rest-json":
        return replies.rest_success(answer, operation.http.get("responseCode", 200))
    return replies.json_success(answer, service.json_version)


def _words(given) -> dict[str, str]:
    """What of a request that nobody has validated can be written down."""
    items = given.items() if isinstance(given, dict) else ()
    return {str(name): value for name, value in items if isinstance(value, str) and "\0" not in value}


def _changes(context: Context) -> bool:
    return context.service in _CHANGED and not context.operation.startswith(_READS)


def failure(call: Call, error: AwsError) -> Reply:
    """The error as the caller's service words it."""
    if call.family not in ("json", "cbor") or not call.service:
        return replies.failure(error, call.family, call.service, call.request_id)
    service = services.service(call.service)
    query_mode = service.query_compatible and "x-amzn-query-mode" in call.headers
    return replies.failure(error, call.family, call.service, call.request_id, service.json_version, query_mode)


def crash(call: Call, code: str = "InternalFailure", status: int = 500) -> Reply:
    """The reply to a request whose handling raised what nobody expected; called where the exception is at hand."""
    what = call.headers.get("x-amz-target") or f"{call.method} {call.path}"
    log.exception("%s failed, request %s", what, call.request_id)
    if call.family == "s3" and status == 500:
        code = "InternalError"
    return failure(
        call, AwsError(code, f"The engine failed on request {call.request_id}; its log has the reason.", status)
    )


def _read(call: Call, service: Service) -> tuple[OperationModel, dict]:
    """The operation and what is asked of it, not validated yet."""
    if call.family == "query":
        form = query.fields(call.body)
        operation = service.operation(form.get("Action", ""))
        if operation is None:
            name, version = form.get("Action", ""), form.get("Version", "")
            raise AwsError("InvalidAction", f"Could not find operation {name} for version {version}")
        return operation, query.parse(operation, form)
    if call.family == "rest-json":
        name, labels = rest.route(service, call.method, call.path)
        if not name:
            raise _unknown_operation(call)
        operation = service.operation(name)
        return operation, rest.parse(operation, labels, call.query, call.headers, call.body)
    is_cbor = call.family == "cbor"  # the operation is the last part of the path
    name = call.path.rpartition("/")[2] if is_cbor else call.headers.get("x-amz-target", "").partition(".")[2]
    operation = service.operation(name)
    if operation is None:
        raise _unknown_operation(call)
    return operation, cbor.load(call.body) if is_cbor else rest.load(call.body)


def _unknown_operation(call: Call) -> AwsError:
    status = 404 if call.family == "rest-json" else 400
    what = call.headers.get("x-amz-target") or f"{call.method} {call.path}"
    return AwsError("UnknownOperationException", f"The engine knows no operation {what}.", status)


def _handle(context: Context, operation: OperationModel, handler: Handler, request: dict) -> dict | None:
    """Run the handler. What changes SageMaker is one transaction: a crash after half of it leaves nothing behind, so
    that the client's retry of a 500 finds the same state as its first try.
    """
    # The Connection is kept in memory: it must not be made in a transaction that may be undone.
    _ = context.connection
    if not _changes(context):
        authorise(context, request)
        return handler(context, request)
    try:
        with transaction.atomic(), changes.collected() as made, acting(context.actor):
            authorise(context, request)  # in here: a role that is being taken away is taken away before or after
            answer = idempotency.once(context, operation, request, handler)
            journal.write(context, request, answer, made)
        return answer
    except AwsError as error:
        if error.code.startswith("AccessDenied"):
            journal.write_refusal(context, request, error)
        raise
