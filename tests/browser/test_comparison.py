"""Runs compared in Chromium: curves drawn, hovered and zoomed, live; parallel axes that filter; differences by key; every tab."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import look_at

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WAIT = 60_000  # ms: a loaded machine
STEPS = 30


@pytest.fixture(scope="module")
def runs(studio) -> list[str]:
    """Six runs over the wire: two learning rates, three seeds each; the last goes on."""
    sm = studio.client("sagemaker")
    sm.create_experiment(ExperimentName="seeds")
    sm.create_trial(TrialName="seeds-trial", ExperimentName="seeds")
    names = []
    for number in range(6):
        name, lr = f"seed-run-{number}", 0.1 if number < 3 else 0.2
        sm.create_trial_component(
            TrialComponentName=name, DisplayName=f"lr-{int(lr * 10)}-seed-{number % 3}",
            Status={"PrimaryStatus": "InProgress" if number == 5 else "Completed"},
            Parameters={"lr": {"NumberValue": lr}, "depth": {"NumberValue": 2 + number}, "seed": {"NumberValue": number % 3},
                        "optimizer": {"StringValue": "adam" if number % 2 else "sgd"}},
        )  # fmt: skip
        sm.associate_trial_component(TrialName="seeds-trial", TrialComponentName=name)
        log(studio, name, range(STEPS), lr)
        names.append(name)
    return names


def log(studio, name: str, steps: range, lr: float) -> None:
    client, begin = studio.client("sagemaker-metrics"), int(time.time())
    rows = [
        {"MetricName": metric, "Step": step, "Timestamp": begin + step, "Value": value}
        for step in steps for metric, value in (("val:loss", 1 / (1 + lr * step)), ("val:auc", 1 - 1 / (2 + lr * step)))
    ]  # fmt: skip
    for at in range(0, len(rows), 10):
        answer = client.batch_put_metrics(TrialComponentName=name, MetricData=rows[at : at + 10])
        assert not answer.get("Errors"), answer


def drawn(page) -> None:
    page.locator("[data-curves][data-ready]").first.wait_for(timeout=WAIT)


def test_curves_are_drawn_hovered_zoomed_grouped_and_live(page, runs, studio):
    page.goto(f"/compare-runs/?runs={','.join(runs)}")
    drawn(page)
    loss = page.locator('.curve-chart[data-metric="val:loss"]')
    expect(loss.locator(".scatterlayer .trace")).to_have_count(6)
    loss.locator(".curve-plot").hover()
    expect(loss.locator(".curve-tip")).to_be_visible()
    expect(loss.locator(".curve-tip span.truncate")).to_have_count(6)
    plot = loss.locator(".curve-plot")
    plot.focus()
    plot.press("Home")
    expect(loss.locator("[role=status]")).to_contain_text("step 0: ")
    plot.press("ArrowRight")
    expect(loss.locator("[role=status]")).to_contain_text("step 1: ")
    for _ in range(3):
        plot.press("+")
    expect(loss.get_by_text("zoomed")).to_be_visible()
    auc = page.locator('.curve-chart[data-metric="val:auc"]')
    expect(auc.get_by_text("zoomed")).to_be_visible()  # charts zoom together
    plot.press("0")
    expect(loss.get_by_text("zoomed")).to_have_count(0)
    for kind, begins in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        with page.expect_download() as saved:
            page.get_by_role("button", name=f"Download the chart of val:loss as {kind}").click()
        assert saved.value.path().read_bytes().startswith(begins), kind
    page.get_by_role("button", name="lr-1-seed-0", exact=True).click()
    expect(loss.locator(".scatterlayer .trace")).to_have_count(5)
    assert "hide=seed-run-0" in page.url
    page.get_by_label("Group by").select_option("parameters")
    expect(page.locator(".curves-legend li")).to_have_count(6)  # depth tells all apart
    page.get_by_label("Group by").select_option("params.lr")
    expect(page.locator(".curves-legend li")).to_have_count(2)
    expect(loss.get_by_text("standard deviation")).to_be_visible()
    page.get_by_label("Group by").select_option("")
    expect(page.locator(".curves-legend li")).to_have_count(6)
    log(studio, runs[5], range(STEPS, STEPS + 5), 0.2)
    last = re.compile(r"lr-2-seed-2 0\.12821")  # 1 / (1 + 0.2 × 34)
    expect(loss.locator(".curve-area")).to_have_attribute("aria-label", last, timeout=WAIT)
    page.reload()
    drawn(page)
    expect(loss.locator(".scatterlayer .trace")).to_have_count(5)  # what was hidden is in the address


def test_a_brush_filters_the_other_charts(page, runs):
    page.goto(f"/compare-runs/?runs={','.join(runs)}&tab=parameters")
    axis = page.get_by_role("slider", name="lr", exact=True)
    axis.focus()
    for _ in range(12):
        axis.press("ArrowDown")
    expect(page.get_by_text("3 in the brush")).to_be_visible()
    expect(page.locator("[data-scatter-note]")).to_contain_text("3 runs")
    assert "brush=params.lr" in page.url
    page.reload()
    expect(page.get_by_text("3 in the brush")).to_be_visible()
    page.get_by_role("link", name="Compare only these").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("3")
    expect(page.locator("#importance")).to_contain_text("fewest", timeout=WAIT)


def test_differences_by_key_and_runs_added(page, runs):
    page.goto(f"/compare-runs/?runs={runs[0]},{runs[3]}&tab=table")
    page.keyboard.press("n")
    expect(page.locator("tr[data-differs]").first).to_be_focused()
    page.keyboard.press("n")
    expect(page.locator("tr[data-differs]").nth(1)).to_be_focused()
    page.get_by_role("button", name="Add runs").click()
    page.get_by_role("combobox", name="Find runs by a word or a query").fill("seed-run-5")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("3")


def test_every_tab_at_two_widths_and_in_both_schemes(page, runs):
    every = ",".join(runs)
    pages = {
        tab: f"/compare-runs/?runs={every}&tab={tab}" for tab in ("metrics", "table", "parameters", "figures", "code", "files")
    } | {"empty": "/compare-runs/", "gone": f"/compare-runs/?runs={runs[0]},gone"}  # fmt: skip
    for name, path in pages.items():
        has_curves = name in ("metrics", "gone")
        look_at(page, f"compare-{name}", path, ready=drawn if has_curves else rested)


def rested(page) -> None:
    page.wait_for_load_state("networkidle")
