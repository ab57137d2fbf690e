"""The PDF of any valid content: whatever a card says, it can be printed."""

import json

import pytest

from areas.axes import ticks
from areas.model_cards.document import fonts, pdf
from catalog.model_cards import check_content

CARD = {
    "name": "a" * 63, "arn": f"arn:aws:sagemaker:us-east-1:123456789012:model-card/{'a' * 63}", "version": 3,
    "status": "PendingReview", "created": 1.76e9, "created_by": {}, "modified": 1.7601e9,
    "modified_by": {"UserProfileName": "Ana"}, "exported": 1.77e9, "exported_by": "bob",
}  # fmt: skip


def evaluated(*metrics) -> dict:
    groups = [{"name": "g", "metric_data": [{"name": "m", **metric} for metric in metrics]}]
    return {"evaluation_details": [{"name": "e", "metric_groups": groups}]}


def drawn(kind: str, *values, **more) -> dict:
    return evaluated(*({"type": kind, "value": value, **more} for value in values))


@pytest.mark.parametrize("content", [
    {},
    {"model_overview": {"problem_type": "y " * 20_000}},
    {"model_overview": {"problem_type": "\n".join(map(str, range(3000)))}},
    {"intended_uses": {"purpose_of_model": "</para><img src='file:///etc/passwd'/>&lt;b>", "risk_rating": "High"}},
    {"model_overview": {"model_description": "".join(map(chr, (*range(1, 0x250), 0x5D0, 0x1F642, 0x10FFFF, 0x202E)))}},
    {"training_details": {"training_job_details": {"hyper_parameters": [{"name": "n" * 256, "value": "v" * 20_000}]}}},
    {"additional_information": {"custom_details": {"k" * 4000: "v" * 1024, "": "v"}}},
    {"model_package_details": {"created_by": {}, "inference_specification": {"containers": [{"image": "i"}]}}},
    drawn("linear_graph", [[0, 0]], [[1, 1], [1, 1]], [[1e300, -1e300], [-1e300, 1e300]], [[1e-310, 0], [2e-310, 5e-324]]),
    drawn("bar_chart", [0], [1e308, -1e308], [1] * 500, [5e-324], x_axis_name=["顧客", "x" * 63]),
    drawn("matrix", [[0]], [[1, 2], [3]], [[1e308, -1e308]], [[1e6] * 20] * 20, y_axis_name=["y" * 63]),
    evaluated(*({"type": "number", "value": value, "notes": "z" * 1024} for value in (True, "t" * 63, 10**250, 1e-300))),
], ids=range(12))  # fmt: skip
def test_any_valid_content_can_be_printed(content, tmp_path):
    check_content(json.dumps(content))
    path = tmp_path / "card.pdf"
    assert pdf.write({**CARD, "content": content}, str(path)) >= 1
    assert path.read_bytes().startswith(b"%PDF-")


def test_each_character_gets_a_font_that_has_it_or_its_code_point():
    assert fonts.markup("a<b> Ж ∑\n日本の") == (
        'a&lt;b&gt; Ж ∑<br/><font name="HeiseiKakuGo-W5">日本の</font>'
    )  # fmt: skip
    assert fonts.markup("中文 한") == '<font name="STSong-Light">中文</font> <font name="HYGothic-Medium">한</font>'
    assert fonts.markup("🙂") == "[U+1F642]"


def test_axes_have_round_numbers_around_the_values():
    assert ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert ticks(-1.4, 41.2) == [-10, 0, 10, 20, 30, 40, 50]
    low, *_, high = ticks(3, 3)
    assert low < 3 < high
