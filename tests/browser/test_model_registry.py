"""From a trained model to a named version, in Chromium: train, register, compare, alias, note, comment; and every page of it."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.areas.endpoints.stage import image, xgboost_archive
from tests.browser.conftest import picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WAIT = 60_000  # ms: a loaded machine
LONG = "a-group-with-a-name-that-is-as-long-as-a-name-can-be-in-sagema"


@pytest.fixture(scope="module")
def walked(signed_in, studio):
    """Train, register the job, register it once more, name it; every page is there afterwards."""
    page = signed_in.new_page()
    page.goto("/datasets/")
    penguins = page.get_by_role("link", name="penguins", exact=True).first
    for _ in range(30):  # the first run's data sets are still being read
        if penguins.is_visible():
            break
        page.wait_for_timeout(1000)
        page.reload()
    penguins.click()
    page.get_by_role("link", name="Train on this").click(timeout=WAIT)
    expect(page.get_by_label("Training job name")).not_to_be_empty()
    page.get_by_role("button", name="Create training job").click()
    expect(page.locator("main .chip").first).to_contain_text("Completed", timeout=WAIT)
    page.reload()
    page.get_by_role("link", name="Register", exact=True).click()
    page.get_by_label("Group required").fill("penguins")
    page.get_by_label("Description").fill("Which species a penguin is")
    page.get_by_role("button", name="Register version").click()
    page.wait_for_url("**/model-packages/penguins/1/**")
    expect(page.get_by_text("validation:mlogloss").first).to_be_visible()
    page.get_by_role("link", name="Clone").click()
    page.get_by_role("button", name="Register version").click()
    page.wait_for_url("**/model-packages/penguins/2/**")
    page.close()
    return {"version": "/model-packages/penguins/2/", "group": "/model-package-groups/penguins/"}


def test_compare_name_and_talk(walked, page, studio):
    page.goto(walked["group"])
    page.get_by_role("button", name="Compare two").click()
    page.wait_for_url("**/model-registry/compare/**")
    expect(page.get_by_role("heading", level=1)).to_contain_text("penguins/1 with penguins/2")
    page.get_by_role("link", name="Swap").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("penguins/2 with penguins/1")
    page.goto(walked["version"])
    page.get_by_role("link", name="Move one here").click()
    page.get_by_label("Alias", exact=True).fill("candidate")
    page.get_by_role("button", name="Set alias").click()
    expect(page.get_by_role("cell", name="penguins@candidate")).to_be_visible()
    page.goto(walked["version"] + "?tab=discussion")
    page.get_by_role("link", name="Write").click()
    page.get_by_label("What it is for").fill("## Use\n\nFor *adult* penguins only.")
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_role("heading", name="Use")).to_be_visible()
    box = page.get_by_role("textbox", name="Comment")
    box.press_sequentially(f"Please look, @{studio.keys['username'][:3]}")
    expect(page.get_by_role("option", name=studio.keys["username"])).to_be_visible()
    box.press("Enter")
    assert box.input_value() == f"Please look, @{studio.keys['username']} "
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_text("Please look")).to_be_visible()
    page.goto(walked["version"])
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("penguins@candidate points to it")).to_be_visible()


def test_upload_is_tried_out(walked, page, tmp_path):
    path = tmp_path / "mine.tar.gz"
    path.write_bytes(xgboost_archive())
    page.goto("/model-registry/upload/")
    page.get_by_label("model.tar.gz required").set_input_files(path)
    page.get_by_label("Group required").fill("uploads")
    page.get_by_label("Image that serves it").fill(image())
    page.get_by_label("Sample to predict").fill("1,2,3,4")
    page.get_by_role("button", name="Upload and try out").click()
    page.wait_for_url("**/model-registry/registrations/**", timeout=WAIT)
    picture(page, "registry-registration-1440-light")
    page.wait_for_url("**/model-packages/uploads/1/", timeout=WAIT)
    expect(page.get_by_text("loads and predicts")).to_be_visible()


def test_every_page_at_two_widths_and_in_both_schemes(walked, page, studio):
    made = studio.rest("GET", "/model-packages/penguins/2/")
    assert made["document"]["ModelApprovalStatus"] == "PendingManualApproval", json.dumps(made)[:300]
    page.goto("/model-package-groups/create/")
    page.get_by_label("Name required").fill(LONG)
    page.get_by_role("button", name="Create group").click()
    pages = {
        "version": walked["version"], "version-discussion": walked["version"] + "?tab=discussion",
        "version-history": walked["version"] + "?tab=history", "version-code": walked["version"] + "?tab=code",
        "group": walked["group"], "group-aliases": walked["group"] + "?tab=aliases",
        "group-sharing": walked["group"] + "?tab=sharing", "group-empty": f"/model-package-groups/{LONG}/",
        "groups": "/model-package-groups/", "compare": "/model-registry/compare/?old=penguins/1&new=penguins/2&all=1",
        "compare-empty": "/model-registry/compare/", "register": "/model-registry/register/?package=penguins/2",
        "upload": "/model-registry/upload/", "deploy": walked["version"] + "deploy/",
    }  # fmt: skip
    for name, path in pages.items():
        for scheme, width in (("light", 1440), ("dark", 390)):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.goto(path)
            page.wait_for_load_state("load")
            picture(page, f"registry-{name}-{width}-{scheme}")
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
            broken = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
            assert broken == [], (name, scheme, width, [(one["id"], one["nodes"][0]["html"][:200]) for one in broken])
