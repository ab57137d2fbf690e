"""The tables of what is measured: a row for each metric of a record, its newest points as rows, its older ones in blocks.

Points are only ever added. A series keeps its newest points as rows (``MetricPoint``); when there are ``catalog.metrics.SEAL``
of them they become one ``MetricBlock``, three arrays in a row of their own, so that a million points are read in a hundred
fetches and not in a million. Written and read by ``catalog.metrics`` alone.
"""

from django.db import models

from catalog.models import Record


class MetricSeries(models.Model):
    """One metric of a record, and what lists need to know of it without reading points.

    NaN is NULL, in every column and on both databases; plus and minus infinity are values like any other.
    """

    record = models.ForeignKey(Record, on_delete=models.CASCADE, db_index=False, related_name="series")
    # The trial component it is shown under: the record itself, or the entry of a job in an experiment.
    run = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL, db_index=False, related_name="run_series")
    experiment = models.BigIntegerField(default=0)  # id of the run's experiment's Record; 0: none
    name = models.CharField(max_length=255)
    count = models.BigIntegerField(default=0)  # points, NaN among them
    sealed = models.BigIntegerField(default=0)  # of those, how many are in blocks: the ones with seq < sealed
    last = models.FloatField(null=True)  # of the greatest (step, time); among equals of what arrived last
    last_step = models.BigIntegerField(null=True)
    last_time = models.FloatField(default=0)  # epoch seconds
    low = models.FloatField(null=True)  # least value that is no NaN
    low_step = models.BigIntegerField(null=True)
    high = models.FloatField(null=True)
    high_step = models.BigIntegerField(null=True)
    finite = models.BigIntegerField(default=0)  # points whose value is finite: what mean and deviation are of
    mean = models.FloatField(default=0)
    spread = models.FloatField(default=0)  # sum of squared differences from the mean (Welford's M2)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "name"], name="one_series_by_name")]
        indexes = [
            models.Index(fields=["run", "name"], name="series_run"),
            models.Index(fields=["experiment", "name", "last", "run"], name="series_last"),
            models.Index(fields=["experiment", "name", "low", "run"], name="series_low"),
            models.Index(fields=["experiment", "name", "high", "run"], name="series_high"),
        ]

    def __str__(self):
        return f"{self.name} of {self.record_id}"


class MetricPoint(models.Model):
    """One point that is in no block yet. ``seq`` counts the points of a series from 0 in the order they were committed."""

    pk = models.CompositePrimaryKey("series_id", "seq")
    series = models.ForeignKey(MetricSeries, on_delete=models.CASCADE, db_index=False, related_name="points")
    seq = models.BigIntegerField()
    step = models.BigIntegerField(null=True)
    time = models.FloatField()  # epoch seconds
    value = models.FloatField(null=True)  # NULL is NaN

    def __str__(self):
        return f"{self.series_id}[{self.seq}]={self.value}"


class MetricBlock(models.Model):
    """Many points of a series: steps (int64, the least number for none), times and values (float64), little-endian."""

    series = models.ForeignKey(MetricSeries, on_delete=models.CASCADE, db_index=False, related_name="blocks")
    first = models.BigIntegerField()  # seq of its first point
    count = models.IntegerField()
    low_step = models.BigIntegerField(null=True)
    high_step = models.BigIntegerField(null=True)
    low_time = models.FloatField()
    high_time = models.FloatField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "first"], name="one_block_by_first")]

    def __str__(self):
        return f"{self.series_id}[{self.first}:{self.first + self.count}]"
