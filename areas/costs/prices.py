"""The price table: US dollars for an hour of one instance, from ``prices.csv`` or as the connection's administrators set it.

The file holds on-demand prices of SageMaker in us-east-1, which are the same for training, processing, batch transform and
real-time hosting. They were written down from published lists on the day below and may have changed since.
"""

import csv
import math
import re
from functools import cache
from pathlib import Path

from django.db import transaction

from areas.costs.models import Charge, Price
from catalog import audit

REGION = "us-east-1"
DATED = "2025-06-01"
SOURCE = "https://aws.amazon.com/sagemaker/pricing/"
SPOT_DISCOUNT = 0.7  # of the on-demand price; AWS's changes by the hour and says "up to 90 %"
TYPE = r"ml\.[a-z0-9-]+\.[a-z0-9-]+"
MOST = 10_000.0  # dollars an hour


class BadPrice(ValueError):
    """What is wrong with a price, in one sentence."""


@cache
def published() -> dict[str, float]:
    """The file: dollars an hour by instance type, in its order."""
    with open(Path(__file__).with_name("prices.csv"), newline="") as file:
        return {row["instance_type"]: float(row["hourly"]) for row in csv.DictReader(file)}


def hourly(connection_id: int, instance_type: str) -> float | None:
    """Dollars for an hour of one instance; None if nobody said."""
    own = Price.objects.filter(connection_id=connection_id, instance_type=instance_type).first()
    return own.hourly if own else published().get(instance_type)


def table(connection_id: int) -> list[dict]:
    """Every price: ``{"instance_type", "hourly", "published" (None: not in the file), "own" (Price or None)}``."""
    own = {price.instance_type: price for price in Price.objects.filter(connection_id=connection_id)}
    known = published()
    return [
        {"instance_type": name, "hourly": own[name].hourly if name in own else known[name],
         "published": known.get(name), "own": own.get(name)}
        for name in [*known, *sorted(own.keys() - known.keys())]
    ]  # fmt: skip


@transaction.atomic
def set_price(connection, instance_type: str, dollars, *, user) -> Price:
    """Set a connection's price. What was charged without any price takes it; what had one keeps it. Raises BadPrice."""
    name = str(instance_type).strip()
    if not re.fullmatch(TYPE, name) or len(name) > 64:
        raise BadPrice(f"{name[:64]!r} is no instance type, such as ml.m5.large.")
    try:
        number = float(dollars)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number <= MOST:
        raise BadPrice(f"The price of {name} must be a number of dollars an hour from 0 to {MOST:,.0f}.")
    before = hourly(connection.id, name)
    price, _ = Price.objects.update_or_create(
        connection=connection, instance_type=name, defaults={"hourly": number, "changed_by": user.get_username()}
    )
    Charge.objects.filter(connection=connection, instance_type=name, hourly=None).update(hourly=number)
    audit.append("UpdatePrice", name, on=connection.name, before={"hourly": before}, after={"hourly": number})
    return price


@transaction.atomic
def reset_price(connection, instance_type: str) -> bool:
    """Go back to the published price (or none). False if the connection had none of its own."""
    price = Price.objects.filter(connection=connection, instance_type=instance_type).first()
    if price is None:
        return False
    price.delete()
    after = {"hourly": published().get(instance_type)}
    audit.append("DeletePrice", instance_type, on=connection.name, before={"hourly": price.hourly}, after=after)
    return True
