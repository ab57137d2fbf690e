"""What was measured before there were series: moved out of the minutes of endpoints, series by series, into blocks."""

import math

import numpy as np
from django.db import migrations

BLOCK = 16_384  # points of a block, and in memory at once
NO_STEP = np.iinfo(np.int64).min


def move_points(apps, schema_editor):
    points = apps.get_model("catalog", "TrafficPoint").objects.exclude(record__kind="Endpoint")
    while first := points.order_by().values_list("record", "name").first():
        mine = points.filter(record=first[0], name=first[1])
        _move(apps, mine, *first)
        mine.delete()


def _move(apps, points, record, name):
    series = apps.get_model("catalog", "MetricSeries")(record_id=record, name=name)
    series.save()
    make_block, last, mean = apps.get_model("catalog", "MetricBlock").objects.create, 0, 0.0
    place = (NO_STEP, -math.inf)
    while rows := list(points.filter(id__gt=last).order_by("id").values_list("id", "step", "time", "value")[:BLOCK]):
        last = rows[-1][0]
        step = np.array([NO_STEP if row[1] is None else row[1] for row in rows], "<i8")
        time = np.array([row[2].timestamp() for row in rows], "<f8")
        value = np.array([math.nan if row[3] is None else row[3] for row in rows], "<f8")
        steps = step[step != NO_STEP]
        make_block(
            series=series, first=series.count, count=len(rows), data=step.tobytes() + time.tobytes() + value.tobytes(),
            low_step=int(steps.min()) if len(steps) else None, high_step=int(steps.max()) if len(steps) else None,
            low_time=float(time.min()), high_time=float(time.max()),
        )  # fmt: skip
        series.count += len(rows)
        at = int(np.lexsort((np.arange(len(rows)), time, step))[-1])
        if (int(step[at]), float(time[at])) >= place:
            place = (int(step[at]), float(time[at]))
            series.last, series.last_step, series.last_time = rows[at][3], rows[at][1], float(time[at])
        if known := [(row[3], row[1]) for row in rows if row[3] is not None]:
            least, greatest = min(known, key=lambda pair: pair[0]), max(known, key=lambda pair: pair[0])
            if series.low is None or least[0] < series.low:
                series.low, series.low_step = least
            if series.high is None or greatest[0] > series.high:
                series.high, series.high_step = greatest
        for number in value[np.isfinite(value)].tolist():
            series.finite += 1
            mean, before = mean + (number - mean) / series.finite, mean
            series.spread += (number - before) * (number - mean)
    series.sealed, series.mean = series.count, mean
    series.save()


def keep_blocks_as_they_are(apps, schema_editor):
    """Blocks of floats don't get smaller by PostgreSQL's compression, only slower."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE catalog_metricblock ALTER COLUMN data SET STORAGE EXTERNAL")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_bin")]
    operations = [
        migrations.RunPython(keep_blocks_as_they_are, migrations.RunPython.noop),
        migrations.RunPython(move_points, migrations.RunPython.noop),
    ]
