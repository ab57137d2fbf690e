"""What the REST routes of the Studio and of the areas share: how a refusal is told.

An area brings routes of its own in ``areas/<area>/rest.py``: ``router``, a ninja Router, is mounted at ``PREFIX`` below
``/api/v1/``, or each of ``ROUTERS``, pairs of prefix and router. Whoever calls is ``request.user``, and
``request.connection`` the Connection that the request means.
"""

from ninja import Schema


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
