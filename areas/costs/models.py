"""What was used, as rows that SQL can add up, and the prices that a connection's administrators set."""

from django.db import models
from django.db.models import Q

from catalog.models import Connection


class Price(models.Model):
    """A price of a connection's own, in the place of the one in ``prices.csv``."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="prices")
    instance_type = models.CharField(max_length=64)
    hourly = models.FloatField()  # US dollars for one instance and hour
    changed_by = models.CharField(max_length=256, blank=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "instance_type"], name="one_price_by_type")]

    def __str__(self):
        return f"{self.instance_type}: ${self.hourly}"


class Charge(models.Model):
    """Instances of one type that something had on one day (UTC). It outlives the record that it tells of."""

    JOB, POOL, HOSTING = "job", "warm pool", "hosting"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="charges")
    record = models.BigIntegerField()  # id of the Record, which may be gone
    kind = models.CharField(max_length=64)  # AWS's noun
    name = models.CharField(max_length=256)
    owner = models.CharField(max_length=256, blank=True)
    what = models.CharField(max_length=16)
    part = models.CharField(max_length=64, blank=True)  # the instance group or variant
    day = models.DateField()
    began = models.FloatField()  # epoch seconds
    seconds = models.FloatField(null=True)  # billable, of each instance; None: it goes on
    instance_type = models.CharField(max_length=64)
    instances = models.IntegerField()
    hourly = models.FloatField(null=True)  # dollars of one instance as it was priced then; None: no price is known
    discount = models.FloatField(default=0)  # 0.7: spot, seven tenths off

    class Meta:
        indexes = [
            models.Index(fields=["connection", "day"], name="charge_by_day"),
            models.Index(fields=["record", "what"], name="charge_by_record"),
            models.Index(fields=["day"], condition=Q(seconds=None), name="charge_open"),
        ]

    def __str__(self):
        return f"{self.kind} {self.name} on {self.day}"


class ChargeTag(models.Model):
    """A tag that the thing had when it was charged."""

    charge = models.ForeignKey(Charge, on_delete=models.CASCADE, related_name="tags")
    key = models.CharField(max_length=128)
    value = models.CharField(max_length=256, blank=True)

    class Meta:
        indexes = [models.Index(fields=["key", "value"], name="charge_tag")]

    def __str__(self):
        return f"{self.key}={self.value}"
