"""A hundred runs of ten metrics compared in Chromium, on the real web server: how long until what is in sight is drawn."""

import re
import shutil
import sys
import time

from bench.metrics import SETTLE
from bench.report import Row, median
from bench.stage import scaled, studio

RUNS, METRICS, POINTS, LOADS = scaled(100, 5), 10, 200, scaled(5, 2)
READY = 1.0  # s: the budget
SEED = f"""
from bench.seed_runs import seed
from catalog.models import Connection
seed(Connection.objects.get(is_default=True), "compared", runs={RUNS}, metrics={METRICS}, parameters=10, points={POINTS})
"""


def compare() -> list[Row]:
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    if not binary:
        print("… compare needs Chromium; Debian's package is called chromium", file=sys.stderr)
        return []
    from playwright.sync_api import sync_playwright

    with studio() as running, sync_playwright() as playwright:
        time.sleep(SETTLE)
        running.manage("shell", script=SEED)
        browser = playwright.chromium.launch(executable_path=binary, chromium_sandbox=False, args=["--disable-gpu"])
        page = _signed_in(browser, running)
        ready = [_load(page, "/compare-runs/?experiment=compared") for _ in range(LOADS + 1)][1:]
        all_drawn = _scrolled(page)
        browser.close()
    what = f"compare {RUNS} runs × {METRICS} metrics"
    return [
        Row(f"{what}, page ready in Chromium", "budget", READY, median(ready), "s", "≤ 1"),
        Row(f"{what}, each chart scrolled into sight", "budget", READY, median(all_drawn), "s", "≤ 1"),
    ]


def _signed_in(browser, running):
    page = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=running.url).new_page()
    page.set_default_timeout(120_000)
    page.goto("/sign-in/")
    page.get_by_label(re.compile("user ?name", re.I)).fill(running.keys["username"])
    page.get_by_label("Password", exact=True).fill(running.keys["password"])
    page.get_by_role("button", name=re.compile("sign in", re.I)).click()
    page.wait_for_url("**/")
    return page


def _load(page, path: str) -> float:
    """Seconds from the navigation until all charts in sight are drawn, by the page's own mark."""
    page.goto(path)
    page.wait_for_selector("[data-curves][data-ready]", timeout=60_000)
    return page.evaluate("performance.getEntriesByName('curves-ready')[0].startTime") / 1000


def _scrolled(page) -> list[float]:
    """Seconds until each further chart is drawn once it is scrolled to; its points are fetched then."""
    return page.evaluate(
        """async () => {
          const taken = [];
          for (const chart of document.querySelectorAll(".curve-chart")) {
            if (chart.querySelector(".scatterlayer path")) continue;
            const start = performance.now();
            chart.scrollIntoView();
            while (!chart.querySelector(".scatterlayer path")) {
              if (performance.now() - start > 30000) throw new Error("a chart was not drawn");
              await new Promise(requestAnimationFrame);
            }
            taken.push((performance.now() - start) / 1000);
          }
          return taken;
        }"""
    )
