"""Predictions by REST: through the Studio to a live model server, and back as the model said it."""

import pytest

from tests.areas.endpoints.conftest import host  # noqa: F401
from tests.areas.endpoints.stage import Host

SCRIPT = """
def model_fn(folder):
    return None

def transform_fn(model, data, content_type, accept):
    data = bytes(data) if not isinstance(data, str) else data.encode()
    if data == b"boom":
        raise ValueError("no boom here")
    return data[::-1].decode() + "|" + content_type + "|" + accept, "text/html"
"""


@pytest.fixture
def reverser(host: Host) -> str:  # noqa: F811
    host.script("m", SCRIPT)
    host.config("c")
    host.deploy("reverser", "c")
    return "/endpoints/reverser/invocations"


def test_body_and_types_go_straight_through(aws, alice, mallory, reverser):
    headers = {"HTTP_ACCEPT": "text/html"}
    answer = alice.send("post", reverser, b"1,2,3", "text/csv", **headers)
    assert answer.status_code == 200, answer.content
    assert answer.content == b"3,2,1|text/csv|text/html" and answer["Content-Type"].startswith("text/html")
    assert answer["X-Invoked-Variant"] == "AllTraffic"
    assert "sandbox" in answer["Content-Security-Policy"]  # a model's page is no page of the Studio
    # What calls itself a form is the model's all the same.
    form = alice.send("post", reverser, b"a=b", "application/x-www-form-urlencoded", **headers)
    assert form.content.startswith(b"b=a|application/x-www-form-urlencoded")

    refused = alice.send("post", reverser, b"boom", "text/csv")
    problem = refused.json()
    assert (refused.status_code, refused["Content-Type"]) == (424, "application/problem+json")
    assert (problem["code"], problem["status"], problem["OriginalStatusCode"]) == ("ModelError", 424, 500)
    assert "no boom here" in problem["OriginalMessage"]

    elsewhere = mallory.send("post", reverser, b"1,2,3")
    assert (elsewhere.status_code, elsewhere.json()["title"]) == (404, "Not found")


def test_no_such_endpoint(alice):
    answer = alice.send("post", "/endpoints/none/invocations", b"1")
    assert (answer.status_code, answer.json()["code"]) == (404, "ValidationError")


def test_a_long_body_is_refused(alice):
    answer = alice.send("post", "/endpoints/none/invocations", b"1" * (6 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "BodyTooLarge")
