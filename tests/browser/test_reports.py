"""A report written in Chromium and looked at by a stranger with its link: live curves, no session, nothing else."""

import re

import pytest

from tests.browser.conftest import look_at

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def leaves(studio):
    """Two runs with a curve each."""
    sagemaker = studio.client("sagemaker")
    sagemaker.create_experiment(ExperimentName="leaves")
    sagemaker.create_trial(TrialName="leaf-trial", ExperimentName="leaves")
    for name, rise in (("leaf-1", 10), ("leaf-2", 12)):
        sagemaker.create_trial_component(
            TrialComponentName=name, Status={"PrimaryStatus": "InProgress"}, Parameters={"rise": {"NumberValue": rise}}
        )
        sagemaker.associate_trial_component(TrialComponentName=name, TrialName="leaf-trial")
        points = [{"name": "auc", "value": 1 - 1 / (rise + step), "step": step} for step in range(20)]
        studio.rest("POST", f"/trial-components/{name}/metrics/", {"points": points})


def test_a_report_from_its_first_word_to_a_stranger(page, chromium, studio, leaves):
    page.goto("/reports/create/")
    page.get_by_label("Title").fill("What depth does")
    page.get_by_role("button", name="Create report").click()
    page.wait_for_url("**/edit/")
    page.get_by_role("button", name="Text", exact=True).click()
    page.get_by_label("Markdown").fill("# Deeper\n\n<img src=x onerror=alert(1)> is **better**")
    page.get_by_role("button", name="Chart", exact=True).click()
    chart = page.get_by_role("group", name="Block 2, Chart")
    chart.get_by_label("Experiment").fill("leaves")
    chart.get_by_label("Metrics").fill("auc")
    preview = page.get_by_role("region", name="Preview")
    preview.get_by_role("heading", name="Deeper").wait_for()
    preview.locator("[data-curves][data-ready]").wait_for()
    page.get_by_text(re.compile("^draft kept")).wait_for()
    chart.get_by_label("Experiment").press("Alt+ArrowUp")  # by keyboard, and the focus stays in the field
    page.get_by_role("group", name="Block 1, Chart").get_by_label("Experiment").wait_for()
    assert page.evaluate("document.activeElement.value") == "leaves"
    page.get_by_role("button", name="Delete: block 2, text").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text(re.compile("^draft kept")).wait_for()
    page.reload()  # the draft is there again
    assert page.get_by_role("group").filter(has=page.get_by_label("Markdown")).count() == 1
    look_at(page, "report-editor")
    page.get_by_role("button", name="Save version").click()
    page.get_by_text("Version 2 is saved.").wait_for()
    page.locator("[data-curves][data-ready]").wait_for()
    look_at(page, "report")
    page.get_by_role("link", name="Share").click()
    page.get_by_role("button", name="Make link").click()
    address = re.search(r"/shared-reports/[\w-]+/", page.locator(".notice").inner_text())[0]
    look_at(page, "report-share")

    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=studio.url)
    stranger = context.new_page()
    dialogs, asked = [], []
    stranger.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    stranger.on("response", lambda response: asked.append((response.status, response.url)))
    stranger.goto(address)
    stranger.locator("[data-curves][data-ready]").wait_for()
    curves = stranger.get_by_role("img", name=re.compile("auc"))
    assert "leaf-1" in curves.first.get_attribute("aria-label") and "better" in stranger.inner_text("main")
    look_at(stranger, "report-shared")
    assert dialogs == [] and context.cookies() == []
    own = [url for _, url in asked if "/static/" not in url]
    assert own and all(address in url for url in own) and all(status < 400 for status, _ in asked)
    stranger.goto("/reports/")
    assert "/sign-in/" in stranger.url
    page.get_by_role("button", name=re.compile("^Revoke")).click()
    page.get_by_text("works no longer").first.wait_for()
    stranger.goto(address)
    stranger.get_by_text("There is nothing to see here").wait_for()
    context.close()
