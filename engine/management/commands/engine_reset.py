"""Empty the embedded engine: for tests and demos."""

import shutil
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from areas import index
from catalog.models import AccessKey, Connection, Record
from engine.models import Alarm, Bucket, LogGroup, LogStream, S3Object, Upload, Work
from engine.runtime import jobs, launch
from engine.s3 import store as s3


class Command(BaseCommand):
    help = (
        "Delete every record, S3 object, log and workspace of an embedded account (or of all), and end its containers. "
        "Connections, people and their keys stay."
    )

    def add_arguments(self, parser):
        parser.add_argument("--account", help="twelve digits; all embedded accounts if left out")
        parser.add_argument("--yes", action="store_true", help="don't ask")

    def handle(self, *args, account=None, yes=False, **options):
        known = Connection.objects.filter(backend=Connection.EMBEDDED)
        connections = known.filter(account=account) if account else known
        if account and not connections.exists():
            raise CommandError(f"There is no embedded account {account}.")
        what = f"account {account}" if account else "every embedded account"
        records = Record.objects.filter(connection__in=connections)
        if not yes:
            answer = input(f"Delete {records.count():,} records and all objects and logs of {what}? Type yes: ")
            if answer.strip().lower() != "yes":
                raise CommandError("Nothing was deleted.")
        accounts = sorted(set(connections.values_list("account", flat=True)))
        counts = [_empty(number) for number in accounts]
        self.stdout.write(
            f"Deleted {sum(count[0] for count in counts):,} records and {sum(count[1] for count in counts):,} objects "
            f"of {what}."
        )


def _empty(account: str) -> tuple[int, int]:
    """Delete what an account holds; (records, objects). Rows go first: then the runner starts nothing of it again."""
    works = Work.objects.filter(record__connection__account=account)
    folders = [folder for work in works for folder in jobs.workspaces(work)]
    records = Record.objects.filter(connection__account=account, connection__backend=Connection.EMBEDDED)
    with transaction.atomic():
        count = records.count()
        records.delete()
        for module in index.modules("engine"):
            if hasattr(module, "empty"):
                module.empty(account)
        Alarm.objects.filter(connection__account=account, connection__backend=Connection.EMBEDDED).delete()
        AccessKey.objects.filter(account=account, key_id__startswith="ASIA").delete()
    for folder in folders:
        if process := launch.find(folder):
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)
    _empty_logs(account)
    return count, _empty_s3(account)


def _empty_s3(account: str) -> int:
    buckets = Bucket.objects.filter(account=account)
    Upload.objects.filter(bucket__in=buckets).delete()
    count = sum(s3.delete_prefix(account, bucket.name, "") for bucket in buckets)
    S3Object.objects.filter(bucket__in=buckets).delete()
    buckets.delete()
    return count


def _empty_logs(account: str) -> None:
    files = list(LogStream.objects.filter(group__account=account).values_list("file", flat=True))
    LogGroup.objects.filter(account=account).delete()
    for name in files:
        (Path(settings.STUDIO_HOME) / "logs" / name).unlink(missing_ok=True)
