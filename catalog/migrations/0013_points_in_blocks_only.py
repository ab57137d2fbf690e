"""A series has its points in blocks only: those that waited as rows become one."""

import math

import numpy as np
from django.db import migrations


def pack_rows(apps, schema_editor):
    rows = apps.get_model("catalog", "MetricPoint").objects
    series = apps.get_model("catalog", "MetricSeries").objects
    make_block = apps.get_model("catalog", "MetricBlock").objects.create
    for number in rows.order_by().values_list("series", flat=True).distinct():
        mine = list(rows.filter(series=number).order_by("seq").values_list("seq", "step", "time", "value"))
        step = np.array([np.iinfo(np.int64).min if row[1] is None else row[1] for row in mine], "<i8")
        time = np.array([row[2] for row in mine], "<f8")
        value = np.array([math.nan if row[3] is None else row[3] for row in mine], "<f8")
        steps = [row[1] for row in mine if row[1] is not None]
        make_block(
            series=series.get(id=number), first=mine[0][0], count=len(mine), low_step=min(steps, default=None),
            high_step=max(steps, default=None), low_time=float(time.min()), high_time=float(time.max()),
            data=step.tobytes() + time.tobytes() + value.tobytes(),
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("catalog", "0012_archived_runs")]
    operations = [
        migrations.RunPython(pack_rows, migrations.RunPython.noop),
        migrations.DeleteModel("MetricPoint"),
        migrations.RemoveField("metricseries", "sealed"),
    ]
