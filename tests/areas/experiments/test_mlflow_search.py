"""runs/search of MLflow's API: its language against a plain Python evaluator, orders, pages, the bin, several experiments."""

import random

import pytest

from areas.experiments.mlflow import filters
from areas.experiments.mlflow.errors import MlflowError
from tests.areas.experiments.mlflow_stage import Raw


@pytest.fixture
def raw(aws) -> Raw:
    return Raw(aws)


@pytest.fixture
def runs(raw) -> dict[str, dict]:
    """Runs in two experiments, by their ids: what was logged, for the evaluator."""
    chance, made = random.Random(7), {}
    experiments = [raw.experiment("one"), raw.experiment("two")]

    def some(keys, values) -> dict:
        return {key: chance.choice(values) for key in keys if chance.random() < 0.7}

    for number in range(24):
        logged = {
            "experiment": chance.choice(experiments), "name": f"Run {number % 7}",
            "start": 1700000000000 + chance.randrange(9) * 1000,
            "metrics": some(("auc", "val loss"), [0.5, 0.9, -1, 1e300, "NaN", "Infinity"]),
            "params": some(("depth", "a/b"), ["6", "6.0", "XGB", "xgb", "a_b", "a%b", ""]),
            "tags": some(("team",), ["risk", "Fraud", "ü", "y" * 300]),
            "status": chance.choice(["RUNNING", "FINISHED", "FAILED", "KILLED"]),
        }  # fmt: skip
        run = raw.run(logged["experiment"], run_name=logged["name"], start_time=logged["start"])
        raw("POST", "runs/log-batch", {
            "run_id": run, "metrics": [{"key": key, "value": value, "timestamp": 1} for key, value in logged["metrics"].items()],
            "params": [{"key": key, "value": value} for key, value in logged["params"].items()],
            "tags": [{"key": key, "value": value} for key, value in logged["tags"].items()],
        })  # fmt: skip
        raw("POST", "runs/update", {"run_id": run, "status": logged["status"]})
        made[run] = logged
    return made


SIMPLE = {
    "metrics.auc > 0.5": lambda r: _number(r, "auc", lambda v: v > 0.5),
    "metrics.auc <= 0.5": lambda r: _number(r, "auc", lambda v: v <= 0.5),
    "metrics.`val loss` = 0.9": lambda r: _number(r, "val loss", lambda v: v == 0.9),
    'metric."val loss" != 0.9': lambda r: "val loss" in r["metrics"] and r["metrics"]["val loss"] != 0.9,
    "params.depth = '6'": lambda r: r["params"].get("depth") == "6",
    "param.depth != \"6\"": lambda r: r["params"].get("depth", "6") != "6",
    "params.depth = 'xgb'": lambda r: r["params"].get("depth") == "xgb",
    "params.depth ILIKE 'xg_'": lambda r: r["params"].get("depth", "").lower() == "xgb",
    "params.depth LIKE 'a%b'": lambda r: r["params"].get("depth") in ("a_b", "a%b"),
    "parameters.`a/b` IN ('6', 'XGB')": lambda r: r["params"].get("a/b") in ("6", "XGB"),
    "params.`a/b` IS NULL": lambda r: "a/b" not in r["params"],
    "tags.team IS NOT NULL": lambda r: "team" in r["tags"],
    "tags.team = 'ü'": lambda r: r["tags"].get("team") == "ü",
    "tags.team LIKE 'y%'": lambda r: r["tags"].get("team", "").startswith("y"),
    f"tags.team = '{'y' * 300}'": lambda r: r["tags"].get("team") == "y" * 300,
    "attributes.status = 'RUNNING'": lambda r: r["status"] == "RUNNING",
    "status IN ('FAILED', 'KILLED')": lambda r: r["status"] in ("FAILED", "KILLED"),
    "attributes.status != 'FINISHED'": lambda r: r["status"] != "FINISHED",
    "attribute.start_time >= 1700000004000": lambda r: r["start"] >= 1700000004000,
    "attributes.run_name LIKE '% 3'": lambda r: r["name"] == "Run 3",
    "tags.mlflow.runName = 'Run 2'": lambda r: r["name"] == "Run 2",
}  # fmt: skip


