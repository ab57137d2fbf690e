"""The pages for people: what an administrator does with them, what a connection's administrator may, what others are refused."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from catalog.access import access_of
from catalog.models import Grant, Record, Role, Tag
from tests.people.conftest import signed_in
from tests.studio.conftest import make_jobs

pytestmark = pytest.mark.django_db


def text(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_user_is_made_with_a_role_and_comes_in_by_the_link(as_ada, roles, workbench, django_user_model):
    form = {"username": "eve", "email": "eve@example.com", "role": roles["Viewer"].pk, "where": "workbench"}
    page = as_ada.post("/settings/users/create/", form)
    assert page["Cache-Control"] == "no-store"
    path = re.search(r"http://testserver(/sign-in/link/[\w/-]+)", text(page))[1]
    eve = django_user_model.objects.get(username="eve")
    assert path not in text(as_ada.get(f"/settings/users/{eve.pk}/"))
    client = Client()
    form_page = client.get(path, follow=True)
    password = {"new_password1": "eve's own password", "new_password2": "eve's own password"}
    assert client.post(form_page.request["PATH_INFO"], password).status_code == 302
    assert client.post("/sign-in/", {"username": "eve", "password": "eve's own password"}).status_code == 302
    assert access_of("eve", workbench.id).may("view", "Model")
    assert not access_of("eve", workbench.id).may("create", "Model")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "This field is required"),
        ("a b", "letters, digits"),
        ("ADA", "There is a user ADA already"),
        ("x" * 151, "at most 150"),
    ],
)
def test_bad_user_names_are_told(as_ada, name, words):
    answer = as_ada.post("/settings/users/create/", {"username": name})
    assert answer.status_code == 422
    assert words in text(answer)


def test_users_are_found_and_paged(as_ada, django_user_model, django_assert_max_num_queries):
    django_user_model.objects.bulk_create(
        [django_user_model(username=f"user-{n:03}", email=f"u{n}@example.com") for n in range(120)]
    )
    with django_assert_max_num_queries(30):
        page = text(as_ada.get("/settings/users/"))
    assert "1–50 of 121" in page and "user-048" in page and "user-049" not in page
    assert "101–121 of 121" in text(as_ada.get("/settings/users/?page=3"))
    assert "1–1 of 1" in text(as_ada.get("/settings/users/?q=U77@EXAMPLE"))
    assert "Nobody matches" in text(as_ada.get("/settings/users/?q=%3Cb%3E"))
    assert as_ada.get("/settings/users/?page=nonsense").status_code == 200


def test_an_account_is_edited_deactivated_and_deleted(as_ada, carl, django_user_model):
    where = f"/settings/users/{carl.pk}/"
    assert as_ada.post(where, {"email": "carl@example.com", "first_name": "Carl"}).status_code == 302
    assert as_ada.post(where, {"email": "not an address"}).status_code == 422
    for action, is_active in (("deactivate", False), ("reactivate", True)):
        as_ada.post(f"{where}{action}/")
        carl.refresh_from_db()
        assert carl.is_active is is_active
    assert as_ada.post(f"{where}nonsense/").status_code == 404
    assert as_ada.post(f"{where}delete/")["Location"] == "/settings/users/"
    assert not django_user_model.objects.filter(username="carl").exists()
    assert as_ada.get(where).status_code == 404


def test_deleting_says_what_depends_on_the_account(as_ada, carl, workbench):
    make_jobs(workbench, 3)
    Record.objects.update(owner="carl")
    assert "3 things: stay, with the name as their owner" in text(as_ada.get(f"/settings/users/{carl.pk}/"))


def test_roles_are_given_and_taken(as_ada, carl, roles, workbench):
    form = {"role": roles["Reviewer"].pk, "where": "workbench"}
    as_ada.post(f"/settings/users/{carl.pk}/roles/", form)
    as_ada.post(f"/settings/users/{carl.pk}/roles/", form)
    grant = Grant.objects.get(user=carl)
    assert "has the role Reviewer on workbench already" in text(as_ada.get(f"/settings/users/{carl.pk}/"))
    as_ada.post(f"/settings/grants/{grant.pk}/take/")
    assert not Grant.objects.filter(user=carl).exists()
    assert as_ada.post(f"/settings/grants/{grant.pk}/take/").status_code == 404


def test_groups_give_their_roles_to_members(as_ada, carl, roles, workbench):
    as_ada.post("/settings/groups/", {"name": "night shift"})
    group = Group.objects.get(name="night shift")
    where = f"/settings/groups/{group.pk}/"
    as_ada.post(f"{where}members/", {"add": "carl"})
    as_ada.post(f"{where}roles/", {"role": roles["Viewer"].pk, "where": "*"})
    assert access_of("carl", workbench.id).may("view", "Model")
    assert "through group <a" in text(as_ada.get(f"/settings/users/{carl.pk}/"))
    as_ada.post(where, {"name": "day shift"})
    as_ada.post(f"{where}members/", {"add": "nobody"})
    assert "There is no user nobody" in text(as_ada.get(where))
    as_ada.post(f"{where}delete/")
    assert not access_of("carl", workbench.id).may("view", "Model")


def rules(do="save", **more):
    return {
        "name": "Churn", "description": "", "rules": "1", "verbs-0": ["view", "update"], "nouns-0": "TrainingJob",
        "names-0": "job-000?", "tags-0": "", "do": do, **more,
    }  # fmt: skip


def test_a_role_is_written_checked_and_saved(as_ada, workbench, roles):
    make_jobs(workbench, 30)
    page = text(as_ada.post("/settings/roles/create/", rules("check")))
    assert "this is about 10 things now" in page and "job-0003" in page
    assert not Role.objects.filter(name="Churn").exists()
    added = text(as_ada.post("/settings/roles/create/", rules("add")))
    assert 'name="rules" value="2"' in added and 'value="job-000?"' in added
    assert as_ada.post("/settings/roles/create/", rules()).status_code == 302
    role = Role.objects.get(name="Churn")
    assert role.rules == [{"verbs": ["view", "update"], "nouns": ["TrainingJob"], "names": ["job-000?"]}]
    where = f"/settings/roles/{role.pk}/"
    assert as_ada.post(where, rules(**{"tags-0": "team=risk, stage=*"})).status_code == 302
    role.refresh_from_db()
    assert role.rules[0]["tags"] == {"team": "risk", "stage": "*"}
    as_ada.post(f"{where}delete/")
    assert not Role.objects.filter(name="Churn").exists()


def test_what_a_rule_matches_is_what_it_allows(as_ada, workbench, roles, carl):
    """The number that the editor shows is that of the things that somebody with the role then sees."""
    jobs = make_jobs(workbench, 30)
    Tag.objects.filter(record=jobs[0]).update(value="nlp")
    form = rules(**{"names-0": "job-*", "tags-0": "team=r?sk"})
    count = int(
        re.search(
            r"about (\d+) things",
            text(as_ada.post("/settings/roles/create/", form | {"do": "check"})),
        )[1]
    )
    as_ada.post("/settings/roles/create/", form)
    Grant.objects.create(role=Role.objects.get(name="Churn"), user=carl, connection=workbench)
    seen = access_of("carl", workbench.id).visible(
        Record.objects.filter(connection=workbench, kind="TrainingJob"), "TrainingJob"
    )
    assert seen.count() == count == 14


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"nouns-0": "TrainingJobs"}, "There is no noun TrainingJobs; did you mean TrainingJob?"),
        ({"nouns-0": ""}, "A rule needs a noun"),
        ({"verbs-0": []}, "A rule needs a verb"),
        ({"verbs-0": ["fly"]}, "There is no verb fly"),
        ({"tags-0": "team"}, "A tag pattern is key=value"),
        ({"name": ""}, "1 to 64 printable characters"),
        ({"name": "viewer"}, "There is a role viewer already"),
        ({"rules": "0"}, "A role needs a rule"),
        ({"rules": "nonsense"}, "A role needs a rule"),
    ],
)
def test_bad_rules_are_told_and_nothing_typed_is_lost(as_ada, roles, change, words):
    answer = as_ada.post("/settings/roles/create/", rules(**change))
    assert answer.status_code == 422
    assert words in text(answer)
    assert change.get("rules") or 'value="job-000?"' in text(answer)


def test_a_role_that_is_given_is_not_deleted(as_ada, roles, carl):
    role = Role.objects.create(name="Mine", rules=[{"verbs": ["view"], "nouns": ["*"]}])
    Grant.objects.create(role=role, user=carl)
    as_ada.post(f"/settings/roles/{role.pk}/delete/")
    assert "Mine is given 1 time" in text(as_ada.get(f"/settings/roles/{role.pk}/"))


def test_builtin_roles_are_shown_and_not_changed(as_ada, roles):
    where = f"/settings/roles/{roles['Viewer'].pk}/"
    assert '<fieldset class="stack bare" disabled>' in text(as_ada.get(where))
    assert as_ada.post(where, rules()).status_code == 422
    assert as_ada.get(f"/settings/roles/create/?from={roles['Viewer'].pk}").status_code == 200
    roles["Viewer"].refresh_from_db()
    assert roles["Viewer"].rules == [{"verbs": ["view"], "nouns": ["*"]}]


def test_what_may_somebody_do_and_why(as_ada, carl, roles, workbench, lab):
    make_jobs(workbench, 2)
    group = Group.objects.create(name="reviewers")
    carl.groups.add(group)
    Grant.objects.create(role=roles["Reviewer"], group=group, connection=workbench)
    part = Role.objects.create(
        name="Part", rules=[{"verbs": ["stop"], "nouns": ["TrainingJob"], "names": ["job-0000"]}]
    )
    Grant.objects.create(role=part, user=carl, connection=None)
    where = f"/settings/users/{carl.pk}/access/"

    def ask(**question):
        return text(as_ada.get(where, question))

    assert "role Reviewer (through group reviewers, here) allows to approve" in ask(
        on="workbench", verb="approve", noun="ModelPackage"
    )
    assert "No: none of Part allows to approve ModelPackage" in ask(on="lab", verb="approve", noun="ModelPackage")
    assert "role Part (given to them, on every connection)" in ask(
        on="workbench", verb="stop", noun="TrainingJob", thing="job-0000"
    )
    assert "its patterns don&#x27;t match job-0001" in ask(
        on="workbench", verb="stop", noun="TrainingJob", thing="job-0001"
    )
    assert "everything else" in ask(on="workbench") and "part" in ask(on="workbench")
    assert as_ada.get(where, {"on": "nowhere"}).status_code == 404
    carl.is_active = False
    carl.save()
    assert "No: the account carl is deactivated" in ask(on="workbench", verb="view", noun="Model")


def test_the_answer_agrees_with_what_is_decided(ada, bea, carl, roles, workbench, lab):
    from catalog.access import VERBS
    from studio.people import explain

    part = Role.objects.create(
        name="Part", rules=[{"verbs": ["*"], "nouns": ["Model"], "names": ["a*"]}, {"verbs": ["view"], "nouns": ["*"]}]
    )
    Grant.objects.create(role=part, user=carl, connection=lab)
    for user in (ada, bea, carl):
        for connection in (workbench, lab):
            access = access_of(user.username, connection.id)
            for verb in VERBS:
                for noun, name in (("Model", ""), ("Model", "abc"), ("Model", "xyz"), ("User", ""), ("Endpoint", "e")):
                    assert explain.answer(user, connection, verb, noun, name)[0] is access.may(verb, noun, name)


EVERYWHERE = [
    ("user-act", "carl", "deactivate"), ("user-act", "carl", "delete"), ("user-act", "carl", "reset"), ("group-delete", "group"),
    ("group-members", "group"), ("role-create",), ("role", "role"), ("role-delete", "role"), ("everybodys-keys",),
    ("everybodys-keys-revoke",), ("connection-create",), ("connection", "workbench"), ("connection-delete", "workbench"),
    ("workers",), ("requeue",), ("credentials",),
]  # fmt: skip
MANAGED = [("users",), ("user-create",), ("user", "carl"), ("user-access", "carl"), ("user-give", "carl"), ("groups",),
           ("group", "group"), ("group-give", "group"), ("roles",)]  # fmt: skip


def address(view: tuple, carl, roles) -> str:
    group, _ = Group.objects.get_or_create(name="g")
    known = {"carl": carl.pk, "group": group.pk, "role": roles["Viewer"].pk}
    return reverse(view[0], args=[known.get(part, part) for part in view[1:]])


def test_what_concerns_everybody_is_refused_to_a_connections_administrator(as_bea, carl, roles):
    for view in EVERYWHERE:
        where = address(view, carl, roles)
        assert as_bea.post(where).status_code == 403, view
        assert as_bea.get(where).status_code in (403, 405), view


@pytest.mark.parametrize("name", ["Viewer", "Data scientist", "Reviewer", ""])
def test_everybody_else_is_refused(carl, roles, workbench, django_user_model, name):
    user = django_user_model.objects.create_user("dora")
    if name:
        Grant.objects.create(role=roles[name], user=user, connection=None)
    client = signed_in(user)
    for view in MANAGED + EVERYWHERE:
        where = address(view, carl, roles)
        assert client.post(where).status_code == 403, view
        assert client.get(where).status_code in (403, 405), view


def test_a_connections_administrator_sees_people_and_gives_roles_there(as_bea, carl, roles, workbench, lab):
    for view in MANAGED:
        if view[0] not in ("user-give", "group-give"):
            assert as_bea.get(address(view, carl, roles)).status_code == 200, view
    as_bea.post(f"/settings/users/{carl.pk}/roles/", {"role": roles["Viewer"].pk, "where": "workbench"})
    as_bea.post(f"/settings/users/{carl.pk}/roles/", {"role": roles["Viewer"].pk, "where": "lab"})
    as_bea.post(f"/settings/users/{carl.pk}/roles/", {"role": roles["Viewer"].pk, "where": "*"})
    assert [grant.connection for grant in Grant.objects.filter(user=carl)] == [workbench]
    assert as_bea.post(f"/settings/users/{carl.pk}/", {"email": "x@example.com"}).status_code == 200
    carl.refresh_from_db()
    assert carl.email == ""


def test_long_and_odd_names_are_shown_as_text(as_ada, django_user_model, roles):
    name = "<script>alert(1)</script>" + "x" * 30
    Role.objects.create(name=name, description=name, rules=[{"verbs": ["view"], "nouns": ["*"], "names": ["<b>"]}])
    group = Group.objects.create(name=name)
    for where in ("/settings/roles/", "/settings/groups/", f"/settings/groups/{group.pk}/"):
        page = as_ada.get(where).content.decode()
        assert "<script>alert" not in page and "&lt;script&gt;" in page
