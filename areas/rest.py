"""What the REST routes of the Studio and of the areas share: how a refusal is told.

An area brings routes of its own in ``areas/<area>/rest.py``: ``router``, a ninja Router, is mounted at ``PREFIX`` below
``/api/v1/``, or each of ``ROUTERS``, pairs of prefix and router. Whoever calls is ``request.user``, and
``request.connection`` the Connection that the request means.
"""

from ninja import Schema
from ninja.operation import Operation


class Problem(Exception):
    """An answer other than success: HTTP status, one sentence, and a code that a program can branch on."""

    def __init__(self, status: int, detail: str, code: str = "", **more):
        super().__init__(detail)
        self.status, self.detail, self.code, self.more = status, detail, code, more


class ProblemOut(Schema):
    """application/problem+json of RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str


ERRORS = dict.fromkeys((400, 401, 403, 404, 409, 422, 503), ProblemOut)


def _share_response_models() -> None:
    """Ninja makes a Pydantic model of each status of each operation, 2,000 in all, though most are of ``ProblemOut``: one of
    each type takes half the time to start and 25 MB less."""
    made, make = {}, Operation._create_response_model

    def shared(self, answer):
        if answer not in made:
            made[answer] = make(self, answer)
        return made[answer]

    Operation._create_response_model = shared


_share_response_models()
