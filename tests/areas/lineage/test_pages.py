"""The lineage page and the REST route, as Alice sees them, and as an outsider doesn't."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from catalog.models import Connection, Grant, Role
from catalog.roles import VIEWER, make_builtin


def browser(story, name: str, *, role: str = "") -> Client:
    user = get_user_model().objects.get_or_create(username=f"{name}-{story.aws.number}")[0]
    make_builtin()
    if role:
        Grant.objects.get_or_create(role=Role.objects.get(name=role), user=user, connection_id=story.aws.connection.id)
    client = Client()
    client.force_login(user)
    session = client.session
    session["connection"] = Connection.objects.get(id=story.aws.connection.id).name
    session.save()
    return client


@pytest.fixture
def alice(story) -> Client:
    return browser(story, "alice", role=VIEWER)


@pytest.fixture
def page(alice, story):
    def page(of: str = "", status: int = 200, **query) -> str:
        response = alice.get("/lineage/", {**({"of": story.arns.get(of, of)} if of else {}), **query})
        assert response.status_code == status, response.content.decode()[:3000]
        return unescape(response.content.decode())

    return page


def boxes(html: str) -> set[str]:
    """The labels of the picture's boxes."""
    return set(re.findall(r'class="node[^"]*" href="[^"]*" data-box.*?<b[^>]*><span>(.*?)</span></b>', html))


def listed(alice, story, of: str, **query) -> list[dict]:
    text = alice.get("/lineage/", {"of": story.arns[of], "format": "csv", **query}).content.decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_one_hop_from_a_job_by_default(page):
    html = page("fit")
    assert boxes(html) == {
        "churn-fit", "data/train", "data/validation", "sagemaker-xgboost:1.7-1", "output/model.tar.gz"
    }  # fmt: skip
    assert "+3 down" in html  # the model's ways on: package, model, deployment


def test_more_hops_lead_to_where_it_runs(page):
    html = page("fit", down=3, up=0)
    assert {"output/model.tar.gz", "churn-model", "detector/1", "live"} <= boxes(html)
    assert "data/train" not in boxes(html)


def test_what_leads_to_a_thing_stands_left_of_it(page):
    html = page("endpoint", up=10, down=0)
    at = {
        label: float(x)
        for x, label in re.findall(
            r'<foreignObject x="([\d.]+)"[^>]*><a class="node".*?<b[^>]*><span>(.*?)</span>', html
        )
    }
    assert at["data/train"] < at["churn-fit"] < at["output/model.tar.gz"] < at["churn-model"] < at["live"]


def test_the_start_is_found_by_the_end_of_its_arn_by_its_uri_and_by_name(page):
    for word in ("training-job/churn-fit", "fit"):
        assert "of churn-fit" in page(word)
    assert "of data/train" in page("s3://b/data/train/")
    assert "of data/train" in page("s3://b/data/train")
    assert "churn-fit" in page("churn-f")  # a choice of what has it in its name
    assert "Nothing in the lineage" in page("nowhere-to-be-found", status=404)
    assert "churn-model" in page()


def test_five_alike_fold_and_unfold(page):
    html = page("s3://b/data/train/")
    assert "8 training jobs" in boxes(html)
    (address,) = re.findall(r'class="node node--fold" href="([^"]+)"', html)
    opened = parse_qs(urlsplit(address).query)
    html = page(opened["of"][0], unfold=opened["unfold"][0])
    assert {"churn-fit", "churn-again-0", "churn-again-6"} <= boxes(html)


def test_the_drawer_of_a_node(page, alice, story):
    html = page("fit")
    number = re.search(r'data-node="(/lineage/nodes/\d+/)" data-start', html)[1]
    drawer = unescape(alice.get(number, {"of": story.arns["fit"]}).content.decode())
    assert "<h2" in drawer and "churn-fit" in drawer
    assert "In · 3" in drawer and "Out · 1" in drawer and "num_round" in drawer
    assert 'href="/training-jobs/churn-fit/"' in drawer
    assert alice.get("/lineage/nodes/999999999/").status_code == 404


def test_list_and_csv_hold_the_same(page, alice, story):
    html = page("fit", view="list", down=3)
    rows = listed(alice, story, "fit", down=3)
    assert rows[0]["Direction"] == "start" and rows[0]["Name"] == "churn-fit"
    assert {row["Direction"] for row in rows[1:]} == {"before", "after"}
    for row in rows:
        assert row["Name"] in html
    assert html.count("<tr") == len(rows) + 1
    only = listed(alice, story, "fit", down=3, type="Endpoint")
    assert [row["Name"] for row in only] == ["churn-fit", "live"]
    assert 'value="Endpoint"' in page("fit", down=3, type="Endpoint")


