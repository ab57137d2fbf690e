"""A model card from the empty form to its PDF, in Chromium."""

import json
import re

import boto3
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.areas.model_cards.content import CONTENT
from tests.browser.conftest import picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def card(studio):
    """A card with two versions that says everything."""
    keys = studio.keys
    sagemaker = boto3.client(
        "sagemaker", region_name="us-east-1", endpoint_url=studio.engine,
        aws_access_key_id=keys["engine_access_key_id"], aws_secret_access_key=keys["engine_secret_access_key"],
    )  # fmt: skip
    sagemaker.create_model_card(ModelCardName="churn", Content=json.dumps(CONTENT), ModelCardStatus="PendingReview")
    newer = {**CONTENT, "intended_uses": {**CONTENT["intended_uses"], "risk_rating": "High"}}
    sagemaker.update_model_card(ModelCardName="churn", Content=json.dumps(newer))


def test_a_card_from_the_form_to_its_pdf(page, studio):
    page.goto("/model-cards/create/")
    page.get_by_label("Name required").first.fill("fraud")
    page.get_by_label("Risk rating").select_option("Low")
    page.get_by_label("Business problem").fill("Cards are stolen.\nMoney goes.")
    page.get_by_role("button", name="Add evaluation").click()
    page.locator("#e0").get_by_label("Name required").fill("holdout")
    page.get_by_role("button", name="Add metric group").click()
    page.locator("#e0-g0").get_by_label("Name required").fill("quality")
    page.locator("#e0-g0").get_by_label("Metrics").fill("auc = 0.97 # measured twice")
    page.get_by_role("button", name="Add chart").click()
    chart = page.locator("#e0-g0-c0")
    chart.get_by_label("Name required").fill("Confusion")
    chart.get_by_label("Drawn as").select_option("Matrix")
    chart.get_by_label("Values").fill("8, 1\n2, 9")
    assert page.get_by_label("Business problem").input_value() == "Cards are stolen.\nMoney goes."
    page.get_by_label("Model version").press("Enter")  # saves, as Enter does in a form
    page.wait_for_url("**/model-cards/fraud/")
    for words in ("Cards are stolen.", "measured twice", "Confusion", "Low"):
        assert page.get_by_text(words).first.is_visible()
    page.get_by_role("button", name="Export PDF").click()
    page.wait_for_url("**/model-cards/fraud/exports/")
    link = page.get_by_role("link", name=re.compile("^Download"))
    link.wait_for()
    with page.expect_download() as download:
        link.click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")


def test_every_page_at_two_widths_and_in_both_schemes(page, card):
    for name, path in (
        ("card", ""),
        ("versions", "versions/"),
        ("exports", "exports/"),
        ("code", "code/"),
        ("edit", "edit/"),
    ):
        for scheme, width in (("light", 1440), ("dark", 390)):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.goto(f"/model-cards/churn/{path}")
            picture(page, f"model-card-{name}-{width}-{scheme}")
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
            found = [
                one["id"] for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")
            ]
            assert found == [], (name, scheme, width)
