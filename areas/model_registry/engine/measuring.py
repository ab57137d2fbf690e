"""The embedded engine writes a version's metrics down when it is registered, and forgets the aliases of a group that is gone."""

from areas.model_registry.measured import LARGEST, keep_metrics
from areas.model_registry.models import Alias, AliasMove
from areas.model_registry.resource import GROUP, PACKAGE
from catalog.models import Record
from engine.changes import Change, on_change
from engine.errors import AwsError
from engine.s3 import store
from registry.artifacts import split
from registry.checks.case import CannotMeasure, parse_json


@on_change(PACKAGE.noun)
def measure(change: Change) -> None:
    if change.is_new and not change.is_removal:
        keep_metrics(change.record, lambda uri: _read(change.record, uri))


@on_change(GROUP.noun)
def forget(change: Change) -> None:
    """A group that is made anew under the same name begins without aliases."""
    if change.is_removal:
        for model in (Alias, AliasMove):
            model.objects.filter(connection_id=change.record.connection_id, group=change.record.name).delete()


def _read(record: Record, uri: str):
    bucket, key = split(uri)
    try:
        account = record.connection.account
        if store.get(account, bucket, key).size > LARGEST:
            raise CannotMeasure(f"{uri} has more than {LARGEST} bytes.")
        return parse_json(store.read_bytes(account, bucket, key), uri)
    except AwsError as error:
        raise CannotMeasure(error.message) from None