def _number(run: dict, key: str, is_so) -> bool:
    value = run["metrics"].get(key, "NaN")
    return value != "NaN" and is_so(float(value))


def test_the_language_finds_what_it_says(raw, runs):
    experiments = sorted({one["experiment"] for one in runs.values()})

    def find(text: str, **more) -> set[str]:
        status, answer = raw("POST", "runs/search", {"experiment_ids": experiments, "filter": text, **more})
        assert status == 200, (text, answer)
        return {one["info"]["run_id"] for one in answer["runs"]}

    for text, is_so in SIMPLE.items():
        assert find(text) == {run for run, logged in runs.items() if is_so(logged)}, text
    chance, texts = random.Random(3), list(SIMPLE)
    for _ in range(25):
        a, b, c = chance.sample(texts, 3)
        one, two, three = SIMPLE[a], SIMPLE[b], SIMPLE[c]
        text = f"{a} AND ({b} or NOT {c})"
        expected = {run for run, logged in runs.items() if one(logged) and (two(logged) or not three(logged))}
        assert find(text) == expected, text
        only = {run for run in expected if runs[run]["experiment"] == experiments[0]}
        assert find(text, experiment_ids=experiments[:1], order_by=["metrics.auc"]) == only, (
            text
        )  # along the metric's index


def test_orders_and_pages(raw, runs):
    experiment = next(iter(runs.values()))["experiment"]
    mine = {run: logged for run, logged in runs.items() if logged["experiment"] == experiment}

    def walk(order: list[str], experiments: list[str]) -> list[str]:
        seen, token = [], ""
        while True:
            given = {"experiment_ids": experiments, "order_by": order, "max_results": 3, "page_token": token}
            answer = raw("POST", "runs/search", given)[1]
            seen += [one["info"]["run_id"] for one in answer["runs"]]
            token = answer.get("next_page_token", "")
            if not token:
                return seen

    for way, sign in (("DESC", -1), ("ASC", 1)):
        seen = walk([f"metrics.auc {way}"], [experiment])
        assert sorted(seen) == sorted(mine)
        values = [runs[run]["metrics"].get("auc", "NaN") for run in seen]
        numbers = [float(value) for value in values if value != "NaN"]
        assert numbers == sorted(numbers, key=lambda value: sign * value)
        assert all(value == "NaN" for value in values[len(numbers) :])
    both = sorted({one["experiment"] for one in runs.values()})
    seen = walk(["params.depth DESC", "start_time ASC"], both)
    assert sorted(seen) == sorted(runs)
    key = [(runs[run]["params"].get("depth"), runs[run]["start"]) for run in seen]
    there = [one for one in key if one[0] is not None]
    assert there == sorted(
        sorted(there, key=lambda one: one[1]), key=lambda one: (one[0].lower(), one[0]), reverse=True
    )
    assert all(one[0] is None for one in key[len(there) :])
    for order in ([], ["start_time DESC"], ["params.depth", "metrics.auc DESC"], ["metrics.auc", "tags.team DESC"],
                  ["tags.team"], ["end_time", "status"]):  # fmt: skip
        paged = walk(order, [experiment])
        whole = raw("POST", "runs/search", {"experiment_ids": [experiment], "order_by": order})[1]["runs"]
        assert paged == [one["info"]["run_id"] for one in whole] and sorted(paged) == sorted(mine), order
        if order[:1] == ["params.depth"]:
            given = [depth for run in paged if (depth := mine[run]["params"].get("depth")) is not None]
            assert len(set(given)) > 3 and given == sorted(given, key=lambda depth: (depth.lower(), depth))
    newest = [runs[run]["start"] for run in walk([], [experiment])]
    assert newest == sorted(newest, reverse=True)
    newest = [runs[run]["start"] for run in walk([], both)]
    assert newest == sorted(newest, reverse=True)


