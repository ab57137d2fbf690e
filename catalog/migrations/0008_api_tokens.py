"""Tokens are read by the engine too: the class moves here from the studio, the table stays where it is."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0007_measures_and_runs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="ApiToken",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=100)),
                        ("prefix", models.CharField(max_length=12)),
                        ("digest", models.CharField(max_length=64, unique=True)),
                        ("writes", models.BooleanField(default=True)),
                        ("nouns", models.JSONField(default=list)),
                        ("created", models.DateTimeField(auto_now_add=True)),
                        ("expires", models.DateTimeField(null=True)),
                        ("last_used", models.DateTimeField(null=True)),
                        ("revoked", models.DateTimeField(null=True)),
                        (
                            "connection",
                            models.ForeignKey(
                                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE,
                                to="catalog.connection",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="api_tokens",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={"db_table": "studio_apitoken"},
                ),
            ],
        ),
    ]  # fmt: skip
