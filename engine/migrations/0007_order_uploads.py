"""Upload ids sort by code point on PostgreSQL as they do on SQLite: a listing goes on after the id that it ended with."""

from django.db import migrations


def order_by_code_point(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute('ALTER TABLE engine_upload ALTER COLUMN id TYPE varchar(64) COLLATE "C"')


class Migration(migrations.Migration):
    dependencies = [("engine", "0006_client_token")]
    operations = [migrations.RunPython(order_by_code_point, migrations.RunPython.noop)]
