"""Make sure that an access key exists in the embedded engine: the Studio's own, or one for a person."""

from django.core.management.base import BaseCommand

from catalog.models import AccessKey


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--account", required=True)
        parser.add_argument("--key-id", required=True)
        parser.add_argument("--secret", required=True)
        parser.add_argument("--user", default="")

    def handle(self, *, account, key_id, secret, user="", **_):
        principal = f"arn:aws:iam::{account}:user/{user}" if user else f"arn:aws:iam::{account}:root"
        AccessKey.objects.get_or_create(
            key_id=key_id, defaults={"secret": secret, "account": account, "user": user, "principal": principal}
        )
