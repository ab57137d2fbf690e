"""The table of an experiment's runs: what its address says is what it shows."""

import csv
import html
import io
import json
import re
from urllib.parse import urlencode

import pyarrow.parquet as pq
import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from areas.experiments.table_columns import STATS, column, written
from catalog.models import MetricSeries, RunRow
from tests.areas.experiments import curves_stage as stage


@pytest.fixture
def four(aws):
    """An experiment of four runs: two depths with two seeds each."""
    home, trial = stage.experiment(aws.connection)
    runs = [
        stage.run(
            aws.connection, trial=trial, label=f"depth {depth} seed {seed}", parameters={"depth": depth, "seed": seed, "same": "x"},
            curves={"val/auc": [0.5, auc, auc - 0.1], "val/loss": [2.0, 1 - auc]}, tags={"team": team},
        )
        for depth, seed, auc, team in ((3, 0, 0.8, "risk"), (3, 1, 0.82, "risk"), (6, 0, 0.9, "fraud"), (6, 1, 0.94, "risk"))
    ]  # fmt: skip
    return home, trial, runs


@pytest.fixture
def show(cast, four):
    """The page as text; with ``format``, the file's bytes."""

    def show(status: int = 200, person=None, **query):
        answer = (person or cast.alice).browser.get(f"/experiments/{four[0].name}/?{urlencode(query, doseq=True)}")
        assert answer.status_code == status, answer.content.decode()[:3000]
        return b"".join(answer.streaming_content) if answer.streaming else html.unescape(answer.content.decode())

    return show


def labels(page: str) -> list[str]:
    return re.findall(r'<tr role="row" class="run[^>]*data-label="([^"]*)"', page)


def cells(page: str, label: str) -> list[str]:
    """The texts of a run's cells, after box and name."""
    row = re.search(rf'<tr role="row" class="run[^>]*data-label="{label}".*?</tr>', page, re.S)[0]
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)[2:]]


def test_it_sorts_by_any_number_of_a_metric(show):
    best_first = ["depth 6 seed 1", "depth 6 seed 0", "depth 3 seed 1", "depth 3 seed 0"]
    assert labels(show(sort="-metrics.val/auc.max")) == best_first
    assert labels(show(sort="metrics.val/loss.min")) == best_first
    assert labels(show(sort="params.depth", q='params.seed = "1"')) == ["depth 3 seed 1", "depth 6 seed 1"]


def test_columns_are_what_the_address_names_in_its_order(show):
    page = show(c=["metrics.val/auc.max", "params.depth", "tags.team", "metrics.val/auc", "nonsense"])
    assert re.findall(r'data-column="([^"]*)"', page) == [
        "run", "metrics.val/auc.max", "params.depth", "tags.team", "metrics.val/auc",
    ]  # fmt: skip
    assert cells(page, "depth 6 seed 1") == ["0.9400", "6", "risk", "0.8400"]


@pytest.mark.parametrize(
    "name", ["auc", "val loss", 'a"b', "loss.min", "x.y", "a,b", "validation:auc", "back\\slash", "ü"]
)
def test_a_column_is_read_as_it_is_written(name):
    for stat in STATS:
        found = column(written("metrics", name, stat))
        assert (found.name, found.stat, found.key) == (name, stat, written("metrics", name, stat))
    for family in ("params", "tags"):
        assert column(written(family, name)).name == name


def test_only_differences_leaves_out_what_is_the_same(show):
    chosen = ["params.same", "params.depth", "tags.team"]
    page = show(c=chosen, differ="1")
    assert re.findall(r'data-column="([^"]*)"', page)[1:] == ["params.depth", "tags.team"]
    assert "1 column without differences hidden" in page


def test_a_baseline_stands_first_and_others_tell_how_far_they_are(show, four):
    page = show(c=["metrics.val/auc.max", "metrics.val/loss"], sort="params.depth", baseline=four[2][1].name)
    assert labels(page)[0] == "depth 3 seed 1"
    assert "▲ +0.1200 better" in cells(page, "depth 6 seed 1")[0]  # 0.94 against 0.82: more auc is better
    assert "▼ −0.1200 better" in cells(page, "depth 6 seed 1")[1]  # less loss is better
    assert "▼ −0.0200 worse" in cells(page, "depth 3 seed 0")[0]


def test_groups_sum_metrics_up(show):
    page = show(group="params.depth", c=["metrics.val/auc.max"], sort="-metrics.val/auc.max", open="6")
    found = re.findall(r'<b class="mono truncate"[^>]*>([^<]*)</b><span[^>]*>(\d+) runs', page)
    assert found == [("6", "2"), ("3", "2")]  # by the mean, as the table is sorted
    assert "0.9200" in page
    assert "± 0.0283" in page  # of a sample: |0.94 - 0.90| / √2
    assert "0.9000 – 0.9400" in page
    assert labels(page) == ["depth 6 seed 1", "depth 6 seed 0"]  # those of the open group alone
    assert [
        name
        for name, _ in re.findall(
            r'<b class="mono truncate"[^>]*>([^<]*)</b><span[^>]*>(\d+) run', show(group="tags.team")
        )
    ] == ["risk", "fraud"]


