"""Whatever runs there are and whatever is asked of them: SQL finds and sorts what a plain evaluator in Python does."""

import itertools
import math
import re
from datetime import UTC, datetime, timedelta
from operator import eq, ge, gt, le, lt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import metrics, run_search, runs
from catalog.models import Connection, Record, RunRow, Tag, TrialMember
from catalog.query_language import Both, Comparison, Either, Known, Not, OneOf, Word, join_field, parse, write
from catalog.run_search import RunSearch

TEXTS = (
    "6", "6.0", " 6 ", "06", "1e3", "-3", "adam", "Adam", "ADAM", "é", "É", "straße", "a%b", "a_b", "axb", "", "true", "nan", "inf",
    "x" * 120, "x" * 120 + "Y", "🎉", 'q"\\', "0x6", "١",
)  # fmt: skip
NUMBERS = (0.0, -0.0, 0.5, 6.0, -3.0, 1000.0, 1e300, math.inf, -math.inf, math.nan)
KEYS = ("depth", "val loss", "a.b", "x.min", "loss")
STATS = ("last", "min", "max", "best", "count", "mean")
OPERATORS = ("=", "!=", "==", "!==", "<", "<=", ">", ">=", "~", "!~", "LIKE", "ILIKE")
WORLDS = itertools.count()

a_text, a_key = st.sampled_from(TEXTS), st.sampled_from(KEYS)
a_run = st.fixed_dictionaries({
    "title": st.sampled_from(("", "Adam run", "É", "x")), "status": st.sampled_from(("Completed", "Failed", "InProgress")),
    "note": a_text, "archived": st.booleans(), "lasted": st.sampled_from((None, 0, 60, 5400)),
    "params": st.dictionaries(a_key, a_text | st.sampled_from(NUMBERS[:7]), max_size=3),
    "metrics": st.dictionaries(a_key, st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=3), max_size=3),
    "tags": st.dictionaries(a_key, a_text, max_size=2),
})  # fmt: skip


def compared(field, operators, values, quoted=None):
    quoted = st.booleans() if quoted is None else quoted
    return st.builds(Comparison, field, st.sampled_from(operators), values, quoted)


metric_fields = st.builds(lambda key, stat: join_field("metrics", key, stat), a_key, st.sampled_from(STATS))
metric_values = st.sampled_from(("0", "0.5", "6", "-3", "1000", "2", "1", "inf", "-inf", "0.3001"))
text_fields = st.builds(join_field, st.sampled_from(("params", "tags")), a_key) | st.sampled_from(
    ("title", "note", "status", "name", "Status.PrimaryStatus", "DisplayName", "Nowhere.at.all")
)
conditions = st.one_of(
    compared(metric_fields, OPERATORS[:8], metric_values),
    st.builds(Comparison, metric_fields, st.sampled_from(("=", "!=")), st.just("nan")),
    compared(text_fields, OPERATORS, a_text),
    compared(st.just("duration"), OPERATORS[:8], st.sampled_from(("60", "1m", "1h30m", "0")), st.just(False)),
    compared(st.just("archived"), ("=", "!="), st.sampled_from(("true", "false")), st.just(False)),
    st.builds(Word, st.sampled_from(("ADAM", "run", "é", "nothing"))),
    st.builds(Known, text_fields | metric_fields.filter(lambda field: field.endswith("last")) | st.just("duration")),
    st.builds(
        lambda field, values: OneOf(field, tuple(Comparison(field, "=", value, quoted) for value, quoted in values)),
        text_fields, st.lists(st.tuples(a_text, st.booleans()), min_size=1, max_size=3),
    ),
)  # fmt: skip
pairs = lambda inner: st.lists(inner, min_size=2, max_size=3).map(tuple)  # noqa: E731
trees = st.recursive(
    conditions,
    lambda inner: st.builds(Not, inner) | st.builds(Both, pairs(inner)) | st.builds(Either, pairs(inner)),
    max_leaves=6,
)
sorts = metric_fields | text_fields | st.sampled_from(("created", "duration"))


def number(text: str):
    """What of the texts above is a number."""
    return float(text) if re.fullmatch(r" *[-+]?[0-9]+(\.[0-9]+)?(e[0-9]+)? *", text) else None


def fold(text: str) -> str:
    return "".join(chr(ord(one) + 32) if "A" <= one <= "Z" else one for one in text)


def shown(value) -> str:
    """A parameter's text."""
    if isinstance(value, str):
        return value
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def measured(values: list[float], stat: str, key: str) -> float:
    """A statistic of a metric; NaN where there is none."""
    real = [value for value in values if not math.isnan(value)]
    finite = [value for value in real if math.isfinite(value)]
    if stat == "best":
        stat = "min" if "loss" in key else "max"
    return {
        "last": values[-1], "count": float(len(values)), "min": min(real, default=math.nan),
        "max": max(real, default=math.nan), "mean": sum(finite) / len(finite) if finite else math.nan,
    }[stat]  # fmt: skip


