"""``manage.py audit_verify``: is the audit log what was written?"""

import sys

import orjson
from django.core.management.base import BaseCommand, CommandError

from catalog.audit import verify
from catalog.models import AuditEntry, AuditHead


class Command(BaseCommand):
    help = "Names every entry of the audit log that was altered, taken out or put in; exit code 1 if there is one."

    def add_arguments(self, parser):
        parser.add_argument("--export", metavar="FILE", help="also write the log to FILE as JSON lines, as it is")

        parser.add_argument(
            "--expect", metavar="NUMBER:HASH", help="this entry must have this hash, which was kept elsewhere"
        )

    def handle(self, *, export, expect, **options):
        if export:
            self.stdout.write(f"{_export(export):,} entries are written to {export}.")
        found = [fault.what for fault in verify()]
        if expect:
            found += _unexpected(expect)
        for what in found:
            self.stdout.write(self.style.ERROR(what))
        head = AuditHead.objects.filter(id=1).first()
        if head:
            self.stdout.write(f"Head: entry {head.number}, {head.hash}")
        if found:
            sys.exit(1)
        self.stdout.write(f"The log is whole: {AuditEntry.objects.count():,} entries.")


def _unexpected(text: str) -> list[str]:
    number, _, wanted = text.partition(":")
    if not (number.isascii() and number.isdigit() and wanted):
        raise CommandError(f"--expect must look like 1200:9f86d0…, not {text}.")
    entry = AuditEntry.objects.filter(number=int(number)).first()
    if entry and entry.hash == wanted:
        return []
    return [
        f"entry {number} does not have the hash {wanted}: " + (f"it has {entry.hash}" if entry else "it is missing")
    ]


def _export(path: str) -> int:
    columns = [field.attname for field in AuditEntry._meta.fields]
    count = 0
    try:
        with open(path, "xb") as file:
            for row in AuditEntry.objects.order_by("number").values(*columns).iterator(chunk_size=2000):
                file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))
                count += 1
    except FileExistsError:
        raise CommandError(f"{path} is there already; name a new file.") from None
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}.") from None
    return count
