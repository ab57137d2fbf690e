"""What the planner of a database knows of its tables. PostgreSQL sees to that itself, SQLite must be told to look."""

from django.db import connection

ROWS = 1000  # of each index that are looked at: enough to choose by, and done in a moment however large the tables are


def refresh() -> None:
    """Bring SQLite's statistics up to date. https://www.sqlite.org/lang_analyze.html#approx"""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit={ROWS}")
        cursor.execute("ANALYZE")
