"""Real Chromium on the whole Studio. Pictures of every page go to ``artifacts/`` for a person to look at.

All files share one Studio (one a pytest-xdist worker), for a start takes 10 to 30 seconds: each keeps to names of its own.
"""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.system.stage import ROOT, Studio

ARTIFACTS = ROOT / "artifacts"
SWITCHES = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="session")
def studio(tmp_path_factory):
    with Studio(tmp_path_factory.mktemp("browser") / "home") as studio:
        yield studio


@pytest.fixture(scope="module")
def chromium():
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    if not binary:
        pytest.skip("there is no Chromium on this machine; Debian's package is called chromium")
    # Playwright's synchronous API runs an event loop in this thread, which Django's ORM would refuse.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=SWITCHES, chromium_sandbox=False)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def signed_in(chromium, studio):
    """A browser context with the administrator's session; complaints of the pages' scripts are collected."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=studio.url)
    context.set_default_timeout(30_000)
    context.complaints = []
    page = context.new_page()
    page.goto("/sign-in/")
    page.get_by_label("User name").or_(page.get_by_label("Username")).fill(studio.keys["username"])
    page.get_by_label("Password", exact=True).fill(studio.keys["password"])
    page.get_by_role("button", name=re.compile("sign in", re.I)).click()
    page.wait_for_url("**/")
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(signed_in):
    page = signed_in.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    page.close()
    # A page that answers 404 on purpose is told by the browser as a failed resource, and a request that a page made just
    # before it was left as one that could not be sent.
    harmless = ("status of 40", "htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")
    assert [text for text in complaints if not any(words in text for words in harmless)] == []


SCHEMES = ("light", "dark")
AXE = {(1440, "light"), (390, "dark")}  # in the other two of the four pictures axe would find the same


def look_at(page, name: str, path: str = "", *, ready=None) -> None:
    """Pictures at two widths in both schemes of a page, loaded anew where ``path`` names it; ``ready(page)`` waits for what is
    drawn. Nothing is wider than the screen, and axe has nothing serious to say."""
    from axe_playwright_python.sync_playwright import Axe

    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        if path:
            page.goto(path)
        if ready:
            ready(page)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            picture(page, f"{name}-{width}-{scheme}")
            if (width, scheme) in AXE:
                broken = [
                    one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")
                ]
                assert broken == [], (name, width, [(one["id"], one["nodes"][0]["html"][:300]) for one in broken])
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} scrolls sideways at {width}"
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


def picture(page, name: str) -> Path:
    ARTIFACTS.mkdir(exist_ok=True)
    path = ARTIFACTS / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path
