"""The form says what the content says, and back, without loss."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from areas.model_cards import editing, lines
from areas.model_cards.comparing import differences
from areas.model_cards.reading import sections
from catalog.model_cards import check_content
from tests.areas.model_cards.content import CONTENT


def posted(typed: dict) -> dict:
    """The form's fields as a browser sends them."""
    data = dict(typed["fields"])
    for i, one in enumerate(typed["evaluations"]):
        data |= {f"e{i}-{name}": value for name, value in one.items() if name != "groups"}
        for j, group in enumerate(one["groups"]):
            data |= {f"e{i}-g{j}-{name}": value for name, value in group.items() if name != "charts"}
            for k, chart in enumerate(group["charts"]):
                data |= {f"e{i}-g{j}-c{k}-{name}": value for name, value in chart.items()}
    return {name: value.replace("\n", "\r\n") for name, value in data.items()}


def round_trip(content: dict, base: dict | None = None) -> dict:
    typed = editing.typed_in(posted(editing.typed_of(content)))
    found, errors = editing.content_of(typed, content if base is None else base)
    assert errors == {}
    return found


def test_a_form_that_nobody_touched_changes_nothing():
    assert round_trip(CONTENT) == CONTENT
    assert round_trip({}) == {}
    packaged = {
        "model_package_details": {"model_package_group_name": "g"},
        "business_details": {"line_of_business": "x"},
    }
    assert round_trip(packaged) == packaged


def test_what_lines_can_not_say_is_kept():
    content = {"training_details": {"training_job_details": {"hyper_parameters": [{"name": "a=b", "value": " x\ny"}]}}}
    assert "training_details.training_job_details.hyper_parameters" not in editing.typed_of(content)["fields"]
    assert round_trip(content) == content
    odd = [{"name": "a = b", "type": "number", "value": 1}, {"name": "s", "type": "string", "value": "1.0"},
           {"name": "t", "type": "string", "value": "x # y"}, {"name": "n", "type": "number", "value": "text"},
           {"name": "x", "type": "number", "value": 1.5, "x_axis_name": "step"}]  # fmt: skip
    content = {"evaluation_details": [{"name": "e", "metric_groups": [{"name": "g", "metric_data": odd}]}]}
    assert round_trip(content) == content


def test_an_emptied_field_leaves_nothing_behind():
    typed = editing.typed_of(CONTENT)
    for path in typed["fields"]:
        typed["fields"][path] = " "
    typed["evaluations"] = []
    content, errors = editing.content_of(typed, CONTENT)
    assert (content, errors) == ({"evaluation_details": []}, {})


def test_lines_that_mean_nothing_are_named_beside_their_field():
    typed = editing.typed_of(CONTENT)
    typed["fields"]["model_overview.model_version"] = "three"
    typed["fields"]["training_details.training_job_details.training_metrics"] = "auc = 0.9\nloss = low"
    typed["evaluations"][0]["groups"][1]["charts"][0]["values"] = "0, 0\n1; x"
    typed["evaluations"][0]["metadata"] = "no equals sign"
    _, errors = editing.content_of(typed, CONTENT)
    assert errors == {
        "model_overview.model_version": "three is not a number.",
        "training_details.training_job_details.training_metrics": "loss is not a number: low.",
        "e0-g1-c0-values": "Line 2 is not numbers with commas between: 1; x.",
        "e0-metadata": "Line 1 is not of the form name = value: no equals sign.",
    }


def test_evaluations_groups_and_charts_come_and_go():
    typed = {"fields": {}, "evaluations": []}
    for action in ("add-e", "add-e", "add-e1-g", "add-e1-g0-c", "add-e1-g0-c", "remove-e1-g0-c1", "remove-e0", "add-e9-g",
                   "remove-e5", "nonsense", "add-e0-g7-c"):  # fmt: skip
        editing.act(typed, action)
    assert typed["evaluations"] == [{"groups": [{"charts": [{"type": "bar_chart"}]}]}]


def in_order(metrics: list[dict]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in metrics)


words = st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12)
numbers = st.one_of(st.integers(-(10**6), 10**6), st.floats(allow_nan=False, allow_infinity=False))
simple = st.fixed_dictionaries(
    {"name": words, "type": st.just("number"), "value": numbers}, optional={"notes": words}
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(simple, max_size=4), st.lists(st.fixed_dictionaries({"name": words, "value": words}), max_size=4))
def test_any_metrics_and_parameters_survive(metrics, parameters):
    text, others = lines.split_metrics(metrics)
    assert in_order(lines.read_simple(text) + others) == in_order(metrics)
    if (text := lines.write_parameters(parameters)) is not None:
        assert lines.read_parameters(text) == parameters


def test_only_differences_are_shown_in_the_order_of_the_card():
    newer = copy.deepcopy(CONTENT)
    newer["intended_uses"]["risk_rating"] = "High"
    del newer["business_details"]["line_of_business"]
    newer["training_details"]["training_job_details"]["hyper_parameters"][0]["value"] = "0.05"
    newer["evaluation_details"][0]["metric_groups"][0]["metric_data"][0]["value"] = 0.95
    check_content(json.dumps(newer))
    assert differences(CONTENT, CONTENT) == []
    found = [(one.section, one.place, one.old, one.new) for one in differences(CONTENT, newer)]
    assert found == [
        ("Intended uses", "Risk rating", "Medium", "High"),
        ("Business details", "Line of business", "Consumer contracts", ""),
        ("Training details", "Hyperparameters · eta", "0.1", "0.05"),
        ("Evaluation", "Holdout of 2025-Q4 · Quality · auc", "0.9061", "0.95"),
    ]


@pytest.mark.parametrize("content", [{}, {"evaluation_details": []}, {"model_overview": {"inference_environment": {}}}])
def test_a_card_that_says_nothing_has_no_sections(content):
    assert sections(content) == []
