import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_limited_nouns")]

    operations = [
        migrations.RenameModel("MetricPoint", "TrafficPoint"),
        migrations.AlterField(
            "TrafficPoint",
            "record",
            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="traffic", to="catalog.record"),
        ),
    ]
