"""Every page, REST operation, wire operation and S3 route, really called by each of the cast and by a stranger.

A new one without a row in matrix.txt fails here; the row to paste is printed. Look at it before you paste it: ``who`` is
whom it let in just now.
"""

import httpx
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.test import Client

from catalog.models import Grant
from tests.access import matrix
from tests.access.matrix import CAST, Row

AWAY = (502, 503)  # Redis or a service that a test has not started


class Found:
    """Whom each row let in, compared with what matrix.txt says."""

    def __init__(self, *wheres: str):
        self.rows = {key: row for key, row in matrix.written().items() if row.where in wheres}
        self.wrong, self.missing = [], []

    def add(self, row: Row, let_in: set[str]) -> None:
        measured = matrix.letters(let_in)
        written = self.rows.pop(row.key, None)
        if written is None:
            self.missing.append(str(Row(row.where, row.what, row.permission, measured)))
        elif (written.permission, written.who) != (row.permission, measured):
            self.wrong.append(f"{written}\n    but declared is {row.permission}, and it let in {measured}")
        if row.who and not let_in <= set(row.who):
            self.wrong.append(f"{row.what}: {row.permission} should let in {row.who} at most, and it let in {measured}")

    def check(self) -> None:
        gone = [str(row) for row in self.rows.values()]
        told = [("Rows to look at and paste into matrix.txt", self.missing), ("Not as matrix.txt says", self.wrong),
                ("Rows for what isn't there any more", gone)]  # fmt: skip
        text = "\n".join(f"{title}:\n" + "\n".join(lines) for title, lines in told if lines)
        assert not text, f"\n{text}"


@pytest.fixture
def cast(aws, cast):
    """With Eve, an administrator of every connection."""
    from tests.stage import Person

    cast.eve = Person(aws, "eve", "Admin")
    Grant.objects.filter(pk=cast.eve.grant.pk).update(connection=None)
    yield cast
    cast.eve.user.delete()


@pytest.mark.slow
def test_every_page(cast):
    found = Found("page")
    clients = {letter: _browser(getattr(cast, name)) for letter, name in CAST.items()} | {"S": Client()}
    for row, path in matrix.pages():
        methods = [*row.what.partition(" ")[0].split(","), "PUT"]
        let_in = None
        for method in methods:
            if method == "PUT" and let_in is not None:
                break  # only for pages that take nothing else
            answers = {letter: _visit(clients, cast, letter, method, path) for letter in clients}
            broken = [
                letter for letter, one in answers.items() if one.status_code >= 500 and one.status_code not in AWAY
            ]
            if broken:
                found.wrong.append(f"{method} {path} broke for {broken}")
            if any(answer.status_code == 405 for answer in answers.values()):
                continue  # the page doesn't know the method, whoever asks
            those = {letter for letter, answer in answers.items() if _is_open(answer)}
            if let_in is not None and those != let_in:
                found.wrong.append(
                    f"{row.what}: {methods[0]} let in {matrix.letters(let_in)}, {method} {matrix.letters(those)}"
                )
            let_in = those
        found.add(row, let_in or set())
    found.check()


def _visit(clients: dict, cast, letter: str, method: str, path: str):
    answer = clients[letter].generic(method, path)
    if letter != "S" and answer.status_code == 302 and answer["Location"].startswith("/sign-in/?"):
        # a page before this one has ended the session
        clients[letter] = _browser(getattr(cast, CAST[letter]))
        answer = clients[letter].generic(method, path)
    return answer


def _browser(person) -> Client:
    person.__dict__.pop("browser", None)
    client = person.browser
    client.raise_request_exception = False
    return client


def _asks_to_sign_in(answer) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith(("/sign-in/?", "/admin/login/?"))


def _is_open(answer) -> bool:
    return answer.status_code != 403 and not _asks_to_sign_in(answer)


@pytest.mark.slow
def test_every_rest_operation(cast):
    found = Found("rest")
    clients = {letter: getattr(cast, name).rest for letter, name in CAST.items()} | {"S": Client()}
    for client in clients.values():
        client.raise_request_exception = False
    for row, method, path in matrix.rest():
        let_in = set()
        for letter, client in clients.items():
            answer = client.generic(method, path)
            if answer.status_code >= 500 and answer.status_code not in AWAY:
                found.wrong.append(f"{method} {path} broke for {letter}")
            refused = answer.status_code in (401, 403) or b"UnknownConnection" in answer.content[:300]
            if not refused:
                let_in.add(letter)
            elif letter == "S":
                assert answer.status_code == 401, f"{method} {path} answered a stranger {answer.status_code}"
        found.add(row, let_in)
    found.check()


@pytest.fixture
def callers(cast, aws):
    """Signed calls as each of the cast, and unsigned ones: ``callers(letter, service, …)`` answers the response."""
    keys = {letter: getattr(cast, name).key for letter, name in CAST.items()}
    with httpx.Client(base_url=aws.engine.url, timeout=30) as client:

        def call(letter: str, signing_name: str, method: str, path: str, headers: dict, body: bytes = b""):
            request = AWSRequest(method, f"{aws.engine.url}{path}", headers=headers, data=body)
            if letter != "S":
                key = keys[letter]
                signer = S3SigV4Auth if signing_name == "s3" else SigV4Auth
                signer(Credentials(key.key_id, key.secret), signing_name, aws.region).add_auth(request)
            return client.request(method, path, headers=dict(request.headers.items()), content=body)

        yield call


@pytest.mark.slow
def test_every_wire_operation(callers):
    found = Found("wire")
    for row, service, operation in matrix.wire():
        asked = _request(service, operation)
        found.add(row, {letter for letter in (*CAST, "S") if _let_in(callers(letter, *asked), row, letter)})
    found.check()


@pytest.mark.slow
def test_every_s3_route(callers, aws):
    found = Found("s3")
    for row, method, path, headers in matrix.s3():
        # A bucket that isn't there: whoever is let in does nothing.
        path, headers = path.format(bucket="no-such-bucket"), {k: v.format(bucket="none") for k, v in headers.items()}
        if (method, path) == ("PUT", "/no-such-bucket"):
            path = "/no_such_name"  # would be made
        found.add(
            row,
            {letter for letter in (*CAST, "S") if _let_in(callers(letter, "s3", method, path, headers), row, letter)},
        )
    found.check()


def _let_in(answer, row: Row, letter: str) -> bool:
    assert answer.status_code not in (500, 502), f"{row.what} broke for {letter}: {answer.text}"
    if letter == "S":
        assert answer.status_code in (400, 403), f"{row.what} answered a stranger {answer.status_code}"
        return False
    told = answer.text + answer.headers.get("x-amzn-errortype", "")
    return "AccessDenied" not in told and not (answer.status_code == 403 and not answer.content)  # HEAD has no words


def _request(service: str, operation: str) -> tuple[str, str, str, dict, bytes]:
    """(signing name, method, path, headers, body) of a request with nothing in it."""
    from engine.wire import services

    model = services.service(service).model
    target = next((prefix for prefix, name in services.TARGETS.items() if name == service), "")
    if service in services.QUERY.values():
        name = next(signed for signed, one in services.QUERY.items() if one == service)
        body = f"Action={operation}&Version={model.metadata['apiVersion']}".encode()
        return name, "POST", "/", {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, body
    if target:
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"{target}.{operation}"}
        return services.SIGNING.get(service, service), "POST", "/", headers, b"{}"
    http = model.operation_model(operation).http
    path = http["requestUri"].partition("?")[0].replace("{EndpointName}", "thing")
    return "sagemaker", http["method"], path, {"content-type": "application/json"}, b"{}"