def test_the_bin_is_seen_when_asked_for(raw):
    experiment = raw.experiment()
    kept, gone = raw.run(experiment), raw.run(experiment)
    raw("POST", "runs/delete", {"run_id": gone})
    for view, expected in (("ACTIVE_ONLY", {kept}), ("DELETED_ONLY", {gone}), ("ALL", {kept, gone}), (2, {gone})):
        found = raw("POST", "runs/search", {"experiment_ids": [experiment], "run_view_type": view})[1]["runs"]
        assert {one["info"]["run_id"] for one in found} == expected, view
    raw("POST", "experiments/delete", {"experiment_id": experiment})
    for view, expected in (("ACTIVE_ONLY", []), ("DELETED_ONLY", [experiment])):
        found = raw("GET", "experiments/search", max_results=10, view_type=view)[1]["experiments"]
        assert [one["experiment_id"] for one in found] == expected
    found = raw("POST", "runs/search", {"experiment_ids": [experiment], "run_view_type": "ALL"})[1]["runs"]
    assert {one["info"]["run_id"] for one in found} == {kept, gone}


def test_experiments_are_searched(raw):
    for name in ("team/a", "team/b", "other"):
        raw(
            "POST",
            "experiments/create",
            {"name": name, "tags": [{"key": "for", "value": name[-1]}, {"key": "mlflow.note.content", "value": "n"}]},
        )

    def names(text: str = "", **more) -> list[str]:
        answer = raw("POST", "experiments/search", {"max_results": 10, "filter": text, "order_by": ["name"], **more})
        return [one["name"] for one in answer[1]["experiments"]]

    assert names() == ["other", "team/a", "team/b"] and names(order_by=["name DESC"], max_results=1) == ["team/b"]
    assert names("name LIKE 'team/%'") == ["team/a", "team/b"] and names("tags.for = 'b' OR name = 'other'") == [
        "other",
        "team/b",
    ]
    assert names("creation_time > 0 AND name ILIKE 'OTH%'") == ["other"] and names(
        "tags.x IS NULL AND tags.for IN ('a')"
    ) == ["team/a"]
    assert names("tags.`mlflow.note.content` LIKE 'n%'") == names()


def test_what_cant_be_read_names_the_place(raw):
    experiment = raw.experiment()
    for text, part in (
        ("metrics.auc >", "the end"), ("metrics.auc > 'x'", "numeric"), ("params.a > '1'", "comparator"),
        ("params.a = 1", "quoted"),
        ("things.a = 1", "entity type"), ("metrics.a > 1 AND", "the end"), ("metrics.a > 1 metrics.b > 2", "position 15"),
        ("(metrics.a > 1", "')'"), ("attributes.size = 'x'", "attribute key"), ("§", "can't be read"), ("metrics.a > NaN", "NaN"),
    ):  # fmt: skip
        status, said = raw("POST", "runs/search", {"experiment_ids": [experiment], "filter": text})
        assert (status, said["error_code"]) == (400, "INVALID_PARAMETER_VALUE") and part in said["message"], (
            text,
            said,
        )
    for given in (
        {"order_by": ["metrics.a SIDEWAYS"]},
        {"order_by": ["size"]},
        {"page_token": "???"},
        {"max_results": 50001},
    ):
        assert raw("POST", "runs/search", {"experiment_ids": [experiment], **given})[0] == 400, given


def test_no_text_is_an_error_of_ours():
    chance = random.Random(1)
    pieces = ["metrics.", "a", "'", '"', "`", "(", ")", " ", ">", "=", "!=", "AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "1",
              "-", "e5", ".", ",", "params.x", "\\", "ü", "'x'", "\n"]  # fmt: skip
    for _ in range(3000):
        text = "".join(chance.choice(pieces) for _ in range(chance.randrange(12)))
        try:
            filters.read(text)
        except MlflowError as error:
            assert error.code == "INVALID_PARAMETER_VALUE"
