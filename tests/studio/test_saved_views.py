"""Saved views of lists: one's own, and those that others share."""

import re

import pytest

from studio.saved_views import SavedView, lasting
from tests.studio.conftest import make_jobs

LIST = "/training-jobs/"


def save(browser, name: str, query: str, **more):
    return browser.post("/saved-views/", {"act": "save", "page": LIST, "name": name, "query": query, **more})


@pytest.mark.django_db
def test_a_view_is_the_address_under_a_name(browser, connection):
    make_jobs(connection, 3)
    answer = save(browser, "Best first", "sort=-name&page=3&q=job&part=live")
    view = SavedView.objects.get()
    assert view.query == "q=job&sort=-name"
    assert answer.headers["Location"] == f"{LIST}?q=job&sort=-name&view={view.id}"
    page = browser.get(answer.headers["Location"]).content.decode()
    assert re.search(r'aria-current="page" title="Your view">Best first</a>', page)
    changed = browser.get(f"{LIST}?q=other&view={view.id}").content.decode()
    assert "Save changes to view" in changed
    browser.post("/saved-views/", {"act": "change", "page": LIST, "view": view.id, "query": "q=other"})
    assert SavedView.objects.get().query == "q=other"
    browser.post("/saved-views/", {"act": "delete", "page": LIST, "view": view.id})
    assert not SavedView.objects.exists()


@pytest.mark.django_db
def test_only_shared_views_are_seen_by_others_and_nobody_changes_them(browser, connection, bob, client):
    make_jobs(connection, 1)
    save(browser, "Hidden", "q=a")
    save(browser, "Open", "q=b", shared="1")
    client.force_login(bob)
    page = client.get(LIST).content.decode()
    assert "Shared by alice" in page
    assert ">Hidden</a>" not in page
    view = SavedView.objects.get(name="Open")
    for act in ("delete", "change", "share"):
        client.post("/saved-views/", {"act": act, "page": LIST, "view": view.id, "query": ""})
    assert SavedView.objects.get(name="Open").query == "q=b"


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["", "/nowhere/", "https://evil.example/", "//evil.example/"])
def test_views_are_of_pages_of_ours(browser, connection, page):
    answer = browser.post("/saved-views/", {"act": "save", "page": page, "name": "x", "query": ""})
    assert answer.headers["Location"] == "/"
    assert not SavedView.objects.exists()


def test_columns_keep_their_order():
    assert lasting("c=b&q=1&c=a&page=2") == "c=b&c=a&q=1"
