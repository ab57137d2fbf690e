"""For the owner of the host: create an administrator, give a new password, unlock, let back in.

python manage.py studio_user create NAME [--admin]   an account, with a link to choose its password
python manage.py studio_user password NAME           asks for a new password
python manage.py studio_user link NAME               a link to choose a new password; the old one stops working
python manage.py studio_user unlock NAME             forget failed sign-ins
python manage.py studio_user admin NAME              an active administrator of the whole Studio
"""

from argparse import RawDescriptionHelpFormatter
from getpass import getpass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from catalog.actor import COMMAND, Actor, acting
from studio.people import users
from studio.people.power import Refused


class Command(BaseCommand):
    help = __doc__

    def create_parser(self, *arguments, **keywords):
        return super().create_parser(*arguments, formatter_class=RawDescriptionHelpFormatter, **keywords)

    def add_arguments(self, parser):
        parser.add_argument("act", choices=("create", "password", "link", "unlock", "admin"))
        parser.add_argument("name")
        parser.add_argument("--admin", action="store_true", help="with create: an administrator of the whole Studio")

    def handle(self, *, act, name, admin=False, **_):
        with acting(Actor(via=COMMAND)):
            try:
                self._act(act, name, admin)
            except Refused as refusal:
                raise CommandError(str(refusal)) from None

    def _act(self, act: str, name: str, admin: bool) -> None:
        if act == "create":
            user = users.create_user(name, by=None, is_superuser=admin)
            self._tell_link(user, users.invitation(user))
            return
        user = get_user_model().objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no user {name}.")
        if act == "password":
            users.set_password(user, self._ask(user), by=None)
            self.stdout.write(f"{name} has a new password; older sessions have ended.")
        elif act == "link":
            self._tell_link(user, users.reset_password(user, by=None))
        elif act == "unlock":
            users.unlock(user, by=None)
            self.stdout.write(f"{name} may try to sign in again.")
        else:
            users.edit_user(user, by=None, is_superuser=True)
            if not user.is_active:
                users.reactivate(user, by=None)
            self.stdout.write(f"{name} is an administrator of the whole Studio.")

    def _ask(self, user) -> str:
        password = getpass(f"New password of {user.username}: ")
        if password != getpass("Again: "):
            raise CommandError("The two are not the same: nothing is changed.")
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        return password

    def _tell_link(self, user, path: str) -> None:
        self.stdout.write(f"{user.username} chooses a password at:\n{settings.STUDIO_URL}{path}")
