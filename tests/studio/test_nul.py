"""A NUL in an address is the caller's fault on either database; PostgreSQL takes none."""

import pytest

ADDRESSES = [
    "/training-jobs/?q=%00", "/training-jobs/a%00b/", "/search/?q=a%00", "/datasets/a%00/", "/?connection=%00",
    "/api/v1/training-jobs/?name=%00", "/api/v1/datasets/a%00/",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_nul_in_an_address_is_refused(browser, address):
    assert browser.get(address).status_code == 400


def test_a_nul_that_is_only_named_is_not(browser):
    assert browser.get("/training-jobs/?q=%2500").status_code == 200


def test_a_nul_in_a_form_is_refused(client, db):
    assert client.post("/sign-in/", {"username": "a\0", "password": "b"}).status_code == 200
