"""What a card's content may be, and when a card is complete."""

import copy
import json

import pytest

from catalog import model_cards
from tests.areas.model_cards.content import CONTENT


def wrong(change) -> str:
    content = copy.deepcopy(CONTENT)
    change(content)
    with pytest.raises(ValueError, match=": ") as raised:
        model_cards.check_content(json.dumps(content))
    return str(raised.value)


def test_a_whole_card_is_valid():
    assert model_cards.read_content(json.dumps(CONTENT)) == CONTENT
    model_cards.check_content("{}")


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("intended_uses", "risk_rating"), "high",
         'intended_uses.risk_rating: must be one of High, Medium, Low, Unknown, not "high".'),
        (("model_overview", "owner"), "me", "model_overview: owner is not known here; it may have model_description, "),
        (("model_overview", "model_creator"), "x" * 1025,
         "model_overview.model_creator: may have 1024 characters at most, and has 1025."),
        (("model_overview", "model_artifact"), ["s3://a"] * 16,
         "model_overview.model_artifact: may have 15 items at most, and has 16."),
        (("evaluation_details", 0, "name"), "", "evaluation_details[0].name: must not be empty."),
        (("evaluation_details", 0, "metric_groups", 1, "metric_data", 0, "value"), [[1, 2, 3]],
         "evaluation_details[0].metric_groups[1].metric_data[0].value[0]: may have 2 items at most, and has 3."),
        (("evaluation_details", 0, "metric_groups", 1, "metric_data", 2, "value"), [],
         "evaluation_details[0].metric_groups[1].metric_data[2].value: must have 1 items at least, and has 0."),
        (("evaluation_details", 0, "metric_groups", 0, "metric_data", 0, "value"), [1],
         "evaluation_details[0].metric_groups[0].metric_data[0].value: must be a number, a text of at most 63 characters"),
        (("training_details", "training_job_details", "hyper_parameters", 0), {"name": "eta"},
         "training_details.training_job_details.hyper_parameters[0]: value is missing."),
        (("model_overview", "model_version"), 0, "model_overview.model_version: must be 1 at least, not 0."),
        (("business_details",), "text", 'business_details: must be an object, not "text".'),
        (("model_overview", "model_id"), "a\0b", "content: 'a\\x00b' holds a character that no text may have"),
    ],
)  # fmt: skip
def test_an_error_names_the_path_and_what_would_be_right(place, value, words):
    def change(content):
        for part in place[:-1]:
            content = content[part]
        content[place[-1]] = value

    assert wrong(change).startswith(words)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"a": NaN}', '{"a": 1e999}', "[" * 100_000])
def test_what_is_no_document_is_refused(text):
    with pytest.raises(ValueError, match=r"^content: "):
        model_cards.check_content(text)


def test_a_packages_card_tells_nothing_of_the_package():
    text = json.dumps({"model_package_details": {"model_package_group_name": "g"}})
    model_cards.check_content(text)
    with pytest.raises(ValueError, match=r"^content: model_package_details is not known here"):
        model_cards.check_content(text, of_package=True)


def test_completeness_names_what_is_missing():
    assert model_cards.completeness(CONTENT) == (list(model_cards.WANTED), [])
    assert model_cards.completeness({}) == ([], list(model_cards.WANTED))
    content = copy.deepcopy(CONTENT)
    content["intended_uses"]["risk_rating"] = "Unknown"
    content["intended_uses"]["purpose_of_model"] = "  "
    content["evaluation_details"][0]["metric_groups"] = [{"name": "empty", "metric_data": []}]
    content["training_details"]["training_job_details"] = {"hyper_parameters": []}
    assert model_cards.completeness(content)[1] == [
        "intended_uses.purpose_of_model", "intended_uses.risk_rating", "training_details.training_job_details",
        "evaluation_details",
    ]  # fmt: skip
