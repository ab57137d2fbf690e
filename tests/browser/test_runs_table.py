"""The table of runs in Chromium, by keys alone: selecting over pages, columns, notes, a baseline."""

import re

import pytest

from tests.browser.conftest import picture

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def sixty(studio):
    """An experiment of sixty runs, more than a page, logged over the wire."""
    sagemaker = studio.client("sagemaker")
    sagemaker.create_experiment(ExperimentName="sixty")
    sagemaker.create_trial(TrialName="sixty-runs", ExperimentName="sixty")
    for i in range(60):
        name = f"sixty-{i:02d}"
        sagemaker.create_trial_component(
            TrialComponentName=name, Parameters={"depth": {"NumberValue": i % 5}},
            Status={"PrimaryStatus": "InProgress" if i == 59 else "Completed"},
        )  # fmt: skip
        sagemaker.associate_trial_component(TrialComponentName=name, TrialName="sixty-runs")


def test_by_keys_alone(page, sixty):
    page.goto("/experiments/sixty/?sort=name")
    page.locator("tr.run").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("]")
    page.wait_for_url(re.compile("page=2"))
    page.get_by_role("link", name="sixty-50", exact=True).wait_for()
    page.keyboard.press("j")
    page.keyboard.press("x")
    bar = page.get_by_role("region", name="Actions on the selection")
    assert "2 selected" in bar.inner_text()
    assert "1 on other pages" in bar.inner_text()
    page.keyboard.press("b")
    page.wait_for_url(re.compile("baseline=sixty-"))
    page.locator("tr.is-baseline").wait_for()
    picture(page, "runs-table-1440")
    page.keyboard.press("c")
    page.wait_for_url(re.compile(r"/compare-runs/\?.*runs=sixty-00%2Csixty-5"))


def test_a_note_is_written_where_it_is_read(page, sixty):
    page.goto("/experiments/sixty/?c=note&sort=name")
    page.locator("tr.run").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("n")
    page.get_by_role("textbox", name=re.compile("Note of sixty-00")).fill("deeper is better")
    page.keyboard.press("Control+Enter")
    page.locator("tr.run").first.get_by_text("deeper is better").wait_for()
    page.reload()
    page.locator("tr.run").first.get_by_text("deeper is better").wait_for()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_never_scrolls_sideways(page, sixty, width):
    page.set_viewport_size({"width": width, "height": 900})
    for address in (
        "/experiments/",
        "/experiments/sixty/?group=params.depth",
        "/experiments/sixty/?tab=about",
        "/experiments/?bin=1",
    ):
        page.goto(address)
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    picture(page, f"experiments-bin-{width}")
