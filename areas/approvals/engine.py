"""The embedded engine tells the desk of every model version, and deploys none whose bytes aren't those that were approved."""

from areas.permissions import of_arn
from catalog.models import Connection, Record
from engine.changes import Change, on_change
from engine.errors import AwsError
from engine.models import S3Object
from registry import artifacts, gate

PACKAGE = "ModelPackage"


def read_etags(connection: Connection, uris: list[str]) -> dict[str, str]:
    """The ETags of objects and prefixes, from the engine's own tables."""
    found = {}
    for uri in uris:
        bucket, key = artifacts.split(uri)
        rows = S3Object.objects.filter(bucket__name=bucket)
        if uri.endswith("/"):
            below = rows.filter(key__gte=key, key__lt=f"{key}\U0010ffff").values_list("key", "etag")
            found[uri] = artifacts.of_many(below[: artifacts.MOST_OBJECTS])
        else:
            found[uri] = rows.filter(key=key).values_list("etag", flat=True).first() or artifacts.MISSING
    return found


artifacts.read_with(read_etags)


@on_change(PACKAGE)
def tell_desk(change: Change) -> None:
    """Open, settle or void the approval request of a version that is new, changed or gone."""
    record, before = change.record, change.before or {}
    if change.is_removal:
        gate.removed(record, "")
    elif change.is_new:
        gate.opened(record, record.owner, _etags(record))
    else:
        is_other = artifacts.content_of(before) != artifacts.content_of(record.document)
        is_pending = record.document.get("ModelApprovalStatus") != before.get("ModelApprovalStatus")
        gate.changed(record, before, _who(record), _etags(record) if is_other or is_pending else None)


@on_change("ModelCard")
def tell_of_card(change: Change) -> None:
    """Have the card of a version measured anew when it was written, changed or deleted."""
    arns = {(change.before or {}).get("ModelId"), change.record.document.get("ModelId")} - {None, ""}
    if arns:
        gate.card_changed(change.record.connection, arns)


@on_change("Model")
def check_model(change: Change) -> None:
    """Refuse a model of a version whose files were replaced after the approval."""
    if not change.is_new:
        return
    document = change.record.document
    containers = document.get("Containers") or [document.get("PrimaryContainer") or {}]
    _check([one["ModelPackageName"] for one in containers if one.get("ModelPackageName")], change.record)


@on_change("EndpointConfig")
def check_config(change: Change) -> None:
    """The same where a model is made ready for an endpoint, which may be long after the model was made."""
    if not change.is_new:
        return
    names = [one["ModelName"] for one in change.record.document.get("ProductionVariants", ()) if one.get("ModelName")]
    rows = Record.objects.filter(connection_id=change.record.connection_id, kind="Model", name__in=names)
    for model in rows:
        containers = model.document.get("Containers") or [model.document.get("PrimaryContainer") or {}]
        _check([one["ModelPackageName"] for one in containers if one.get("ModelPackageName")], change.record)


def _check(packages: list[str], by: Record) -> None:
    for given in packages:
        rows = Record.objects.filter(kind=PACKAGE).select_related("connection")
        if given.startswith("arn:"):
            found = rows.filter(arn=given, connection__backend=Connection.EMBEDDED).first()
        else:
            found = rows.filter(connection_id=by.connection_id, name=given).first()
        if found is None or not found.parent:
            continue
        try:
            gate.check_bytes(found, _etags(found))
        except gate.Refused as error:
            raise AwsError(
                "AccessDeniedException",
                f"Model package {of_arn(found.arn)[1]} can't be deployed because {error.reason}.",
            ) from None


def _etags(record: Record) -> dict[str, str]:
    return artifacts.etags(record.connection, record.document)


def _who(record: Record) -> str:
    by = record.document.get("LastModifiedBy") or {}
    return by.get("UserProfileName") or by.get("IamIdentity", {}).get("Arn", "") or record.owner