def test_as_it_was_on_a_day(page, alice, story):
    from areas.lineage.models import Edge, Node

    week = timedelta(days=7)
    nodes = Node.objects.filter(connection=story.aws.connection)
    model = nodes.get(source="s3://b/out/churn-fit/output/model.tar.gz")
    for node in nodes.all():
        Node.objects.filter(id=node.id).update(created=node.created - 3 * week)
    edges = Edge.objects.filter(source__connection=story.aws.connection)
    for edge in edges.all():
        Edge.objects.filter(id=edge.id).update(created=edge.created - 3 * week)
    today = model.created
    edges.filter(source=model).update(removed=today - 2 * week)
    now, then = (listed(alice, story, "fit", down=2, up=0, at=at) for at in ("", f"{today - 2.5 * week:%Y-%m-%d}"))
    assert {row["Name"] for row in now} == {"churn-fit", "output/model.tar.gz"}
    assert "churn-model" in {row["Name"] for row in then}
    before = listed(alice, story, "fit", at=f"{today - 4 * week:%Y-%m-%d}")
    assert len(before) == 1
    assert "came later" in page("fit", at=f"{today - 30 * week:%Y-%m-%d}")
    assert "is no time; write" in page("fit", at="yesterday", status=400)


def test_a_deleted_endpoint_says_so(page, story):
    from catalog.models import Record
    from engine import store

    store.remove(Record.objects.get(connection=story.aws.connection, kind="Endpoint", name="live"))
    html = page("endpoint", up=1)
    assert "was deleted" in html and "node--gone" in html


def test_names_are_escaped(aws, story, page):
    uri = "s3://b/<script>alert(1)</script>"
    aws.client("sagemaker").create_artifact(Source={"SourceUri": uri}, ArtifactType="=cmd()")
    response = page(uri)
    assert "<h1>" in response
    raw = browser(story, "alice", role=VIEWER).get("/lineage/", {"of": uri})
    assert b"<script>alert" not in raw.content
    csv_text = browser(story, "alice", role=VIEWER).get("/lineage/", {"of": uri, "format": "csv"}).content.decode()
    assert "'=cmd()" in csv_text


def test_an_outsider_sees_nothing(story):
    outsider = browser(story, "mallory")
    for path in ("/lineage/", "/lineage/nodes/1/", "/api/v1/lineage/?arn=x"):
        assert outsider.get(path).status_code in (302, 401, 403, 404), path
        assert Client().get(path).status_code in (302, 401, 403)


def test_rest(alice, story):
    def ask(status: int = 200, **query):
        response = alice.get("/api/v1/lineage/", query)
        assert response.status_code == status, response.content
        return response.json()

    found = ask(arn=story.arns["fit"], direction="down", depth=4)
    assert found["start"]["source"] == story.arns["fit"] and found["start"]["level"] == 0
    assert {node["level"] for node in found["nodes"]} >= {1, 2, 3}
    assert {"Model", "ModelDeployment", "Endpoint"} <= {node["type"] for node in found["nodes"]}
    arns = {node["arn"] for node in found["nodes"]} | {found["start"]["arn"]}
    assert all(edge["source"] in arns and edge["destination"] in arns for edge in found["edges"])
    assert found["edges"][0]["type"] == "Produced"
    up = ask(arn=story.arns["fit"], direction="up", types="Image")
    assert [node["type"] for node in up["nodes"]] == ["Image"] and up["nodes"][0]["level"] == -1
    assert ask(404, arn="training-job/nobody")["code"] == "NotFound"
    assert ask(422, arn=story.arns["fit"], at="yesterday")["code"] == "InvalidInput"
    ask(422, arn=story.arns["fit"], depth=11)
    assert ask(arn=story.arns["fit"], at="2001-01-01")["nodes"] == []


@pytest.mark.parametrize("path", ["/training-jobs/churn-fit/", "/models/churn-model/", "/endpoints/live/"])
def test_pages_of_things_lead_to_their_lineage(alice, path):
    html = unescape(alice.get(path).content.decode())
    (link,) = re.findall(r'href="(/lineage/\?of=[^"]+)"', html)
    assert path.rstrip("/").rpartition("/")[2] in unescape(alice.get(link).content.decode())
    assert alice.get(link).status_code == 200
