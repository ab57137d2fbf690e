"""Decisions and changes of policies keep out of each other's way: whichever commits first was first."""

from django.db import connection

_POLICIES = 7_365_010  # of PostgreSQL's advisory locks; SQLite has one writer anyway


def hold_policies() -> None:
    """No policy changes until this transaction ends. Taken before any row of the desk is locked."""
    _lock("pg_advisory_xact_lock_shared")


def change_policies() -> None:
    """Nothing is decided until this transaction ends."""
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [_POLICIES])
