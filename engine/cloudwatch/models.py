"""The tables behind CloudWatch: what endpoints' traffic looked like ten seconds at a time, and alarms on it."""

from django.db import models

from catalog.models import Connection, Record


class TrafficSlice(models.Model):
    """Ten seconds of one variant in one fleet of an endpoint, as one data plane counted them. Kept for three hours.

    ``fleet`` is the number of the deployment that the servers belong to: while traffic shifts, old and new servers of a
    variant are told apart by it. Rows of several writers add up.
    """

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="slices")
    start = models.BigIntegerField(db_index=True)  # epoch seconds, a multiple of 10
    variant = models.CharField(max_length=63)
    fleet = models.IntegerField()
    config = models.CharField(max_length=63, blank=True)
    writer = models.CharField(max_length=16)
    invocations = models.IntegerField()
    client_errors = models.IntegerField()
    server_errors = models.IntegerField()
    model_errors = models.IntegerField()
    model = models.JSONField(default=dict)  # a Histogram's numbers (engine.hosting.histogram), of microseconds
    overhead = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "start", "variant", "fleet", "writer"], name="one_traffic_slice")
        ]

    def __str__(self):
        return f"{self.record_id}/{self.variant} at {self.start}"


class Alarm(models.Model):
    """A metric alarm. ``settings`` is what PutMetricAlarm was given, less its name."""

    OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="alarms")
    name = models.CharField(max_length=255)
    settings = models.JSONField(default=dict)
    configured = models.DateTimeField()
    state = models.CharField(max_length=20, default=INSUFFICIENT)
    reason = models.CharField(max_length=1023, default="Unchecked: Initial alarm creation")
    data = models.TextField(blank=True)  # JSON: the numbers behind the reason
    changed = models.DateTimeField()  # the state

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "name"], name="one_alarm_by_name")]

    def __str__(self):
        return f"{self.name}: {self.state}"

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudwatch:{self.connection.region}:{self.connection.account}:alarm:{self.name}"