def test_archived_runs_are_left_out_unless_asked_for(show, four):
    RunRow.objects.filter(record=four[2][0]).update(archived=four[2][0].created)
    assert "depth 3 seed 0" not in labels(show())
    assert "depth 3 seed 0" in labels(show(archived="1"))


def test_children_stand_below_their_parent_when_it_is_open(show, four, aws):
    parent = four[2][0]
    stage.run(aws.connection, trial=four[1], label="inner", tags={"mlflow.parentRunId": parent.name})
    assert "inner" not in labels(show())
    opened = labels(show(open=parent.name))
    assert opened.index("inner") == opened.index("depth 3 seed 0") + 1
    assert "inner" in labels(show(flat="1"))
    assert labels(show(q="inner")) == ["inner"]  # a query looks at all depths


def test_files_hold_what_the_table_shows(show):
    query = {"c": ["metrics.val/auc.max", "params.depth", "params.same", "created"], "q": "params.depth = 6",
             "sort": "-metrics.val/auc.max"}  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(show(format="csv", **query).decode())))
    assert [row["Run"] for row in rows] == labels(show(**query)) == ["depth 6 seed 1", "depth 6 seed 0"]
    assert [float(row["metrics.val/auc.max"]) for row in rows] == [0.94, 0.9]
    table = pq.read_table(io.BytesIO(show(format="parquet", **query)))
    assert str(table.schema.field("params.depth").type) == "double"
    assert str(table.schema.field("params.same").type) == "string"
    assert str(table.schema.field("Created").type) == "timestamp[us, tz=UTC]"
    assert table.column("metrics.val/auc.max").to_pylist() == [0.94, 0.9]
    assert table.column("params.depth").to_pylist() == [6, 6]


def test_live_tells_of_new_runs_and_of_cells_that_changed(show, four, aws):
    since = "2020-01-01T00:00:00Z"
    stage.log(four[2][0], {"val/auc": [0.99]}, first=10)
    found = json.loads(show(part="live", since=since, ids=four[2][0].id, c=["metrics.val/auc"]))
    assert found["new"] == 4
    assert "0.9900" in found["rows"][str(four[2][0].id)]["cells"][0]


def test_small_curves_are_drawn_from_the_points(show, four):
    found = json.loads(show(part="curves", ids=four[2][0].id, c=["status", "metrics.val/auc"]))
    assert found == {str(four[2][0].id): {"1": "0.0,18.0 32.0,2.0 64.0,7.3"}}


def test_nan_is_shown_and_exported_as_what_it_is(show, four):
    MetricSeries.objects.filter(run=four[2][0], name="val/auc").update(last=None)
    page = show(c=["metrics.val/auc"])
    assert cells(page, "depth 3 seed 0") == ["NaN"]
    assert "nan" in show(format="csv", c=["metrics.val/auc"]).decode()


def test_names_are_text_and_never_markup(cast, four, aws):
    evil = '"><script>alert(1)</script>'
    one = stage.run(aws.connection, trial=four[1], label=evil, parameters={evil: evil}, tags={"t": evil})
    query = urlencode(
        {"c": [written("params", evil), "tags", "note"], "show": one.name, "baseline": one.name}, doseq=True
    )
    for address in (
        f"?{query}",
        f"?{query}&group=tags.t",
        "?part=offer",
        "?part=group-by",
        f"?part=summary&run={one.name}",
    ):
        page = cast.alice.browser.get(f"/experiments/{four[0].name}/{address}").content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page or "\\u003C" in page or "part=group-by" in address


def test_no_statement_per_row(cast, four, aws):
    address = f"/experiments/{four[0].name}/?" + urlencode(
        {"c": ["status", "note", "dataset", "commit", "source", "trial", "tags", "metrics.val/auc", "params.depth"]},
        doseq=True,
    )
    browser = cast.alice.browser
    browser.get(address)

    def count() -> int:
        with CaptureQueriesContext(database) as captured:
            assert browser.get(address).status_code == 200
        return len(captured)

    few = count()
    for i in range(20):
        stage.run(aws.connection, trial=four[1], label=f"more {i}", parameters={"depth": i}, curves={"val/auc": [i]})
    assert count() <= few


def test_outsiders_see_nothing(show, cast):
    assert "depth 6" not in show(person=cast.vera, q="nothing-is-called-so")
    for query in ({}, {"format": "csv"}, {"part": "live"}, {"tab": "charts"}):
        show(status=403, person=cast.charlie, **query)


@pytest.mark.parametrize("tab", ["charts", "trials", "about"])
def test_each_tab_has_an_address(show, tab):
    page = show(tab=tab)
    assert 'aria-current="page"' in page
    assert {"charts": "/run-series/?", "trials": "-trial", "about": "MLflow id"}[tab] in page


def test_a_query_that_cannot_be_read_says_where(show):
    page = show(q="metrics.val/auc >")
    assert 'id="q-error"' in page
    assert len(labels(page)) == 4


@pytest.mark.parametrize("query", [{"sort": "-"}, {"sort": "params."}, {"page": "99999"}, {"size": "x"}, {"w": "5.run"},
                                   {"group": "metrics.a"}, {"baseline": "gone"}, {"c": "metrics."}, {"show": "gone"}])  # fmt: skip
def test_odd_addresses_show_the_table(show, query):
    assert show(**query)
