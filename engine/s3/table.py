"""An object's row, found and written by statements of their own: the ORM takes five times as long to build them as they run.

None of them needs a transaction. A blob's name is never used twice, so "where the blob is still this one" says that nobody
has replaced or deleted the object since it was looked up.
"""

import json
from datetime import UTC, datetime

from django.db import connection

from engine.models import Bucket, S3Object

_FIELDS = [field.attname for field in S3Object._meta.concrete_fields]
_BUCKET = "SELECT id, name, account, region, created FROM engine_bucket WHERE name = %s"
_FIND = """
    SELECT b.account, o.id, o.bucket_id, o.key, o.blob, o.size, o.etag, o.content_type, o.headers, o.metadata, o.checksums,
        o.tags, o.modified
    FROM engine_s3object o JOIN engine_bucket b ON b.id = o.bucket_id WHERE b.name = %s AND o.key = %s"""
_PRESENT = """
    SELECT id, bucket_id, key, blob, size, etag, content_type, headers, metadata, checksums, tags, modified
    FROM engine_s3object WHERE bucket_id = %s AND key = %s"""
_INSERT = """
    INSERT INTO engine_s3object
        (blob, size, etag, content_type, headers, metadata, checksums, tags, modified, bucket_id, key)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (bucket_id, key) DO NOTHING RETURNING id"""
_REPLACE = """
    UPDATE engine_s3object SET blob = %s, size = %s, etag = %s, content_type = %s, headers = %s, metadata = %s,
        checksums = %s, tags = %s, modified = %s
    WHERE id = %s AND blob = %s"""


def bucket(name: str) -> Bucket | None:
    row = _first(_BUCKET, [name])
    return row and Bucket(*row[:-1], created=_aware(row[-1]))


def find(bucket_name: str, key: str) -> tuple[str, S3Object | None]:
    """``(account, object)``: who owns the bucket, and the object in it; ``("", None)`` if there is no such object."""
    row = _first(_FIND, [bucket_name, key])
    return (row[0], _object(row[1:])) if row else ("", None)


def present(bucket_id: int, key: str) -> S3Object | None:
    row = _first(_PRESENT, [bucket_id, key])
    return row and _object(row)


def insert(row: S3Object) -> bool:
    """Make a new row and give it its id; False if the bucket has that key already. IntegrityError if there is no bucket."""
    found = _first(_INSERT, [*_values(row), row.bucket_id, row.key])
    if found:
        row.id = found[0]
    return found is not None


def replace(old: S3Object, row: S3Object) -> bool:
    """Write ``row`` over ``old``, whose id it gets; False if ``old`` isn't there any more."""
    with connection.cursor() as cursor:
        cursor.execute(_REPLACE, [*_values(row), old.id, old.blob])
        row.id = old.id
        return cursor.rowcount > 0


def _first(statement: str, values: list) -> tuple | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchall()  # to the end: only there does SQLite commit an insert that returns something
    return found[0] if found else None


def _values(row: S3Object) -> list:
    documents = (json.dumps(value) for value in (row.headers, row.metadata, row.checksums, row.tags))
    modified = connection.ops.adapt_datetimefield_value(row.modified)
    return [row.blob, row.size, row.etag, row.content_type, *documents, modified]


def _object(row: tuple) -> S3Object:
    return S3Object.from_db(connection.alias, _FIELDS, [*row[:7], *map(json.loads, row[7:11]), _aware(row[11])])


def _aware(moment: datetime) -> datetime:
    """SQLite's times come without a zone; they are UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
