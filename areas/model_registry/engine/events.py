"""The embedded engine tells of its model packages."""

from areas.model_registry.events import emit
from areas.model_registry.resource import PACKAGE
from engine.changes import Change, on_change


@on_change(PACKAGE.noun)
def tell(change: Change) -> None:
    if not change.is_removal:
        emit(change.record, change.before)
