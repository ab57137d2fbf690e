"""The API's description: examples that would work, refusals as they are, and a page of it under the pages' policy."""

import json
import re
import threading

import pytest
from botocore.validate import ParamValidator
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import Client
from jsonschema import Draft202012Validator

from areas.datasets import schemas
from studio.rest.api import urls as rest_urls
from studio.rest.examples import CREATE
from tests.browser.conftest import chromium, picture  # noqa: F401


@pytest.fixture
def described(aws) -> dict:
    return json.loads(Client().get("/api/v1/openapi.json").content)


def operations(described):
    return [(path, one) for path, methods in described["paths"].items() for one in methods.values()]


@pytest.mark.parametrize("noun", CREATE)
def test_aws_takes_the_example(aws, described, noun):
    shape = aws.client("sagemaker").meta.service_model.operation_model(f"Create{noun}").input_shape
    report = ParamValidator().validate(CREATE[noun], shape)
    assert not report.has_errors(), report.generate_report()
    ids = {one["operationId"]: one for _, one in operations(described)}
    create = next(one for name, one in ids.items() if name.replace("_", "") == f"create{noun.lower()}")
    assert create["requestBody"]["content"]["application/json"]["example"] == CREATE[noun]


@pytest.mark.parametrize("name", ["PointIn", "SplitIn", "ChannelsIn"])
def test_the_schemas_take_their_examples(described, name):
    (example,) = described["components"]["schemas"][name]["examples"]
    assert getattr(schemas, name).model_validate(example).dict(exclude_unset=True) == example


def test_refusals_are_described_as_they_come(described):
    for path, operation in operations(described):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (path, status)


def test_every_route_is_described(described):
    """Compared with the addresses that Django knows: what is not in the description can't be called."""
    served = {f"/api/v1/{pattern.pattern}" for pattern in rest_urls()[0]}
    own = {f"/api/v1/{name}" for name in ("", "docs", "openapi.json")}
    told = {re.sub(r"{(\w+)}", "<>", path) for path in described["paths"]}
    assert {re.sub(r"<[^>]+>", "<>", path) for path in served - own} == told


def test_every_operation_says_what_it_is(described):
    ids = [operation["operationId"] for _, operation in operations(described)]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-z][a-z_]+", one) for one in ids)
    for path, operation in operations(described):
        assert operation["summary"] and operation["tags"], path
        assert {"401", "403", "429"} <= set(operation["responses"]), path
        if "{" in path:
            assert "404" in operation["responses"], path
        for parameter in operation["parameters"]:
            assert not isinstance(parameter.get("examples"), list), (path, parameter["name"])


def test_every_body_has_an_example_that_its_schema_takes(described):
    schemas = described["components"]["schemas"]
    for path, operation in operations(described):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            schema = content.get("schema", {})
            named = schemas.get(schema.get("$ref", "").rpartition("/")[2], {})
            examples = [content["example"]] if "example" in content else named.get("examples", [])
            assert examples, (path, kind)
            if kind == "application/json":
                whole = {**schema, "components": described["components"]}
                for example in examples:
                    Draft202012Validator(whole).validate(example)


def test_changes_take_keys_and_conditions(described):
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            names = {one["name"] for one in operation["parameters"] if one["in"] == "header"}
            assert ("Idempotency-Key" in names) == (method in ("post", "patch", "delete")), (method, path)
            if method == "patch" and "get" in methods:
                assert "If-Match" in names and "412" in operation["responses"], path


def test_every_reference_leads_somewhere(described):
    found, open_ends = set(), [described["paths"], described["components"]]
    while open_ends:
        node = open_ends.pop()
        if isinstance(node, dict):
            found |= {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            open_ends += node.values()
        elif isinstance(node, list):
            open_ends += node
    assert found and found <= {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def web(aws):
    """The Studio's own application over real HTTP; its address."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.browser
def test_the_page_of_it_works_under_the_policy(web, user, chromium):  # noqa: F811
    client = Client()
    client.force_login(user)
    context = chromium.new_context(base_url=web, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": web}])
    page, complaints, asked = context.new_page(), [], []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto("/api/v1/docs")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    page.get_by_text("/api/v1/datasets/upload/").first.wait_for()
    picture(page, "api-docs")
    # And what it offers works, with the session of whoever is signed in.
    me = page.locator("#operations-Studio-get_me")
    me.get_by_role("button").first.click()
    me.get_by_role("button", name="Try it out").click()
    me.get_by_role("button", name="Execute").click()
    page.get_by_text(f'"username": "{user.username}"').first.wait_for()
    context.close()
    assert complaints == []
    assert all(url.startswith((web, "data:", "blob:")) for url in asked)
