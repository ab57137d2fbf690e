"""What query boxes offer: at each place what could stand there, of what one may see."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.access import EVERYTHING, Access, Rule
from catalog.completion import About, complete
from catalog.models import Connection
from catalog.query_cursor import FIELD, JOIN, OPERATOR, VALUE, place_at


@pytest.mark.parametrize(
    ("text", "expects", "part", "field"),
    [
        ("", FIELD, "", ""),
        ("sta", FIELD, "sta", ""),
        ("status ", OPERATOR, "", "status"),
        ("status = ", VALUE, "", "status"),
        ('status = "Fai', VALUE, "Fai", "status"),
        ("status = Failed ", JOIN, "", ""),
        ("status = Failed AND me", FIELD, "me", ""),
        ("(NOT me", FIELD, "me", ""),
        ("status IN (Failed, St", VALUE, "St", "status"),
        ("status IN (Failed ", JOIN, "", "status"),
        ("status NOT IN (", VALUE, "", "status"),
        ("status IN (Failed) ", JOIN, "", ""),
        ('metrics."val lo', FIELD, 'metrics."val lo', ""),
        ('metrics."val loss".m', FIELD, 'metrics."val loss".m', ""),
        ("tags.team IS NULL ", JOIN, "", ""),
        ("tags.team IS ", OPERATOR, "", "tags.team"),
        ("tags.team EXISTS O", JOIN, "O", ""),
        ("penguins met", OPERATOR, "met", "penguins"),
    ],
)
def test_each_place_is_known(text, expects, part, field):
    place = place_at(text, len(text))
    assert (place.expects, place.part, place.field) == (expects, part, field)


def test_what_is_replaced_is_the_word_around_the_cursor():
    place = place_at("a AND metrics.auc > 3", 10)
    assert (place.begin, place.end, place.part) == (6, 17, "metr")


STATS = [f"metrics.metric_1.{stat}" for stat in ("min", "max", "mean")]
PIECES = (
    "metrics.", '"', "'", "(", ")", " ", "IN", "a", "=", "~", ",", "NOT", "tags.x", "`", "\\", "é", "\x00", "IS", ".",
)  # fmt: skip


@pytest.fixture
def home(db):
    from bench.seed_runs import seed

    where = Connection.objects.create(name="bench", backend="aws", account="1" * 12, region="eu-west-1")
    seed(where, "others", 3, metrics=1, parameters=1)
    return where, seed(where, "churn", 60, metrics=3, parameters=3)


def texts(home, text, access=EVERYTHING, experiment=True):
    where, record = home
    found = complete(text, len(text), About("TrialComponent", where, access, record.id if experiment else None))
    return [option["text"] for option in found["options"]]


@pytest.mark.parametrize("experiment", [True, False])
def test_keys_operators_and_values_are_offered(home, experiment):
    assert texts(home, "metrics.", experiment=experiment) == [
        "metrics.metric_0",
        "metrics.metric_1",
        "metrics.metric_2",
    ]
    assert texts(home, "metrics.metric_1.m", experiment=experiment) == [
        f"metrics.metric_1.{stat}" for stat in ("min", "max", "mean")
    ]
    assert texts(home, "param_2", experiment=experiment) == ["params.param_2"]
    assert texts(home, "params.param_1 = l", experiment=experiment)[:2] in (["lamb", "Lion"], ["Lion", "lamb"])
    assert set(texts(home, "tags.team = ", experiment=experiment)) == {"risk", "fraud", "growth"}
    assert set(texts(home, "status IN (", experiment=experiment)) == {"Completed", "Failed", "Stopped"}
    assert "IN (" in texts(home, "status ", experiment=experiment)
    assert ">" not in texts(home, "archived ", experiment=experiment)
    assert texts(home, "experiment = ch", experiment=experiment) == ["churn"]
    assert texts(home, "params.param_2 = ", experiment=experiment) == []  # sixty runs have sixty values


def test_nobody_hears_of_what_they_may_not_see(home):
    first = Access("vera", rules=(Rule(frozenset({"view"}), frozenset({"TrialComponent"}), names=("others-*",)),))
    assert texts(home, "metrics.", first, experiment=False) == ["metrics.metric_0"]
    assert texts(home, "metrics.", first) == []
    assert texts(home, "params.param_1 = ", first) == []
    assert texts(home, "status = ", first) == []
    assert texts(home, "experiment = ", first) == []


@pytest.mark.django_db
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.integers(-2, 30),
)
def test_completion_answers_whatever_stands_there(text, at):
    where = Connection.objects.filter(name="any").first() or Connection.objects.create(
        name="any", backend="aws", account="1" * 12, region="eu-west-1"
    )
    found = complete(text, at, About("TrialComponent", where, EVERYTHING, 1))
    assert 0 <= found["from"] <= found["to"] <= len(text)
