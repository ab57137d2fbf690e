"""The chain of the audit log: what SQL changes by hand is found and named, by the command, the page and REST."""

import io

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database

from catalog import audit
from catalog.models import AuditEntry, AuditHead


@pytest.fixture
def log(db) -> list[AuditEntry]:
    """Five entries of a log of its own."""
    AuditEntry.objects.all().delete()
    AuditHead.objects.all().delete()
    return [audit.append("UpdateModel", f"Model m{number}", after={"n": number}) for number in range(1, 6)]


def by_hand(sql: str, *values) -> None:
    with database.cursor() as cursor:
        cursor.execute(sql, values)


def run(**options) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("audit_verify", stdout=out, no_color=True, **options)
    except SystemExit as left:
        return left.code, out.getvalue()
    return 0, out.getvalue()


def test_a_whole_log_passes_and_tells_its_head(log):
    code, said = run()
    assert code == 0
    assert f"Head: entry 5, {log[-1].hash}" in said
    assert "The log is whole: 5 entries." in said


@pytest.mark.parametrize(
    "column, value",
    [("user", "mallory"), ("after", '{"n":7}'), ("outcome", "Refused"), ("at", "2020-01-01 00:00:00+00:00")],
)
def test_an_altered_entry_is_named_and_only_that(log, column, value):
    by_hand(f'UPDATE catalog_auditentry SET "{column}" = %s WHERE number = 3', value)
    assert [fault.number for fault in audit.verify()] == [3]
    code, said = run()
    assert code == 1
    assert said.startswith("entry 3 (3 ")
    assert "was altered" in said


def test_an_entry_that_was_altered_with_its_hash_is_found(log):
    entry = AuditEntry.objects.get(number=3)
    entry.user = "mallory"
    by_hand(
        'UPDATE catalog_auditentry SET "user" = %s, hash = %s WHERE number = 3',
        "mallory",
        audit.digest(entry, log[1].hash),
    )
    assert [fault.number for fault in audit.verify()] == [4]
    code, said = run(expect=f"3:{log[2].hash}")
    assert code == 1
    assert f"entry 3 does not have the hash {log[2].hash}" in said


@pytest.mark.parametrize(
    "numbers, named",
    [
        ((1,), "entry 1 missing"),
        ((3,), "entry 3 missing"),
        ((2, 3), "entries 2 to 3 missing"),
        ((5,), "entry 5 missing at the end"),
    ],
)
def test_removed_entries_are_named(log, numbers, named):
    for number in numbers:
        by_hand("DELETE FROM catalog_auditentry WHERE number = %s", number)
    code, said = run()
    assert code == 1
    assert named in said


def test_everything_removed_is_found(log):
    by_hand("DELETE FROM catalog_auditentry")
    assert "entries 1 to 5 missing at the end" in run()[1]


@pytest.mark.parametrize("number", [0, 6])
def test_an_entry_that_was_put_in_is_named(log, number):
    forged = AuditEntry.objects.get(number=5)
    forged.number = number
    forged.hash = audit.digest(forged, log[4].hash if number else "")
    forged.save(force_insert=True)
    code, said = run()
    assert code == 1
    assert f"entry {number} " in said


def test_an_entry_put_in_between_is_found(log):
    for number in (5, 4, 3):
        by_hand("UPDATE catalog_auditentry SET number = number + 1 WHERE number = %s", number)
    forged = AuditEntry.objects.get(number=2)
    forged.number, forged.user = 3, "mallory"
    forged.hash = audit.digest(forged, log[1].hash)
    forged.save(force_insert=True)
    assert next(fault.number for fault in audit.verify()) == 4


def test_the_export_is_the_log_as_it_is(log, tmp_path):
    by_hand("UPDATE catalog_auditentry SET \"user\" = 'mallory' WHERE number = 3")
    code, _ = run(export=str(tmp_path / "audit.jsonl"))
    assert code == 1
    rows = [orjson.loads(line) for line in (tmp_path / "audit.jsonl").read_bytes().splitlines()]
    assert [(row["number"], row["user"]) for row in rows][2] == (3, "mallory")
    assert len(rows) == 5
    with pytest.raises(CommandError, match="is there already"):
        run(export=str(tmp_path / "audit.jsonl"))


def test_page_and_rest_name_the_altered_entry(log, people):
    by_hand("UPDATE catalog_auditentry SET \"user\" = 'mallory' WHERE number = 3")
    page = people.root.browser.post("/audit/verify/").content.decode()
    assert "entry 3 (3 mallory UpdateModel Model m3) was altered" in page
    found = people.root.rest.get("/api/v1/audit/verify/").json()
    assert not found["is_whole"]
    assert [fault["number"] for fault in found["faults"]] == [3]
    by_hand("UPDATE catalog_auditentry SET \"user\" = '' WHERE number = 3")
    assert "The log is whole" in people.root.browser.post("/audit/verify/").content.decode()
    assert people.root.rest.get("/api/v1/audit/verify/").json()["is_whole"]


def test_only_who_manages_every_connection_verifies(log, people):
    for person in (people.ada, people.vera):
        assert person.browser.post("/audit/verify/").status_code == 403
        assert person.rest.get("/api/v1/audit/verify/").status_code == 403