def split(field: str) -> tuple[str, str, str]:
    """(kind, key, stat) of the fields above."""
    kind, _, rest = field.partition(".")
    if kind not in ("metrics", "params", "tags"):
        return field, "", ""
    stat = ""
    if kind == "metrics":
        rest, _, stat = rest.rpartition(".")
    return kind, rest.strip('"'), stat


def text_of(run: dict, field: str):
    kind, key, _ = split(field)
    if kind == "params":
        return shown(run["params"][key]) if key in run["params"] else None
    if kind == "tags":
        return run["tags"].get(key)
    return {
        "title": run["title"] or run["name"], "note": run["note"], "status": run["status"], "Status.PrimaryStatus": run["status"],
        "DisplayName": run["title"] or None, "Nowhere.at.all": None,
    }[field]  # fmt: skip


def is_true(tree, run: dict) -> bool:
    match tree:
        case Not(inner=inner):
            return not is_true(inner, run)
        case Both(parts=parts):
            return all(is_true(part, run) for part in parts)
        case Either(parts=parts):
            return any(is_true(part, run) for part in parts)
        case Word(text=text):
            return fold(text) in fold(run["name"]) or fold(text) in fold(run["title"] or run["name"])
        case OneOf(values=values):
            return any(is_true(value, run) for value in values)
        case Known(field=field):
            return is_known(run, field)
    if tree.operator.startswith("!"):
        positive = {"!=": "=", "!==": "==", "!~": "~"}[tree.operator]
        return not is_true(Comparison(tree.field, positive, tree.value, tree.quoted), run)
    kind, key, stat = split(tree.field)
    if kind == "metrics":
        value, other = run["metrics"].get(key), float(tree.value)
        if value is None:
            return False
        value = measured(value, stat, key)
        return math.isnan(value) if math.isnan(other) else order(tree.operator, value, other)
    if kind == "archived":
        return run["archived"] == (tree.value == "true")
    if kind == "duration":
        spans = {"1m": 60.0, "1h30m": 5400.0}
        return run["lasted"] is not None and order(
            tree.operator, run["lasted"], spans.get(tree.value) or float(tree.value)
        )
    if kind == "name":
        return any(on_text(tree, text) for text in (run["name"], run["title"] or run["name"]))
    text = text_of(run, tree.field)
    return text is not None and (on_text if kind in ("title", "note", "status") else on_either)(tree, text)


def on_either(one: Comparison, text: str) -> bool:
    """On a text that may be a number."""
    other = None if one.quoted else number(one.value)
    if other is None or one.operator in ("==", "~", "LIKE", "ILIKE"):
        return on_text(one, text)
    same_text = one.operator == "=" and not one.field.startswith("params") and fold(text) == fold(one.value)
    return same_text or (number(text) is not None and order(one.operator, number(text), other))


def on_text(one: Comparison, text: str) -> bool:
    match one.operator:
        case "==":
            return text == one.value
        case "~":
            return fold(one.value) in fold(text)
        case "LIKE" | "ILIKE":
            exact = one.operator == "LIKE"
            signs = re.findall(r"\\.|.", one.value if exact else fold(one.value), re.DOTALL)
            pattern = "".join({"%": ".*", "_": "."}.get(sign) or re.escape(sign[-1]) for sign in signs)
            return bool(re.fullmatch(pattern, text if exact else fold(text), re.DOTALL))
    return order(one.operator, fold(text), fold(one.value))


def order(operator: str, left, right) -> bool:
    return {"=": eq, "==": eq, "<": lt, "<=": le, ">": gt, ">=": ge}[operator](left, right)


def is_known(run: dict, field: str) -> bool:
    kind, key, _ = split(field)
    if kind == "metrics":
        return key in run["metrics"]
    if kind == "duration":
        return run["lasted"] is not None
    if kind in ("name", "title"):
        return True
    text = text_of(run, field)
    return text is not None and (text != "" or kind not in ("note", "status"))


def sort_key(run: dict, field: str) -> tuple:
    """(values that come one after the other, None where missing)."""
    kind, key, stat = split(field)
    if kind == "metrics":
        value = measured(run["metrics"][key], stat, key) if key in run["metrics"] else math.nan
        return (None if math.isnan(value) else value,)
    if kind == "created":
        return (run["created"],)
    if kind == "duration":
        return (run["lasted"],)
    if field in ("name", "title", "status", "note"):
        text = text_of(run, "title" if field == "name" else field)
        return (text if text or field != "note" else None,)
    text = text_of(run, field)
    if text is None:
        return None, None
    value = number(text)
    if kind == "params":
        return (value, None) if value is not None else (None, fold(text[:100]))
    return value, text


