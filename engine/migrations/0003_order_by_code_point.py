"""Keys and log names sort and range by code point on PostgreSQL as they do on SQLite, and as AWS says."""

from django.db import migrations

COLUMNS = (
    ("engine_s3object", "key", 1024),
    ("engine_upload", "key", 1024),
    ("engine_bucket", "name", 63),
    ("engine_loggroup", "name", 512),
    ("engine_logstream", "name", 512),
)


def order_by_code_point(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, column, length in COLUMNS:
        # The unique indexes on these columns are rebuilt with the new collation, so they serve prefix ranges.
        schema_editor.execute(f'ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar({length}) COLLATE "C"')


class Migration(migrations.Migration):
    dependencies = [("engine", "0002_s3_uploads")]
    operations = [migrations.RunPython(order_by_code_point, migrations.RunPython.noop)]
