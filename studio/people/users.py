"""What is done to accounts, each with its entry in the audit log."""

from axes.utils import reset as forget_failures
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from catalog import audit
from catalog.models import AccessKey, AuditEntry, Connection, Record, Role
from catalog.tokens import ApiToken
from jobs.models import Run
from studio.people import grants, sessions
from studio.people.power import Refused, changing, check_manages, check_outranks

FIELDS = ("email", "first_name", "last_name", "is_superuser")


def create_user(
    username: str, *, by, email: str = "", first_name: str = "", last_name: str = "", is_superuser: bool = False,
    role: Role | None = None, where: Connection | None = None,
):  # fmt: skip
    """Make an account without a password: ``invitation`` leads to the page where its owner chooses one.

    Who manages users on one connection only can make an account that has a role there. Raises Refused.
    """
    user = get_user_model()(
        username=get_user_model().normalize_username(username), email=email, first_name=first_name,
        last_name=last_name, is_superuser=is_superuser, is_staff=is_superuser,
    )  # fmt: skip
    user.set_unusable_password()
    with changing():
        check_username(user.username)
        check_manages(by, "User", where if role else None)
        if is_superuser:
            _check_superuser(by)
        user.save(force_insert=True)
        audit.append("CreateUser", f"User {user.username}", after=_told(user))
        if role:
            grants.give(role, by=by, user=user, where=where)
    return user


def check_username(username: str) -> None:
    """Refuse a user name that is taken, or that isn't one."""
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError:
        raise Refused("A user name has letters, digits and @ . + - _ only.") from None
    if not 0 < len(username) <= 150:
        raise Refused("A user name has 1 to 150 characters.")
    if get_user_model().objects.filter(username__iexact=username).exists():
        raise Refused(f"There is a user {username} already.")
    if was_deleted(username):
        raise Refused(
            f"A user {username} was deleted, and what they made and decided bears the name: take another one."
        )


def was_deleted(username: str) -> bool:
    """Whether somebody was called so, in whatever case. Keys, things and votes go by names, so none is given twice."""
    return AuditEntry.objects.filter(action="DeleteUser", target__iexact=f"User {username}").exists()


def edit_user(user, *, by, **changes) -> None:
    """Change FIELDS of an account."""
    with changing():
        _check_rules_over(by, user)
        before = _told(user)
        if changes.get("is_superuser", user.is_superuser) != user.is_superuser:
            _check_superuser(by)
        for name, value in changes.items():
            setattr(user, name, value)
        user.is_staff = user.is_superuser
        user.save(update_fields=sorted({*changes, "is_staff"}))
        _append("UpdateUser", user, before)


def deactivate(user, *, by) -> None:
    """Let an account rest: its sessions end, its tokens and keys open nothing any more."""
    with changing():
        _check_rules_over(by, user)
        _change(user, is_active=False)
        user.sign_ins.all().delete()
        audit.append("DeactivateUser", f"User {user.username}")


def reactivate(user, *, by) -> None:
    with changing():
        _check_rules_over(by, user)
        _change(user, is_active=True)
        audit.append("ReactivateUser", f"User {user.username}")


def reset_password(user, *, by) -> str:
    """Make the old password useless, end the sessions, and return the path of the page for a new one (``invitation``).

    A command on the host may do so to the last administrator too: there is no other way back in.
    """
    with changing(keep_an_administrator=by is not None):
        _check_rules_over(by, user)
        action = "ResetPassword" if user.has_usable_password() else "InviteUser"
        user.set_unusable_password()
        user.save(update_fields=["password"])
        user.sign_ins.all().delete()
        audit.append(action, f"User {user.username}")
        forget_failures(username=user.username)
        return invitation(user)


def set_password(user, password: str, *, by) -> None:
    """Give an account a password, end its sessions and forget its failed sign-ins."""
    with changing():
        _check_rules_over(by, user)
        user.set_password(password)
        user.save(update_fields=["password"])
        user.sign_ins.all().delete()
        audit.append("SetPassword", f"User {user.username}")
        forget_failures(username=user.username)


def invitation(user) -> str:
    """The path that lets its holder choose the account's password: good once, for PASSWORD_RESET_TIMEOUT seconds."""
    number = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("invitation", args=[number, default_token_generator.make_token(user)])


def unlock(user, *, by) -> int:
    """Forget an account's failed sign-ins; returns how many rows of them there were."""
    with changing():
        check_manages(by, "User", None)
        count = forget_failures(username=user.username)
        audit.append("UnlockUser", f"User {user.username}")
    return count


def delete_user(user, *, by) -> None:
    """Remove an account, its tokens, keys, roles and sessions. What it made stays, under its name."""
    with changing():
        _check_rules_over(by, user)
        before = _told(user)
        revoked = AccessKey.objects.filter(user=user.username, active=True).update(active=False)
        name = user.username
        try:
            user.delete()
        except ProtectedError as error:
            kinds = sorted({type(one)._meta.verbose_name for one in error.protected_objects})
            raise Refused(f"{name} can't be deleted because of {', '.join(kinds)}: deactivate the account.") from None
        forget_failures(username=name)
        audit.append("DeleteUser", f"User {name}", before=before, detail={"access_keys_revoked": revoked})


def dependents(user) -> list[tuple[str, int, str]]:
    """What depends on an account: (what, how many, what becomes of them when it is deleted)."""
    rows = [
        ("role", user.grants.count(), "go"),
        ("group", user.groups.count(), "lose a member"),
        ("API token", ApiToken.objects.filter(user=user, revoked=None).count(), "stop working at once"),
        (
            "access key",
            AccessKey.objects.filter(user=user.username, active=True).count(),
            "stop working within seconds",
        ),
        ("run", Run.objects.filter(user=user, ended=None).count(), "go on in nobody's name"),
        ("thing", Record.objects.filter(owner=user.username).count(), "stay, with the name as their owner"),
    ]
    return [row for row in rows if row[1]]


def _check_rules_over(by, user) -> None:
    check_manages(by, "User", None)
    check_outranks(by, user)


def _check_superuser(by) -> None:
    if by is not None and not by.is_superuser:
        raise Refused("Only an administrator of the whole Studio can make or unmake another one.")


def _change(user, **values) -> None:
    for name, value in values.items():
        setattr(user, name, value)
    user.save(update_fields=list(values))


def _append(action: str, user, before: dict) -> None:
    old, new = audit.changed(before, _told(user))
    if new:
        audit.append(action, f"User {user.username}", before=old, after=new)


def _told(user) -> dict:
    return {name: getattr(user, name) for name in ("username", *FIELDS)}


def end_sessions(user, *, by) -> None:
    """Sign a user out of every browser."""
    with changing():
        _check_rules_over(by, user)
        sessions.sign_out(user)
