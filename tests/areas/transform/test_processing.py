"""DataProcessing: the JSONPath subset, the filters, the join, the inference ids."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from areas.transform.container import paths
from areas.transform.container.processing import LINES, BadRecord, Processing

DOCUMENT = {"id": 1, "features": [10, 20, 30], "deep": {"a": {"b": 5}}, "SageMakerOutput": {"label": 1}}


@pytest.mark.parametrize(("path", "picked"), [
    ("$", DOCUMENT),
    ("$.id", 1),
    ("$.features", [10, 20, 30]),
    ("$.deep.a.b", 5),
    ("$['id']", 1),
    ("$['id','SageMakerOutput']", {"id": 1, "SageMakerOutput": {"label": 1}}),
    ("$.features[0]", 10),
    ("$.features[-1]", 30),
    ("$.features[0,-1]", [10, 30]),
    ("$.features[1:]", [20, 30]),
    ("$.features[:2]", [10, 20]),
    ("$.features[0:1]", [10]),
    ("$.features[-2:]", [20, 30]),
    ("$.deep.*", [{"b": 5}]),
    ("$.features[*]", [10, 20, 30]),
    ("$.deep.['a']", {"b": 5}),
])  # fmt: skip
def test_what_a_path_picks(path, picked):
    assert paths.pick(paths.parse(path), DOCUMENT) == picked


@pytest.mark.parametrize("path", ["id", "", "$.", "$..id", "$[", "$[a]", "$.features[?(@>1)]", "$[1:2:3]", "$['a"])
def test_other_paths_are_refused(path):
    with pytest.raises(paths.BadPath, match=re.escape(repr(path))):
        paths.parse(path)


@pytest.mark.parametrize("path", ["$.missing", "$.features[3]", "$.features[-4]", "$.id[0]", "$.id.x", "$.id[1:]"])
def test_a_path_that_leads_nowhere_is_an_error(path):
    with pytest.raises(paths.NotThere):
        paths.pick(paths.parse(path), DOCUMENT)


@given(st.lists(st.sampled_from(["1", "", "-2.5", '"a,b"', '"say ""x"""', "text"]), min_size=1, max_size=6), st.data())
@settings(max_examples=60)
def test_fields_of_a_row_are_picked_as_they_are_written(fields, data):
    row = ",".join(fields).encode()
    whole = [field.encode() for field in fields]
    assert paths.split_row(row) == whole
    numbers = data.draw(st.lists(st.integers(-len(fields), len(fields) - 1), min_size=1, max_size=3))
    found = paths.row_picker(f"$[{','.join(map(str, numbers))}]")(row)
    assert found == b",".join(whole[number] for number in numbers)
    start, end = data.draw(st.tuples(st.integers(-7, 7), st.one_of(st.none(), st.integers(-7, 7))))
    found = paths.row_picker(f"$[{start}:{'' if end is None else end}]")(row)
    assert found == b",".join(whole[start:end])


def test_a_row_has_no_names():
    for path in ("$.id", "$['a']", "$[0][1]"):
        with pytest.raises(paths.BadPath, match="text/csv"):
            paths.row_picker(path)
    with pytest.raises(paths.NotThere, match="no element 5 among 2"):
        paths.row_picker("$[5]")(b"1,2")


def test_csv_without_its_id_then_joined_then_only_id_and_prediction():
    """Behaviour 13."""
    rule = Processing("text/csv", "text/csv", input_filter="$[1:]", output_filter="$[0,-1]", join=True)
    payload = b"a,1,2\nb,3,4\n"
    assert rule.sent(payload) == b"1,2\n3,4\n"
    assert rule.written(payload, b"0.5\n0.6\n") == b"a,0.5\nb,0.6\n"
    assert rule.written(b"a,1,2\r\nb,3,4", b"0.5\n0.6") == b"a,0.5\nb,0.6"


def test_a_row_joined_with_its_result():
    rule = Processing("text/csv", "text/csv", join=True)
    assert rule.written(b"1,2,3\n", b"0.5\n") == b"1,2,3,0.5\n"
    with pytest.raises(BadRecord, match="answered 1 records to 2"):
        rule.written(b"1\n2\n", b"0.5,0.6\n")


def test_json_lines_joined():
    """Behaviour 14."""
    rule = Processing("application/jsonlines", "application/jsonlines", join=True)
    written = rule.written(b'{"key":1}\n[1,2]\n', b'{"label":1}\n{"label":0}\n')
    assert written == (
        b'{"key":1,"SageMakerOutput":{"label":1}}\n{"SageMakerInput":[1,2],"SageMakerOutput":{"label":0}}\n'
    )


def test_json_filtered_joined_and_filtered_again():
    rule = Processing(
        "application/json", "application/json", input_filter="$.features",
        output_filter="$['id','SageMakerOutput']", join=True,
    )  # fmt: skip
    payload = json.dumps({"id": 7, "features": [1, 2]}, indent=1).encode()
    assert rule.sent(payload) == b"[1,2]"
    assert rule.written(payload, b'{"p": 0.5}') == b'{"id":7,"SageMakerOutput":{"p":0.5}}'
    two = b'{"id":1,"features":[1]}\n{"id":2,"features":[2]}\n'
    assert rule.written(two, b"1\n2\n") == b'{"id":1,"SageMakerOutput":1}\n{"id":2,"SageMakerOutput":2}\n'


def test_an_output_filter_without_a_join_is_of_the_prediction():
    assert Processing("text/csv", "text/csv", output_filter="$[0]").written(b"9\n", b"1,2\n3,4\n") == b"1\n3\n"
    rule = Processing("text/csv", "application/json", output_filter="$.a")
    assert rule.written(b"9\n", b'{"a": 1, "b": 2}') == b"1"
    with pytest.raises(BadRecord, match=r"OutputFilter \$\.a"):
        rule.written(b"9\n", b"not json")


def test_inference_ids():
    """Behaviour 18: two more columns; members of JSON."""
    moment = "2026-01-02T03:04:05Z"
    rule = Processing("text/csv", "text/csv", join=True, inference_time=moment)
    rows = rule.written(b"1\n2\n", b"0.5\n0.6\n").decode().splitlines()
    assert [row.split(",")[:2] for row in rows] == [["1", "0.5"], ["2", "0.6"]]
    assert all(re.fullmatch(rf".*,[0-9a-f-]{{36}},{moment}", row) for row in rows)
    assert len({row.split(",")[2] for row in rows}) == 2
    rule = Processing("application/json", "application/json", inference_time=moment)
    found = json.loads(rule.written(b"{}", b'{"label": 1}'))
    assert found.keys() == {"label", "SageMakerInferenceId", "SageMakerInferenceTime"}


def test_what_is_no_json_or_nested_too_deeply_is_a_bad_record():
    deep = b'{"a":' + b"[" * 100_000
    with pytest.raises(BadRecord, match="nested too deeply"):
        Processing(content=LINES, input_filter="$.a").sent(deep)
    named = Processing(content=LINES, accept=LINES, inference_time="2026-01-01T00:00:00Z")
    for answer in (b"not json", deep):
        with pytest.raises(BadRecord, match="can't get an inference id"):
            named.written(b"1", answer)
