"""What is charged for jobs, pools and endpoints, and how it adds up."""

import time
from datetime import UTC, date, datetime

import pytest

from areas.costs import metering, prices, sums
from areas.costs.models import Charge
from catalog.access import EVERYTHING, Access, Rule
from catalog.models import Record
from tests.areas.costs.conftest import NOON


def asked(books, access=EVERYTHING, **given):
    question = sums.Question.of({"since": "2026-03-01", "until": "2026-03-31", **given})
    rows = sums.charges(books.connection.id, access, question)
    return sums.groups(rows, question)[0], sums.total(rows)


def test_a_job_costs_its_billable_hours_of_all_its_instances(books):
    books.train("one", seconds=1800, count=2)
    (group,), total = asked(books)
    assert group == {"group": "alice", "cost": pytest.approx(0.115), "hours": pytest.approx(1), "things": 1}
    assert total["cost"] == pytest.approx(0.115)


def test_a_job_is_charged_once_and_not_before_it_ended(books):
    record = books.train("one", status="InProgress")
    assert asked(books)[1]["things"] == 0
    record.status = "Stopped"
    metering.meter(record)
    metering.meter(record)
    assert asked(books)[1]["hours"] == pytest.approx(1)


def test_each_instance_group_has_its_price(books):
    groups = [
        {"InstanceGroupName": "big", "InstanceType": "ml.c5.2xlarge", "InstanceCount": 1},
        {"InstanceGroupName": "small", "InstanceType": "ml.m5.large", "InstanceCount": 3},
    ]
    books.train("mixed", document={"ResourceConfig": {"InstanceGroups": groups}})
    found, total = asked(books, by="instance")
    assert {one["group"]: one["cost"] for one in found} == {
        "ml.c5.2xlarge": pytest.approx(0.408), "ml.m5.large": pytest.approx(3 * 0.115)
    }  # fmt: skip
    assert total["things"] == 1


def test_spot_is_cheaper_here_and_already_discounted_on_aws(books):
    books.train("spot", document={"EnableManagedSpotTraining": True})
    total = asked(books)[1]
    assert total["cost"] == pytest.approx(0.115 * (1 - prices.SPOT_DISCOUNT))
    assert total["saved"] == pytest.approx(0.115 * prices.SPOT_DISCOUNT)
    books.connection.backend = "aws"
    books.connection.save()
    books.train("theirs", document={"EnableManagedSpotTraining": True}, owner="bob")
    found, _ = asked(books)
    assert {one["group"]: one["cost"] for one in found}["bob"] == pytest.approx(0.115)


def test_a_warm_pool_is_charged_when_it_ends(books):
    record = books.train("kept")
    record.document["WarmPoolStatus"] = {"Status": "Available"}
    metering.meter(record)
    assert asked(books)[1]["hours"] == pytest.approx(1)
    record.document["WarmPoolStatus"] = {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 600}
    metering.meter(record)
    metering.meter(record)
    found, _ = asked(books, by="what")
    assert {one["group"]: one["hours"] for one in found} == {
        "job": pytest.approx(1), "warm pool": pytest.approx(1 / 6)
    }  # fmt: skip


def test_processing_and_transform_cost_from_their_start_to_their_end(books):
    cluster = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2}
    books.put("ProcessingJob", "p", {"ProcessingResources": {"ClusterConfig": cluster}, "ProcessingStartTime": NOON,
                                     "ProcessingEndTime": NOON + 3600})  # fmt: skip
    books.put("TransformJob", "t", {"TransformResources": cluster, "TransformStartTime": NOON,
                                    "TransformEndTime": NOON + 1800})  # fmt: skip
    found, _ = asked(books, by="noun")
    assert {one["group"]: one["cost"] for one in found} == {
        "ProcessingJob": pytest.approx(0.46), "TransformJob": pytest.approx(0.23)
    }  # fmt: skip


def test_a_job_over_midnight_has_a_part_on_each_day(books):
    began = datetime(2026, 3, 10, 23, tzinfo=UTC).timestamp()
    books.train("late", began=began, seconds=26 * 3600)
    found, _ = asked(books, by="day")
    assert [(one["group"], round(one["hours"], 6)) for one in found] == [
        (date(2026, 3, 12), 1), (date(2026, 3, 11), 24), (date(2026, 3, 10), 1)
    ]  # fmt: skip


