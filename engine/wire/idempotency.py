"""Same token, same request, same answer: for the operations whose model has an idempotency token."""

import hashlib
from datetime import timedelta

import orjson
from botocore.model import OperationModel

from engine.context import Context
from engine.errors import AwsError
from engine.models import ClientToken
from engine.operations import Handler
from engine.store import when

KEPT = timedelta(days=1)


def once(context: Context, operation: OperationModel, request: dict, handler: Handler) -> dict | None:
    """Run the handler, or give the answer that the same request got before. Call it inside a transaction.

    Raises ConflictException if the token came with another request before.
    """
    token = next((request.get(name) for name in operation.idempotent_members), None)
    if not token:
        return handler(context, request)
    digest = hashlib.sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).hexdigest()
    ClientToken.objects.filter(created__lt=when(context.now) - KEPT).delete()
    row, is_new = ClientToken.objects.get_or_create(
        connection_id=context.connection.id, operation=operation.name, token=token,
        defaults={"digest": digest, "created": when(context.now)},
    )  # fmt: skip
    if is_new:
        row.answer = handler(context, request) or {}
        row.save(update_fields=["answer"])
    elif row.digest != digest:
        raise AwsError("ConflictException", f"The token {token} was used with another {operation.name} request before.")
    return row.answer
