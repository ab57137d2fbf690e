"""A Run as the REST API tells it."""

from datetime import datetime

from ninja import Schema


class RunOut(Schema):
    """What was asked for and how far it got; ``status`` is the followed thing's own, ``error`` the service's words."""

    id: int
    kind: str
    name: str
    state: str
    status: str
    error: str
    created: datetime
    ended: datetime | None
