"""SDK v2's Run and an MLflow client with autolog side by side in one experiment, while its table, a run, a comparison are open."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import look_at, picture
from tests.system.stage import ROOT

HERE = Path(__file__).parent
SDK, MLFLOW = (ROOT / ".venv" / name / "bin" / "python" for name in ("sdk2", "mlflow"))
pytestmark = [
    pytest.mark.browser, pytest.mark.slow,
    pytest.mark.skipif(not (SDK.exists() and MLFLOW.exists()), reason="make .venv/sdk2.stamp .venv/mlflow.stamp"),
]  # fmt: skip

WAIT = 60_000  # ms: a loaded machine
NAME = "side-by-side"
COLOURS = """(rows, dot) => Object.fromEntries(
    rows.map((row) => [row.dataset.run, getComputedStyle(row.querySelector(dot)).backgroundColor]))"""
RUNS = 11  # seven of the SDK, four of MLflow


class Logger:
    """A script of a user's, in a shell that ``make env`` has set up; it says "logged" and waits for ``go``."""

    def __init__(self, studio, home: Path, python: Path, script: str):
        home.mkdir()
        self.told = home / "log"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MLFLOW_"))}
        with self.told.open("wb") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", 'eval "$(make -s env)" && exec "$@"', "sh", str(python), str(HERE / script), NAME], cwd=ROOT,
                env=clean | studio.environment | {"HOME": str(home)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=log, text=True,
            )  # fmt: skip

    def has_logged(self) -> None:
        said = iter(self.process.stdout.readline, "")
        assert any(line == "logged\n" for line in said), self.told.read_text()[-3000:]

    def go(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def ends(self) -> None:
        self.process.communicate("\n", timeout=WAIT / 1000)
        assert self.process.returncode == 0, self.told.read_text()[-3000:]


@pytest.fixture(scope="module")
def loggers(studio, tmp_path_factory):
    """Both, at once, after their first runs: the experiment is there, and a run of each is going on."""
    home = tmp_path_factory.mktemp("logs")
    studio.client("sagemaker").create_experiment(ExperimentName=NAME)
    both = [
        Logger(studio, home / "sdk", SDK, "logs_by_sdk.py"),
        Logger(studio, home / "ml", MLFLOW, "logs_by_mlflow.py"),
    ]
    yield both
    for one in both:
        one.process.kill()
        one.process.wait()


@pytest.fixture(scope="module")
def table(signed_in):
    """The table of runs, open before anything is logged; it is never loaded anew."""
    page = signed_in.new_page()
    yield page
    page.close()


def stay_at(page, path: str):
    """Open a page so that ``stayed`` can tell whether it was loaded anew."""
    page.goto(path)
    page.evaluate("window.stayed = true")
    return page


def stayed(page) -> bool:
    return page.evaluate("window.stayed === true")


def value(depth: int, step: int) -> float:
    """What both scripts log as accuracy; MLflow's as if a level deeper."""
    return 1 - 1 / (1 + depth + step)


def curve_ends_at(page, number: float) -> None:
    page.bring_to_front()
    area = page.locator('.curve-chart[data-metric="accuracy"] .curve-area')
    expect(area).to_have_attribute("aria-label", re.compile(re.escape(f"{number:.5g}")), timeout=WAIT)


def test_what_both_log_is_seen_at_once(loggers, table, signed_in):
    rows, pill = table.locator("tr.run"), table.locator(".new-pill")
    stay_at(table, f"/experiments/{NAME}/")
    expect(table.get_by_role("heading", name="No runs yet")).to_be_visible()
    for one in loggers:
        one.has_logged()
    rows.first.wait_for(timeout=WAIT)
    while rows.count() < RUNS:  # what is new never moves what somebody reads: it is offered
        pill.click(timeout=WAIT)
        pill.wait_for(state="detached")
    expect(rows).to_have_count(RUNS)
    expect(table.locator("#runs-count")).to_contain_text(str(RUNS))
    run, comparison = signed_in.new_page(), signed_in.new_page()
    stay_at(run, f"/trial-components/{NAME}-sdk-live/metrics/")
    curve_ends_at(run, value(9, 9))
    stay_at(comparison, f"/compare-runs/?experiment={NAME}&baseline={NAME}-sdk-live")
    curve_ends_at(comparison, value(9, 9))
    for one in loggers:
        one.go()
        one.has_logged()
    curve_ends_at(run, value(9, 19))
    curve_ends_at(comparison, value(9, 19))
    expect(comparison.locator("[data-legend] li")).to_have_count(RUNS)
    table.bring_to_front()
    for name in ("sdk-live", "mlflow-live"):
        expect(rows.filter(has_text=name)).to_contain_text(f"{value(9, 19):.4f}", timeout=WAIT)
    for one in loggers:
        one.ends()
    for name in ("sdk-live", "mlflow-live"):
        expect(rows.filter(has_text=name)).to_contain_text("Completed", timeout=WAIT)
    assert [stayed(page) for page in (table, run, comparison)] == [True] * 3
    picture(table, "experiments-live")
    for page in (run, comparison):
        page.close()


def test_every_way_to_compare_draws(loggers, page):
    every = f"/compare-runs/?experiment={NAME}"
    page.goto(f"{every}&tab=parameters")
    expect(page.get_by_role("slider", name="depth", exact=True)).to_be_visible(timeout=WAIT)
    expect(page.locator("[data-scatter-note]")).to_contain_text(f"{RUNS} runs")
    expect(page.locator("[data-contour] .main-svg").first).to_be_attached(timeout=WAIT)
    expect(page.locator("[data-importance-body]")).to_contain_text("depth", timeout=WAIT)
    page.goto(f"{every}&tab=figures")
    expect(page.locator("[data-figure]")).to_have_count(2)
    expect(page.locator("[data-figure] .main-svg").nth(1)).to_be_attached(timeout=WAIT)
    expect(page.locator("[data-overlaid] .scatterlayer .trace").nth(1)).to_be_attached(timeout=WAIT)
    page.goto(f"{every}&tab=files")
    page.locator(".cmp-paths a", has_text="training_confusion_matrix.png").click()
    images = page.locator(".cmp-sides img")
    expect(images).to_have_count(3)
    images.first.scroll_into_view_if_needed()
    expect(images.first).to_have_js_property("complete", True)
    assert images.first.evaluate("image => image.naturalWidth") > 100
    for name, path in (
        ("experiments", "/experiments/"), ("experiments-bin", "/experiments/?bin=1"), ("runs", f"/experiments/{NAME}/"),
        ("runs-grouped", f"/experiments/{NAME}/?group=params.rate"),
        ("runs-baseline", f"/experiments/{NAME}/?baseline={NAME}-sdk-1"),
        ("runs-charts", f"/experiments/{NAME}/?tab=charts"), ("runs-about", f"/experiments/{NAME}/?tab=about"),
    ):  # fmt: skip
        look_at(page, name, path)


def test_a_run_has_one_colour_everywhere(loggers, page):
    page.goto(f"/experiments/{NAME}/")
    in_table = page.locator("tr.run").evaluate_all(COLOURS, ".dot")
    page.goto(f"/compare-runs/?experiment={NAME}&baseline={NAME}-sdk-1")
    compared = page.locator(".cmp-runs li").evaluate_all(COLOURS, ".swatch")
    assert compared.pop(f"{NAME}-sdk-1") != in_table.pop(f"{NAME}-sdk-1")  # the baseline is drawn in ink
    assert compared == in_table and len(compared) == RUNS - 1
