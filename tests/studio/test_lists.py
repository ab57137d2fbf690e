"""List and detail pages of any Resource."""

import csv
import io

import pyarrow.parquet as pq
import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Record
from jobs.models import Run
from tests.studio.conftest import make_jobs

PAGE = "/training-jobs/?columns=name,status,owner,created,metrics.validation:auc,tags.team&size=100"


def queries(browser, page: str) -> int:
    from django.core.cache import cache

    cache.clear()
    with CaptureQueriesContext(database) as captured:
        assert browser.get(page).status_code == 200
    return len(captured)


@pytest.mark.django_db
@pytest.mark.parametrize("page", [PAGE, "/", "/search/?q=job", "/training-jobs/?part=live&since=2020-01-01T00:00:00Z"])
def test_a_page_asks_as_often_for_ten_as_for_a_thousand(browser, connection, page):
    make_jobs(connection, 10)
    few = queries(browser, page)
    make_jobs(connection, 990, prefix="more")
    assert queries(browser, page) <= few


@pytest.mark.django_db
def test_the_list_is_what_its_address_says(browser, connection):
    make_jobs(connection, 60)
    page = browser.get("/training-jobs/?q=name+~+00&sort=name&page=2").content.decode()
    assert "26–50 of 60" in page
    assert page.index("job-0025") < page.index("job-0026")
    assert "job-0024<" not in page


@pytest.mark.django_db
def test_an_unreadable_query_is_marked_and_nothing_is_lost(browser, connection):
    make_jobs(connection, 2)
    page = browser.get("/training-jobs/?q=status+%3D+Failed+AND+(owner+%3D").content.decode()
    assert "A value is missing after owner =" in page
    assert 'value="status = Failed AND (owner ="' in page
    assert "job-0001" in page


@pytest.mark.django_db
def test_empty_and_no_match_differ(browser, connection):
    assert "No training jobs in workbench" in browser.get("/training-jobs/").content.decode()
    make_jobs(connection, 1)
    assert "No training job matches" in browser.get("/training-jobs/?q=zebra").content.decode()


@pytest.mark.django_db
def test_csv_holds_all_that_the_filter_shows(browser, connection):
    make_jobs(connection, 60)
    Record.objects.filter(name="job-0007").update(owner="=HYPERLINK(1)")
    answer = browser.get("/training-jobs/?format=csv&columns=name,owner,metrics.validation:auc,tags.team&sort=name")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert rows[0] == ["Name", "Owner", "validation:auc", "team"]
    assert len(rows) == 61
    assert rows[1][3] == "risk"
    assert rows[2][3] == ""
    assert rows[8][1] == "'=HYPERLINK(1)"
    assert float(rows[1][2]) == pytest.approx(0.002)


@pytest.mark.django_db
def test_parquet_has_typed_columns(browser, connection):
    make_jobs(connection, 60)
    answer = browser.get(
        "/training-jobs/?format=parquet&columns=name,created,metrics.validation:auc,tags.team&sort=name"
    )
    table = pq.read_table(io.BytesIO(b"".join(answer.streaming_content)))
    assert [str(field.type) for field in table.schema] == ["string", "timestamp[us, tz=UTC]", "double", "string"]
    assert table.num_rows == 60
    assert table.column("validation:auc")[0].as_py() == pytest.approx(0.002)


@pytest.mark.django_db
def test_new_rows_and_changed_statuses_arrive(browser, connection):
    going = make_jobs(connection, 1, status="InProgress")[0]
    since = timezone.now().isoformat().replace("+", "%2B")
    page = f"/training-jobs/?part=live&since={since}&ids={going.id}"
    before = browser.get(page).content.decode()
    assert "InProgress" in before
    assert "hx-get" in before
    Record.objects.filter(id=going.id).update(status="Completed")
    make_jobs(connection, 2, prefix="new")
    Record.objects.filter(name__startswith="new").update(created=timezone.now())
    after = browser.get(page).content.decode()
    assert "2 new" in after
    assert f'id="status-{going.id}"' in after
    assert "Completed" in after


@pytest.mark.django_db
def test_other_connections_are_not_shown(browser, connection):
    from catalog.models import Connection

    other = Connection.objects.create(name="other", backend="aws", account="111111111111", region="eu-west-1")
    make_jobs(other, 1, prefix="secret")
    assert "secret-0000" not in browser.get("/training-jobs/").content.decode()
    browser.post("/settings/connections/choose/", {"connection": "other"})
    assert "secret-0000" in browser.get("/training-jobs/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("tab", ["overview", "configuration", "events", "tags", "code"])
def test_the_detail_page_has_an_address_for_each_tab(browser, connection, tab):
    now = timezone.now()
    Record.objects.create(
        connection=connection, kind="EndpointConfig", name="config", arn="arn:aws:sagemaker:::endpoint-config/config",
        created=now, modified=now, document={"EndpointConfigName": "config", "ProductionVariants": [
            {"VariantName": "all", "ModelName": "m", "InitialInstanceCount": 1}]},
    )  # fmt: skip
    from django.test import RequestFactory

    from studio.pages.generic import show_detail

    request = RequestFactory().get(f"/?tab={tab}")
    request.connection, request.connections, request.session = connection, {}, {}
    request.user = browser.get("/").wsgi_request.user
    answer = show_detail(request, "EndpointConfig", "config")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert {"configuration": "ProductionVariants", "code": "create_endpoint_config", "events": "Created",
            "tags": "Add tag", "overview": "Identity"}[tab] in page  # fmt: skip


@pytest.mark.django_db
def test_a_bulk_action_takes_only_what_it_fits(browser, connection):
    make_jobs(connection, 3)
    make_jobs(connection, 2, status="InProgress", prefix="going")
    names = ["job-0000", "job-0001", "going-0000"]
    browser.post("/training-jobs/actions/", {"operation": "StopTrainingJob", "name": names})
    runs = list(Run.objects.filter(connection=connection))
    assert [run.name for run in runs] == ["going-0000"]
    assert runs[0].plan == [{"call": "StopTrainingJob", "request": {"TrainingJobName": "going-0000"}}]
    browser.post(
        "/training-jobs/actions/", {"operation": "DeleteTrainingJob", "all": "1", "query": "job-0001 OR job-0002"}
    )
    assert sorted(connection.runs.exclude(id=runs[0].id).values_list("name", flat=True)) == ["job-0001", "job-0002"]


@pytest.mark.django_db
def test_a_bulk_action_with_an_unreadable_query_does_nothing(browser, connection):
    make_jobs(connection, 3)
    browser.post("/training-jobs/actions/", {"operation": "DeleteTrainingJob", "all": "1", "query": "status ="})
    assert not connection.runs.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("operation", ["CreateTrainingJob", "DeleteModel", ""])
def test_no_action_that_is_not_declared(browser, connection, operation):
    make_jobs(connection, 1)
    assert browser.post("/training-jobs/actions/", {"operation": operation, "name": "job-0000"}).status_code == 404
