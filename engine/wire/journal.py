"""What a wire call changed, as an entry of the audit log."""

from areas import permissions
from catalog import audit
from engine.changes import Change
from engine.context import Context
from engine.errors import AwsError


def write(context: Context, request: dict, answer: dict | None, made: list[Change]) -> None:
    """The last statement of the call's transaction: before and after of what it changed first, and what was asked."""
    before = after = None
    if made:
        first = made[0]
        same = [change for change in made if change.record.id == first.record.id]
        after = None if same[-1].is_removal else audit.redact(same[-1].record.document)
        before, after = audit.changed(audit.redact(first.before) if first.before else None, after)
    audit.append(
        context.operation, _target(context, request, answer, made), on=context.connection.name, before=before,
        after=after, detail={"request": audit.redact(request)}, actor=context.actor,
    )  # fmt: skip


def write_refusal(context: Context, request: dict, error: AwsError) -> None:
    audit.append(
        context.operation, _target(context, request, None, []), on=context.connection.name,
        detail={"request": audit.redact(request), "reason": error.message}, outcome=audit.REFUSED, actor=context.actor,
    )  # fmt: skip


def _target(context: Context, request: dict, answer: dict | None, made: list[Change]) -> str:
    if made:
        return made[0].record.arn
    for given in (answer or {}, request):
        for name, value in given.items():
            if name.endswith("Arn") and isinstance(value, str) and name != "RoleArn":
                return value
    need = permissions.need(context.service, context.operation, request)
    return f"{need.noun} {need.name}".strip() if need else ""
