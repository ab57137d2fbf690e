"""The cost pages, their REST, and who may see and change what."""

import csv
import io

import pytest

from areas.costs.models import Price
from studio.rest import tokens


def test_the_page_adds_up_and_outsiders_see_nothing(books):
    books.train("one", owner="<b>mallory", tags={"project": "churn"})
    vera = books.person("vera", "Viewer")
    span = "since=2026-03-01&until=2026-03-31"
    page = vera.get(f"/costs/?{span}&by=owner").content.decode()
    assert "$0.115" in page
    assert "&lt;b&gt;mallory" in page
    assert "charges nothing" in page
    assert "churn" in vera.get(f"/costs/?{span}&by=tag&tag=project").content.decode()
    assert vera.get("/costs/?since=tomorrow").status_code == 400
    assert vera.get("/costs/?by=colour").status_code == 400
    assert books.person("charlie", "").get("/costs/").status_code in (302, 403, 404)


def test_the_csv_has_every_charge_and_no_formula(books):
    books.train("one", owner="=cmd()", tags={"a": "b", "c": "d"})
    answer = books.person("vera", "Viewer").get("/costs/charges.csv?since=2026-03-01&until=2026-03-31")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert rows[0]["owner"] == "'=cmd()"
    assert rows[0]["tags"] == "a=b;c=d"
    assert float(rows[0]["cost"]) == pytest.approx(0.115)


def test_days_that_no_calendar_has_before_are_no_error(books):
    page = books.person("vera", "Viewer").get("/costs/?until=0001-01-01")
    assert page.status_code == 400
    assert "must not be after until" in page.content.decode()


def test_groups_are_paged(books):
    for number in range(52):
        books.train(f"job-{number:02}", seconds=100 + number, owner=f"owner-{number}")
    vera, span = books.person("vera", "Viewer"), "since=2026-03-01&until=2026-03-31"
    first, second = (vera.get(f"/costs/?{span}&page={page}").content.decode() for page in (1, 2))
    assert "owner-51<" in first
    assert "owner-0<" in second
    assert "owner-0<" not in first


@pytest.mark.parametrize(("given", "words"), [
    ("instance_type=ml.m5.large&max_runtime=3600", "$0.12"),
    ("instance_type=ml.m5.large&max_runtime=3600&instance_count=10&spot=on", "$0.3"),
    ("instance_type=ml.z1.large", "No price"),
    ("instance_type=&max_runtime=x", "Choose an instance type"),
])  # fmt: skip
def test_an_estimate_follows_the_form(books, given, words):
    answer = books.person("vera", "Viewer").get(f"/costs/estimate/TrainingJob/?{given}")
    assert words in answer.content.decode()


def test_an_estimate_knows_the_last_job_and_an_endpoints_month(books):
    books.train("before", seconds=72)
    vera = books.person("vera", "Viewer")
    assert "$0.0023" in vera.get("/costs/estimate/TrainingJob/?instance_type=ml.m5.large").content.decode()
    assert "$83.95" in vera.get("/costs/estimate/Endpoint/?instance_type=ml.m5.large").content.decode()


@pytest.mark.parametrize(("given", "words"), [
    ("max_runtime=3600&most=20", "$2.30"),
    ("max_runtime=3600&most=20&instance_count=2", "$4.60"),
    ("max_runtime=3600&most=20&parallel=2&longest=7200", "$0.46"),
])  # fmt: skip
def test_a_tuning_jobs_estimate_is_of_all_its_training_jobs(books, given, words):
    address = f"/costs/estimate/HyperParameterTuningJob/?instance_type=ml.m5.large&{given}"
    page = books.person("vera", "Viewer").get(address).content.decode()
    assert words in page
    assert "20 jobs" in page


def test_an_estimate_of_one_of_several_variants(books):
    address = "/costs/estimate/Endpoint/?prefix=form-1-&form-1-instance_type=ml.m5.large&form-1-count=2"
    assert "$167.90" in books.person("vera", "Viewer").get(address).content.decode()


def test_what_one_job_cost(books):
    books.train("one")
    vera = books.person("vera", "Viewer")
    assert "$0.115" in vera.get("/costs/of/TrainingJob/one/").content.decode()
    assert vera.get("/costs/of/TrainingJob/two/").status_code == 404


def test_a_tuning_job_costs_what_its_training_jobs_did(books):
    books.put("HyperParameterTuningJob", "search", {})
    for number in (1, 2):
        books.train(f"search-00{number}", document={"TuningJobArn": "arn:search"})
    books.train("search-of-another", document={"TuningJobArn": "arn:another"})
    page = books.person("vera", "Viewer").get("/costs/of/HyperParameterTuningJob/search/").content.decode()
    assert "$0.2300" in page


def test_prices_are_changed_by_who_manages_them(books):
    ada, vera = books.person("ada", "Admin"), books.person("vera", "Viewer")
    given = {"instance_type": "ml.m5.large", "hourly": "0.2"}
    assert vera.post("/costs/prices/set/", given).status_code == 403
    assert ada.post("/costs/prices/set/", given).status_code == 302
    assert Price.objects.get(connection=books.connection).hourly == 0.2
    assert "$0.2000<" in vera.get("/costs/prices/").content.decode()
    assert ada.post("/costs/prices/set/", {**given, "hourly": "lots"}).status_code == 422
    assert ada.post("/costs/prices/reset/", given).status_code == 302
    assert not Price.objects.filter(connection=books.connection).exists()


def test_rest_tells_the_same(books, django_user_model):
    books.train("one", tags={"project": "churn"})
    books.person("ada", "Admin")
    ada = django_user_model.objects.get(username=f"ada-{books.connection.account}")
    text, _ = tokens.create(user=ada, name="test")
    from django.test import Client

    rest = Client(headers={"Authorization": f"Bearer {text}", "Atelier-Connection": books.connection.name})
    found = rest.get("/api/v1/costs/?since=2026-03-01&until=2026-03-31&by=tag").json()
    assert found["items"] == [{"group": "churn", "cost": pytest.approx(0.115), "hours": pytest.approx(1), "things": 1}]
    assert found["charged"] is False
    assert rest.get("/api/v1/costs/?by=colour").status_code == 422
    most = rest.get("/api/v1/costs/estimate/?instance_type=ml.m5.large&max_runtime=7200&instance_count=2").json()[
        "most"
    ]
    assert most == pytest.approx(0.46)
    assert rest.put("/api/v1/costs/prices/ml.m5.large/", {"hourly": 1}, "application/json").json()["is_own"]
    assert next(one for one in rest.get("/api/v1/costs/prices/").json() if one["is_own"])["hourly"] == 1
    assert rest.delete("/api/v1/costs/prices/ml.m5.large/").status_code == 204
    assert rest.delete("/api/v1/costs/prices/ml.m5.large/").status_code == 404
