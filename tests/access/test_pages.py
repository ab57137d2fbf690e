"""What pages and REST show to whom: only what may be viewed, only what may be done, and no query for each row."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import AuditEntry, Connection, Grant, Record, Role, Tag
from jobs.models import Run
from tests.studio.conftest import make_jobs

PAGES = ("/", "/training-jobs/", "/training-jobs/?format=csv", "/search/?q=churn", "/shell/live/", "/datasets/",
         "/api/v1/training-jobs/", "/api/v1/runs/", "/api/v1/datasets/")  # fmt: skip


@pytest.fixture
def narrow(cast, aws):
    """Alice may view training jobs called churn-… only, and whatever else has the tag team = nlp."""
    cast.alice.grant.delete()
    rules = [{"verbs": ["view"], "nouns": ["TrainingJob"], "names": ["churn-*"]},
             {"verbs": ["view"], "nouns": ["Model"], "tags": {"team": "nlp"}}]  # fmt: skip
    role = Role.objects.create(name=f"narrow-{aws.number}", rules=rules)
    Grant.objects.create(role=role, user=cast.alice.user, connection=aws.connection)
    return cast.alice


def make(connection, kind: str, name: str, **tags) -> Record:
    now = timezone.now()
    record = Record.objects.create(
        connection=connection, kind=kind, name=name, arn=f"arn:aws:sagemaker:us-east-1:0:x/{name}", status="Completed",
        created=now, modified=now, document={f"{kind}Name": name},
    )  # fmt: skip
    Tag.objects.bulk_create([Tag(record=record, key=key, value=value) for key, value in tags.items()])
    return record


def text_of(answer) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode()


def test_lists_searches_and_tiles_show_what_may_be_viewed(narrow, aws):
    for kind, name, tags in (
        ("TrainingJob", "churn-1", {}), ("TrainingJob", "secret-churn", {}),
        ("Model", "churn-model", {"team": "nlp"}), ("Model", "secret-model", {"team": "risk"}),
        ("Endpoint", "secret-churn-endpoint", {}),
    ):  # fmt: skip
        make(aws.connection, kind, name, **tags)
    Run.objects.create(connection=aws.connection, kind="TrainingJob", name="secret-churn", due=timezone.now(), plan=[])
    for page in PAGES:
        client = narrow.rest if page.startswith("/api/") else narrow.browser
        answer = client.get(page)
        if answer.status_code != 403:
            assert "secret" not in text_of(answer), page
    assert "churn-1" in text_of(narrow.browser.get("/training-jobs/"))
    assert [one["name"] for one in narrow.rest.get("/api/v1/models/").json()["items"]] == ["churn-model"]
    assert narrow.browser.get("/training-jobs/secret-churn/").status_code == 403
    assert narrow.browser.get("/models/churn-model/").status_code == 200
    assert narrow.browser.get("/models/secret-model/").status_code == 403
    assert narrow.browser.get("/endpoints/").status_code == 403
    assert 'href="/endpoints/"' not in text_of(narrow.browser.get("/"))


def test_a_viewer_is_offered_nothing_to_do(cast, aws):
    make(aws.connection, "TrainingJob", "churn-1")
    make(aws.connection, "Model", "m-1")
    for page, words in (
        ("/training-jobs/", "Create training job"), ("/training-jobs/churn-1/", "Delete"), ("/", "Add dataset"),
        ("/models/m-1/", "Delete"), ("/models/m-1/", "Add</button>"), ("/datasets/", "Add dataset"),
    ):  # fmt: skip
        assert words in text_of(cast.ada.browser.get(page)), page
        assert words not in text_of(cast.vera.browser.get(page)), page


def test_a_connection_without_a_role_is_as_one_that_is_not_there(cast, aws, engine):
    from tests.stage import Account

    other = Account(engine, str(int(aws.number) + 400_000_000_000)).connection
    vera = cast.vera
    assert other.name not in text_of(vera.browser.get("/"))
    assert vera.browser.get(f"/?connection={other.name}").wsgi_request.connection == aws.connection
    vera.browser.post("/settings/connections/choose/", {"connection": other.name})
    assert vera.browser.get("/").wsgi_request.connection == aws.connection
    for name in (other.name, "no-such-connection"):
        answer = vera.rest.get("/api/v1/models/", headers={"Atelier-Connection": name})
        assert (answer.status_code, answer.json()["code"]) == (404, "UnknownConnection")
    assert other.name not in [one["name"] for one in vera.rest.get("/api/v1/connections/").json()]
    assert Connection.objects.filter(pk=other.pk).exists()


def test_who_has_no_role_is_told_whom_to_ask(cast, aws):
    charlie = cast.charlie.browser
    for page, status in (("/", 200), ("/training-jobs/", 403)):
        answer = charlie.get(page)
        assert answer.status_code == status
        assert "You have no role yet" in text_of(answer)
    Grant.objects.create(role=cast.vera.grant.role, user=cast.charlie.user, connection=aws.connection)
    assert charlie.get("/training-jobs/").status_code == 200


def test_a_run_is_seen_by_who_asked_for_it(narrow, aws):
    mine = Run.objects.create(
        connection=aws.connection, kind="Model", name="m", due=timezone.now(), plan=[], user=narrow.user
    )
    other = Run.objects.create(connection=aws.connection, kind="Model", name="n", due=timezone.now(), plan=[])
    assert [one["id"] for one in narrow.rest.get("/api/v1/runs/").json()["items"]] == [mine.id]
    assert narrow.rest.get(f"/api/v1/runs/{other.id}/").status_code == 404


def test_what_may_not_be_made_is_refused_at_once_and_leaves_no_run(cast, aws):
    answer = cast.vera.rest.post("/api/v1/models/", {"ModelName": "m"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "AccessDenied")
    assert not Run.objects.filter(connection=aws.connection).exists()


def test_a_run_is_in_the_audit_log(cast, aws):
    answer = cast.alice.rest.post("/api/v1/endpoints/", {"EndpointName": "e"}, content_type="application/json")
    number = answer.json()["id"]
    assert cast.alice.rest.post(f"/api/v1/runs/{number}/cancel/").status_code == 204
    told = AuditEntry.objects.filter(connection=aws.connection.name, action__endswith="Run").order_by("number")
    assert [(one.user, one.via, one.action, one.target) for one in told] == [
        (cast.alice.name, "rest", "StartRun", f"Run {number} for Endpoint e"),
        (cast.alice.name, "rest", "CancelRun", f"Run {number} for Endpoint e"),
    ]


def test_the_maker_of_a_predict_key_lends_it_their_role(cast, aws):
    from areas.endpoints.models import make_key

    key, _ = make_key(actor=cast.alice.user, connection=aws.connection, endpoint="e", name="k", per_minute=0)
    headers = {"Authorization": f"Bearer {key}"}
    client = cast.charlie.browser
    assert client.post("/predict/e", b"1", content_type="text/csv", headers=headers).status_code == 404  # no endpoint
    from engine.wire import authorise

    Grant.objects.filter(user=cast.alice.user).delete()
    authorise._kept.clear()  # what the data plane keeps for two seconds
    assert client.post("/predict/e", b"1", content_type="text/csv", headers=headers).status_code == 403


@pytest.mark.parametrize("page", ["/training-jobs/", "/api/v1/training-jobs/", "/", "/search/?q=churn"])
def test_no_query_for_each_row(narrow, aws, page):
    def count() -> int:
        from django.core.cache import cache

        cache.clear()
        client = narrow.rest if page.startswith("/api/") else narrow.browser
        client.get(page)
        cache.clear()
        with CaptureQueriesContext(
            database,
        ) as queries:
            assert client.get(page).status_code == 200
        return len(queries)

    make_jobs(aws.connection, 5, prefix="churn")
    few = count()
    make_jobs(aws.connection, 50, prefix="churn-more")
    assert count() == few
