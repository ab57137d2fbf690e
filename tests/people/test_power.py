"""Nobody gives what they don't have, rules over somebody stronger, or leaves the Studio without an administrator."""

import itertools

import pytest
from django.contrib.auth.models import Group

from catalog.access import Access, Rule, access_of
from catalog.models import AuditEntry, Grant, Role
from studio.people import grants, groups, roles, users
from studio.people.power import Refused, lacking

pytestmark = pytest.mark.django_db


def rule(verbs, nouns, names=(), tags=None) -> Rule:
    return Rule.read({"verbs": verbs, "nouns": nouns, "names": names, "tags": tags})


@pytest.mark.parametrize(
    ("mine", "theirs", "missing"),
    [
        (rule(["view"], ["*"]), rule(["view"], ["Model"]), ""),
        (rule(["view"], ["Model"]), rule(["view"], ["*"]), "view everything"),
        (rule(["*"], ["*"]), rule(["view", "approve"], ["*"]), ""),
        (rule(["*"], ["*"]), rule(["manage"], ["User"]), "manage User"),
        (rule(["*", "manage"], ["*"]), rule(["*", "manage"], ["*"]), ""),
        (rule(["view"], ["Model"], ["churn-*"]), rule(["view"], ["Model"], ["churn-eu-*"]), ""),
        (rule(["view"], ["Model"], ["churn-?"]), rule(["view"], ["Model"], ["churn-*"]), "view Model called churn-*"),
        (rule(["view"], ["Model"], ["?"]), rule(["view"], ["Model"], ["*"]), "view Model called *"),
        (rule(["view"], ["Model"], ["churn-*"]), rule(["view"], ["Model"]), "view Model"),
        (rule(["view"], ["Model"], tags={"team": "nlp"}), rule(["view"], ["Model"]), "view Model"),
        (rule(["view"], ["Model"], tags={"team": "*"}), rule(["view"], ["Model"], tags={"team": "nlp", "a": "b"}), ""),
    ],
)
def test_what_one_has_of_what_another_gives(mine, theirs, missing):
    assert lacking(Access("x", rules=(mine,)), [theirs]) == missing


def test_a_wider_pattern_matches_all_that_the_narrower_does():
    """Every pair of short patterns over two letters, against every short name: no name escapes the wider pattern."""
    texts = ["".join(t) for n in range(4) for t in itertools.product("ab", repeat=n)]
    patterns = ["".join(p) for n in range(1, 4) for p in itertools.product("a?*", repeat=n)]
    agreed = 0
    for wide, narrow in itertools.product(patterns, patterns):
        if (
            lacking(Access("x", rules=(rule(["view"], ["Model"], [wide]),)), [rule(["view"], ["Model"], [narrow])])
            == ""
        ):
            agreed += 1
            escaped = [
                t
                for t in texts
                if rule(["view"], ["Model"], [narrow]).fits(t, {}) and not rule(["view"], ["Model"], [wide]).fits(t, {})
            ]
            assert not escaped, (wide, narrow, escaped)
    assert agreed > len(patterns)


def test_who_administers_one_connection_gives_roles_there_only(bea, carl, roles, workbench, lab):
    grants.give(roles["Viewer"], by=bea, user=carl, where=workbench)
    assert access_of("carl", workbench.id).may("view", "Model")
    for where in (lab, None):
        with pytest.raises(Refused, match="Only who may manage users"):
            grants.give(roles["Viewer"], by=bea, user=carl, where=where)


def test_nobody_gives_more_than_they_have(carl, roles, workbench, django_user_model):
    hr = Role.objects.create(name="People", rules=[{"verbs": ["manage"], "nouns": ["User"]}])
    dora = django_user_model.objects.create_user("dora")
    Grant.objects.create(role=hr, user=dora, connection=None)
    grants.give(hr, by=dora, user=carl, where=workbench)
    with pytest.raises(Refused, match="Admin allows to view everything"):
        grants.give(roles["Admin"], by=dora, user=dora, where=workbench)
    with pytest.raises(Refused, match="which you may not do"):
        roles_made(dora)
    assert AuditEntry.objects.filter(action="GiveRole").count() == 1


