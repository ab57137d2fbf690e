"""Names sort and compare by code point on PostgreSQL as they do on SQLite, whatever the database's locale."""

from django.db import migrations

COLUMNS = (("catalog_record", "name", 256), ("catalog_record", "status", 64), ("catalog_tag", "key", 128))


def order_by_code_point(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, column, length in COLUMNS:
        # The indexes on these columns are rebuilt with the new collation.
        schema_editor.execute(f'ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar({length}) COLLATE "C"')


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]
    operations = [migrations.RunPython(order_by_code_point, migrations.RunPython.noop)]
