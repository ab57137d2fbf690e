"""Django's admin obeys the same policy, and edits nothing."""

import html

import pytest

from registry.approvals import ApprovalRequest
from tests.registry.desk import fresh

LIST = "/admin/registry/approvalrequest/"


@pytest.fixture
def staff(desk):
    """The cast's browsers, let into the admin."""

    def browser(who):
        who.user.is_staff = True
        who.user.save()
        return who.browser

    return browser


def act(browser, action: str, *requests: ApprovalRequest) -> str:
    chosen = {"action": action, "_selected_action": [request.id for request in requests]}
    page = html.unescape(browser.post(LIST, chosen, follow=True).content.decode())
    return page[page.find('class="messagelist"') :][:2000] if "messagelist" in page else page


def test_approving_is_a_vote(desk, staff):
    desk.policy(approvals=2)
    request = desk.version()
    said = act(staff(desk.cast.rosa), "approve", request)
    assert f"Your vote on {request.name} is in; the request is Open." in said
    said = act(staff(desk.cast.remi), "approve", request)
    assert f"Your vote on {request.name} is in; the request is Approved." in said
    assert desk.status(request) == "Approved"


@pytest.mark.parametrize(("who", "why"), [
    ("dan", "no role that allows approve_model_package"), ("ada", "none of the roles that count: Reviewer"),
])  # fmt: skip
def test_the_same_refusals(desk, staff, who, why):
    desk.policy(roles=["Reviewer"])
    request = desk.version()
    person = getattr(desk.cast, who)
    assert why in act(staff(person), "approve", request)
    assert why in act(staff(person), "reject", request)
    assert fresh(request).state == "Open"


def test_a_superuser_who_is_the_author_is_refused(desk, staff):
    desk.policy()
    request = desk.version(by=desk.cast.ada)
    desk.cast.ada.user.is_superuser = True
    assert "is an author of this version" in act(staff(desk.cast.ada), "approve", request)


def test_nothing_is_edited_by_hand(desk, staff):
    policy = desk.policy()
    request = desk.version()
    desk.cast.ada.user.is_superuser = True
    ada = staff(desk.cast.ada)
    assert ada.get(f"{LIST}{request.id}/change/").status_code == 200
    for address in (f"{LIST}{request.id}/change/", f"{LIST}{request.id}/delete/", f"{LIST}add/",
                    f"/admin/registry/approvalpolicy/{policy.id}/change/", "/admin/registry/approvalpolicy/add/"):  # fmt: skip
        assert ada.post(address, {"state": "Approved", "post": "yes"}).status_code == 403, address
    assert fresh(request).state == "Open"
    assert "is in; the request" not in act(ada, "delete_selected", request)


def test_who_isnt_staff_or_has_no_role_sees_nothing(desk, staff):
    request = desk.version()
    assert desk.cast.rosa.browser.get(LIST).status_code == 302
    charlie = staff(desk.cast.charlie)
    assert request.name not in charlie.get(LIST).content.decode()
    assert charlie.get(f"{LIST}{request.id}/change/").status_code in (302, 403, 404)