def sorted_runs(found: list[dict], field: str, descending: bool) -> list[int]:
    """Ids in order: what has no value last, then by id; runs that lack a metric or parameter the newest first."""
    newest_first = split(field)[0] == "params" or split(field)[2] in ("last", "min", "max", "best")
    found = sorted(found, key=lambda run: run["id"], reverse=descending)
    for place in reversed(range(len(sort_key(found[0], field)) if found else 0)):
        has = [run for run in found if sort_key(run, field)[place] is not None]
        lacks = [run for run in found if sort_key(run, field)[place] is None]
        has.sort(key=lambda run: sort_key(run, field)[place], reverse=descending)
        found = has + lacks
    if newest_first:
        lacks = [run for run in found if set(sort_key(run, field)) == {None}]
        found = [run for run in found if run not in lacks] + sorted(lacks, key=lambda run: -run["id"])
    return [run["id"] for run in found]


def make_world(given: list[dict], guest: bool) -> tuple[Connection, int]:
    """An experiment with these runs, the last one of them a guest from another."""
    world = next(WORLDS)
    where = Connection.objects.create(name=f"world-{world}", backend="aws", account="1" * 12, region="eu-west-1")
    start = datetime(2026, 1, 1, tzinfo=UTC)

    def record(kind, name, **more):
        made = {"arn": f"arn:{kind}:{name}", "created": start, "modified": start, "document": {}} | more
        return Record.objects.create(connection=where, kind=kind, name=name, **made)

    home, other = record("Experiment", "home"), record("Experiment", "other")
    trials = record("Trial", "home-runs", parent="home"), record("Trial", "other-runs", parent="other")
    made = []
    for i, run in enumerate(given):
        created = start + timedelta(minutes=i)
        run |= {"name": f"run-{i}", "created": created}
        params = {
            key: {"StringValue": value} if isinstance(value, str) else {"NumberValue": value}
            for key, value in run["params"].items()
        }
        document = {"Parameters": params, "Status": {"PrimaryStatus": run["status"]}}
        if run["title"]:
            document["DisplayName"] = run["title"]
        if run["lasted"] is not None:
            document |= {"StartTime": created.timestamp(), "EndTime": created.timestamp() + run["lasted"]}
        one = record("TrialComponent", run["name"], status=run["status"], created=created, document=document)
        run["id"] = one.id
        made.append(one)
        if guest and i == len(given) - 1:
            TrialMember.objects.create(trial=trials[1], component=one)
        TrialMember.objects.create(trial=trials[0], component=one)
        Tag.objects.bulk_create(Tag(record=one, key=key, value=value) for key, value in run["tags"].items())
    runs.index(made)
    for run, one in zip(given, made, strict=True):
        RunRow.objects.filter(record=one).update(note=run["note"], archived=start if run["archived"] else None)
        points = [
            metrics.Point(key, value, step, step)
            for key, values in run["metrics"].items()
            for step, value in enumerate(values)
        ]
        metrics.append(one, points)
    assert other.id != home.id
    return where, home.id


@pytest.mark.django_db
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(a_run, min_size=1, max_size=7),
    st.lists(st.tuples(trees, sorts, st.booleans()), min_size=5, max_size=5),
    st.booleans(),
)
def test_sql_finds_what_plain_python_does(given_runs, questions, guest):
    where, home = make_world(given_runs, guest)
    for i, (tree, field, descending) in enumerate(questions):
        asks_archived = "archived" in write(tree)
        wanted = [run for run in given_runs if (asks_archived or not run["archived"]) and is_true(tree, run)]
        ordered = sorted_runs(wanted, field, descending)
        sort = f"-{field}" if descending else field
        before, run_search.FEW = run_search.FEW, (1 if i % 2 else 400)  # both ways of finding them
        try:
            search = RunSearch(where, tree, experiment=home, sort=sort)
            about = write(tree), sort
            assert search.ids(100) == ordered, about
            assert search.count == len(ordered), about
            pages = [RunSearch(where, tree, experiment=home, sort=sort).rows(page, 3) for page in (1, 2)]
            assert [run.id for page in pages for run in page] == ordered[:6], about
            assert sorted(RunSearch(where, write(tree), sort=sort).ids(100)) == sorted(ordered), about
            cursor, read = "", []
            while cursor is not None:
                page, cursor = RunSearch(where, tree, experiment=home, sort=sort).after(cursor, 3)
                read += [run.id for run in page]
            assert read == ordered, about
        finally:
            run_search.FEW = before


@settings(max_examples=40, deadline=None)
@given(trees)
def test_a_written_query_is_read_as_the_same_tree(tree):
    def plain(one):
        match one:
            case Comparison():
                return one.field, one.operator, one.value, one.quoted or one.value != one.value.strip() or not one.value
            case OneOf():
                return one.field, tuple((value.value) for value in one.values)
            case Known():
                return one.field, "known"
            case Word():
                return one.text
            case Not():
                return "not", plain(one.inner)
        return type(one).__name__, tuple(plain(part) for part in one.parts)

    again = parse(write(tree))
    assert parse(write(again)) == again
    if "\\" not in write(tree):
        assert write(again) == write(tree)
