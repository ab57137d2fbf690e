"""The gate before a model version: what an approval policy forbids, no wire call, page or SDK can do around it."""

from catalog.models import Connection


class Refused(Exception):
    """A policy forbids the change. ``reason`` is the end of a sentence that begins with "… is not authorized … because"."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def check(
    *, connection: Connection, user: str, group: str, arn: str, wanted: str, changes_content: bool
) -> None:  # fmt: skip
    """Let a change to a model version pass, or raise Refused. Called in the transaction of the change, before it.

    ``user`` is the Studio's user name, or the principal's ARN; ``group`` is "" for a package without versions. ``wanted`` is
    the ModelApprovalStatus that the version shall have, "Deleted" if it is to go, "" if neither is asked for.
    ``changes_content``: what the version is made of changes (or goes), not only what is said about it.
    """
