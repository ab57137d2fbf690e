"""The tables of what is measured: a row for each metric of a record, and its points in blocks.

Points are only ever added. What one call brings for a series is a block, three arrays in a row of its own; small blocks are made
into larger ones as more come, so that a million points are read in some hundred rows and not in a million. Written and read by
``catalog.metrics`` alone.
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


class MetricBlock(models.Model):
    """Points of a series in the order of their arrival: steps (int64, the least number for none), times and values (float64),
    little-endian. ``first`` counts the points of the series before it; block follows upon block without a gap.
    """

    series = models.ForeignKey(MetricSeries, on_delete=models.CASCADE, db_index=False, related_name="blocks")
    first = models.BigIntegerField()
    count = models.IntegerField()
    low_step = models.BigIntegerField(null=True)  # of the steps that somebody gave
    high_step = models.BigIntegerField(null=True)
    low_time = models.FloatField()
    high_time = models.FloatField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "first"], name="one_block_by_first")]

    def __str__(self):
        return f"{self.series_id}[{self.first}:{self.first + self.count}]"
