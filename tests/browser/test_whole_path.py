"""A newcomer's five minutes: penguins, a trained model, an endpoint, a prediction; and every page that this leaves behind."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WAIT = 60_000  # ms: a loaded machine


@pytest.fixture(scope="module")
def walked(signed_in, studio):
    """Walk the path once; the addresses of what came of it."""
    page = signed_in.new_page()
    page.goto("/datasets/")
    penguins = page.get_by_role("link", name="penguins", exact=True).first
    for _ in range(30):  # the first run's data sets are still being read
        if penguins.is_visible():
            break
        page.wait_for_timeout(1000)
        page.reload()
    penguins.click()
    expect(page.get_by_role("link", name="Train on this")).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="Train on this").click()
    expect(page.get_by_label("Training job name")).not_to_be_empty()
    name = page.get_by_label("Training job name").input_value()
    page.get_by_role("button", name="Create training job").click()
    page.wait_for_url(f"**/training-jobs/{name}/")
    expect(page.locator("main .chip").first).to_contain_text("Completed", timeout=WAIT)
    page.reload()
    curves = page.locator(".js-plotly-plot .scatterlayer .trace")
    expect(curves.nth(1)).to_be_attached(timeout=WAIT)
    drawn = curves.count()
    job = page.url
    page.get_by_role("link", name="Deploy").first.click()
    page.get_by_role("button", name=re.compile("^Deploy")).first.click()
    page.wait_for_url("**/endpoints/**")
    expect(page.locator("main .chip").first).to_contain_text("InService", timeout=WAIT)
    endpoint = re.sub(r"[?#].*", "", page.url)
    page.close()
    return {"job": job, "endpoint": endpoint, "name": name, "drawn": drawn}


def test_the_job_drew_its_curves(walked, studio):
    assert walked["drawn"] >= 2, "a train and a validation curve"
    job = studio.rest("GET", f"/training-jobs/{walked['name']}/")
    assert job["status"] == "Completed"
    assert job["tags"]["atelier:dataset"] == "penguins/v1"
    points = studio.rest("GET", f"/training-jobs/{walked['name']}/metrics/?metric=validation:mlogloss")
    assert len(points) >= 10
    assert points[-1]["value"] < points[0]["value"] / 2, "it learned"


def test_the_playground_tells_penguins_apart(walked, page):
    page.goto(walked["endpoint"] + "playground/")
    values = {"bill_length_mm": "50.0", "bill_depth_mm": "15.3", "flipper_length_mm": "220", "body_mass_g": "5550"}
    for label, value in values.items():
        page.get_by_label(label).fill(value)
    page.get_by_label("island").select_option("Biscoe")
    page.get_by_role("button", name="Invoke").click()
    expect(page.locator(".result")).to_contain_text("Gentoo", timeout=WAIT)
    expect(page.locator(".result")).to_contain_text("200")


PAGES = ["/", "/datasets/", "/datasets/penguins/", "/datasets/penguins/preview/", "/datasets/penguins/splits/",
         "/datasets/penguins/versions/", "/datasets/penguins/use/", "/datasets/penguins/about/", "/datasets/create/",
         "/training-jobs/", "/training-jobs/create/?dataset=penguins&version=1", "{job}", "{job}metrics/", "{job}logs/",
         "{job}configuration/", "{job}events/", "/models/", "/endpoint-configs/", "/endpoints/", "{endpoint}",
         "{endpoint}playground/", "{endpoint}metrics/", "{endpoint}logs/", "{endpoint}configuration/", "/settings/",
         "/settings/credentials/", "/settings/workers/", "/settings/connections/", "/no-such-page/",
         "/training-jobs/no-such-job/", "/training-jobs/?q=status+%3D+("]  # fmt: skip


AXE = {1440: "light", 390: "dark"}  # in the other two of the four pictures it would find the same


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible_and_fits(walked, page, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    axe, faults = Axe(), []
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for pattern in PAGES:
        address = pattern.format(**walked)
        page.goto(address)
        page.wait_for_load_state("load")
        name = re.sub(
            r"[^a-z0-9]+", "-", address.partition("//")[2].partition("/")[2] if "//" in address else address
        ).strip("-")
        picture(page, f"{name or 'home'}-{width}-{scheme}")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            faults.append(f"{address} scrolls sideways")
        if scheme != AXE[width]:
            continue
        for violation in axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                where = [node["target"] for node in violation["nodes"][:3]]
                faults.append(f"{address} {violation['id']}: {violation['help']} at {where}")
    assert not faults, "\n".join(faults)


def test_the_keyboard_reaches_search_and_help(walked, page):
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("peng")
    expect(
        page.get_by_role("option", name=re.compile("penguins"))
        .or_(page.get_by_role("link", name=re.compile("penguins")))
        .first
    ).to_be_visible()
    page.goto("/")
    page.locator("body").press("Shift+Slash")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_a_stranger_sees_the_sign_in_page_only(chromium, studio, walked):
    context = chromium.new_context(base_url=studio.url)
    page = context.new_page()
    for pattern in PAGES[:-3]:
        page.goto(pattern.format(**walked))
        assert "/sign-in/" in page.url, pattern
    context.close()
