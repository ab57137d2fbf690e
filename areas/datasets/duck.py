"""DuckDB, locked to the files it is given: no network, no other file, no extension, no configuration by SQL."""

from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

MEMORY = "1GB"


def quote(name: str) -> str:
    """A column name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str | Path) -> str:
    """A string as an SQL literal, for the few places that take no parameter."""
    return "'" + str(value).replace("'", "''") + "'"


@contextmanager
def session(*paths: Path | str, spill: bool = True):
    """A DuckDB connection that can read and write ``paths`` only. Large sorts spill to the home's cache folder."""
    import duckdb

    connection = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "memory_limit": MEMORY}
    )
    try:
        connection.execute("SET threads = 2; SET TimeZone = 'UTC'")
        if spill:
            folder = Path(settings.STUDIO_HOME) / "cache" / "duckdb"
            folder.mkdir(parents=True, exist_ok=True)
            connection.execute(f"SET temp_directory = {text(folder)}")
        connection.execute(f"SET allowed_paths = [{', '.join(text(path) for path in paths)}]")
        connection.execute("SET enable_external_access = false; SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


@contextmanager
def table(path: Path, *others: Path):
    """A session in which ``data`` is the Parquet file at ``path``, with ``file_row_number`` from 0."""
    with session(path, *others) as connection:
        connection.execute(f"CREATE VIEW data AS SELECT * FROM read_parquet({text(path)}, file_row_number = true)")
        yield connection


def rows(connection, sql: str, parameters: Iterable = ()) -> list[dict]:
    """The rows of a query as dictionaries."""
    result = connection.execute(sql, list(parameters))
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