def test_tags_and_projects_add_up_and_what_has_none_is_told(books):
    books.train("a", tags={"project": "churn", "team": "x"})
    books.train("b", tags={"project": "churn"})
    books.train("c")
    found, total = asked(books, by="tag")
    assert [(one["group"], one["things"], round(one["cost"], 6)) for one in found] == [("churn", 2, 0.23)]
    question = sums.Question.of({"since": "2026-03-01", "until": "2026-03-31", "by": "tag"})
    rest = sums.untagged(sums.charges(books.connection.id, EVERYTHING, question), "project")
    assert rest["cost"] + found[0]["cost"] == pytest.approx(total["cost"])


def test_charges_outlive_the_job(books):
    books.train("gone").delete()
    assert asked(books)[1]["cost"] == pytest.approx(0.115)


def test_hours_without_a_price_are_told_apart_until_a_price_is_set(books, django_user_model):
    books.train("odd", kind="ml.z9.large")
    (group,), total = asked(books)
    assert group["cost"] is None
    assert (total["cost"], total["unpriced"]) == (0, pytest.approx(1))
    ada = django_user_model.objects.create_user("ada-prices")
    prices.set_price(books.connection, "ml.z9.large", "2.5", user=ada)
    assert asked(books)[1]["cost"] == pytest.approx(2.5)
    prices.set_price(books.connection, "ml.z9.large", 9, user=ada)
    assert asked(books)[1]["cost"] == pytest.approx(2.5)  # a charge keeps its price
    assert prices.reset_price(books.connection, "ml.z9.large")
    assert prices.hourly(books.connection.id, "ml.z9.large") is None


@pytest.mark.parametrize(("kind", "dollars"), [("m5.large", 1), ("ml.m5.large", -1), ("ml.m5.large", "nan"),
                                               ("ml.m5.large", "x"), ("ml.m5.large", 1e9)])  # fmt: skip
def test_an_impossible_price_is_refused(books, django_user_model, kind, dollars):
    with pytest.raises(prices.BadPrice):
        prices.set_price(books.connection, kind, dollars, user=django_user_model(username="ada"))


def test_only_what_may_be_viewed_is_counted(books):
    books.train("churn-1")
    books.train("fraud-1")
    access = Access("x", rules=(Rule(frozenset({"view"}), frozenset({"TrainingJob"}), ("churn-*",)),))
    assert asked(books, access)[1]["things"] == 1
    assert asked(books, Access("nobody"))[1]["things"] == 0


class TestEndpoints:
    VARIANT = {"VariantName": "main", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}

    def endpoint(self, books, count=1) -> Record:
        books.put("EndpointConfig", "config", {"ProductionVariants": [self.VARIANT]}, status="")
        shown = [{"VariantName": "main", "CurrentInstanceCount": count}]
        document = {"EndpointConfigName": "config", "ProductionVariants": shown}
        return books.put("Endpoint", "live", document, status="InService")

    def test_hours_run_while_it_serves_and_stop_with_it(self, books):
        record = self.endpoint(books)
        row = Charge.objects.get(record=record.id)
        Charge.objects.filter(id=row.id).update(began=row.began - 7200)
        assert sums.priced(Charge.objects.filter(record=record.id)).get().cost == pytest.approx(0.23, rel=1e-3)
        metering.meter(record)
        assert Charge.objects.filter(record=record.id).count() == 1
        metering.meter(record, is_gone=True)
        assert not Charge.objects.filter(record=record.id, seconds=None).exists()

    def test_more_instances_are_charged_from_then_on(self, books):
        record = self.endpoint(books)
        record.document["ProductionVariants"][0]["CurrentInstanceCount"] = 3
        Record.objects.filter(kind="EndpointConfig", connection=books.connection).delete()  # its type stays known
        metering.meter(record)
        assert list(
            Charge.objects.filter(record=record.id, seconds=None).values_list("instances", "instance_type")
        ) == [(3, "ml.m5.large")]

    def test_days_are_cut_at_midnight_when_read(self, books):
        record = self.endpoint(books)
        now = time.time()
        began = now - 3 * 86400
        day = datetime.fromtimestamp(began, UTC).date()
        Charge.objects.filter(record=record.id).update(began=began, day=day)
        metering.roll(books.connection.id, now)
        metering.roll(books.connection.id, now)
        rows = Charge.objects.filter(record=record.id).order_by("day")
        assert rows.count() == 4
        assert [row.seconds is None for row in rows] == [False, False, False, True]
        hours = sum(row.hours for row in sums.priced(rows, now))
        assert hours == pytest.approx(72, rel=1e-6)
