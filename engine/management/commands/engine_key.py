"""Make sure that an access key exists in the embedded engine: the Studio's own, or one for a person."""

from django.core.management.base import BaseCommand, CommandError

from catalog.models import AccessKey


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--account", required=True)
        parser.add_argument("--key-id", required=True)
        # Not required for the parser: call_command would hand it a secret that begins with "-" as an option of its own.
        parser.add_argument("--secret", default="")
        parser.add_argument("--user", default="", help="whose key it is; without it the key is the account's root")
        parser.add_argument("--speaks-for-others", action="store_true", help="for the Studio's own key")

    def handle(self, *, account, key_id, secret, user="", speaks_for_others=False, **_):
        if not secret:
            raise CommandError("--secret is missing: the secret of the key, as in --secret=…")
        principal = f"arn:aws:iam::{account}:user/{user}" if user else f"arn:aws:iam::{account}:root"
        AccessKey.objects.get_or_create(
            key_id=key_id, defaults={"secret": secret, "account": account, "user": user, "principal": principal,
                                     "speaks_for_others": speaks_for_others},
        )  # fmt: skip