def roles_made(by):
    Grant.objects.create(role=Role.objects.create(name="R", rules=[{"verbs": ["manage"], "nouns": ["Role"]}]), user=by)
    roles.create_role("Mine", "", [{"verbs": ["*"], "nouns": ["*"]}], by=by)


def test_joining_a_group_is_getting_what_it_has(carl, roles, workbench, django_user_model):
    admins = Group.objects.create(name="admins")
    Grant.objects.create(role=roles["Admin"], group=admins, connection=workbench)
    keeper = django_user_model.objects.create_user("keeper")
    Grant.objects.create(
        role=Role.objects.create(name="G", rules=[{"verbs": ["manage"], "nouns": ["Group"]}]), user=keeper
    )
    with pytest.raises(Refused, match="Admin allows"):
        groups.add_member(admins, keeper, by=keeper)


def test_a_reset_is_no_way_into_a_stronger_account(ada, bea, carl, roles, django_user_model):
    people = Role.objects.create(name="People", rules=[{"verbs": ["manage"], "nouns": ["User"]}])
    dora = django_user_model.objects.create_user("dora")
    Grant.objects.create(role=people, user=dora, connection=None)
    for stronger in (ada, bea):
        for verb in (users.reset_password, users.deactivate, users.delete_user):
            with pytest.raises(Refused):
                verb(stronger, by=dora)
    with pytest.raises(Refused, match="Only an administrator of the whole Studio"):
        users.edit_user(carl, by=dora, is_superuser=True)
    assert users.reset_password(carl, by=dora).startswith("/sign-in/link/")


@pytest.mark.parametrize("verb", [users.deactivate, users.delete_user, users.reset_password])
def test_the_last_administrator_stays(ada, verb):
    with pytest.raises(Refused, match="nobody who can administer"):
        verb(ada, by=ada)
    ada = type(ada).objects.get(username="ada")
    assert ada.is_active and ada.has_usable_password()
    assert not AuditEntry.objects.filter(action__in=("DeactivateUser", "DeleteUser", "ResetPassword")).exists()


def test_the_last_administrator_may_be_one_by_role(ada, carl, roles):
    grant = grants.give(roles["Admin"], by=ada, user=carl)
    users.delete_user(ada, by=ada)
    with pytest.raises(Refused, match="nobody who can administer"):
        grants.take(grant, by=carl)
    assert Grant.objects.filter(user=carl).exists()


def test_the_last_administrator_may_be_one_by_group(ada, carl, roles):
    team = groups.create_group("team", by=ada)
    grants.give(roles["Admin"], by=ada, group=team)
    groups.add_member(team, carl, by=ada)
    users.edit_user(ada, by=ada, is_superuser=False)
    for lose in (lambda: groups.remove_member(team, carl, by=carl), lambda: groups.delete_group(team, by=carl)):
        with pytest.raises(Refused, match="nobody who can administer"):
            lose()
    assert carl.groups.filter(name="team").exists()


def test_an_account_that_nobody_can_sign_in_with_is_no_administrator(ada, django_user_model):
    django_user_model.objects.create_superuser("ghost")
    with pytest.raises(Refused, match="nobody who can administer"):
        users.deactivate(ada, by=ada)


def test_a_builtin_role_stays_as_it_is(ada, roles):
    from studio.people import roles as verbs

    for change in (
        lambda: verbs.edit_role(roles["Viewer"], "Viewer", "", [{"verbs": ["*"], "nouns": ["*"]}], by=ada),
        lambda: verbs.delete_role(roles["Viewer"], by=ada),
    ):
        with pytest.raises(Refused, match="ships with the Studio"):
            change()


def test_changes_are_written_down_without_secrets(ada, roles, workbench):
    user = users.create_user("eve", by=ada, email="eve@example.com", role=roles["Viewer"], where=workbench)
    users.set_password(user, "a secret of eve's own", by=ada)
    users.edit_user(user, by=ada, email="eve@example.org")
    users.delete_user(user, by=ada)
    told = [(one.action, one.target, one.before, one.after) for one in AuditEntry.objects.filter(target="User eve")]
    assert [one[0] for one in told] == ["CreateUser", "GiveRole", "SetPassword", "UpdateUser", "DeleteUser"]
    assert told[3][2:] == ('{"email":"eve@example.com"}', '{"email":"eve@example.org"}')
    assert not any("secret" in text or "password" in text for one in told for text in one[2:])
