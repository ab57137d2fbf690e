"""Durations, counted in buckets that grow by 4 %: any number of them in a few hundred bytes, and they add up."""

import math

STEP = math.log(1.04)  # a percentile is exact to 4 %


class Histogram:
    """Durations in microseconds."""

    __slots__ = ("buckets", "count", "high", "low", "total")

    def __init__(self):
        self.buckets: dict[int, int] = {}
        self.count = 0
        self.total = self.high = 0.0
        self.low = math.inf

    def add(self, microseconds: float) -> None:
        bucket = int(math.log(microseconds) / STEP) if microseconds > 1 else 0
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        self.count += 1
        self.total += microseconds
        if microseconds > self.high:
            self.high = microseconds
        if microseconds < self.low:
            self.low = microseconds

    def average(self) -> float:
        return self.total / self.count

    def percentile(self, share: float) -> float:
        """The value that ``share`` (0-1) of all lie at or below."""
        wanted, seen, bucket = share * self.count, 0, 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                break
        return min(max(math.exp((bucket + 0.5) * STEP), self.low), self.high)

    def merge(self, other: "Histogram") -> None:
        for bucket, count in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count
        self.count += other.count
        self.total += other.total
        self.high, self.low = max(self.high, other.high), min(self.low, other.low)

    def numbers(self) -> dict:
        """What is stored: ``{"n", "sum", "low", "high", "b": {bucket: count}}``; ``{}`` if it is empty."""
        if not self.count:
            return {}
        return {"n": self.count, "sum": self.total, "low": self.low, "high": self.high, "b": dict(self.buckets)}

    @classmethod
    def read(cls, numbers: dict) -> "Histogram":
        found = cls()
        if numbers:
            found.buckets = {int(bucket): count for bucket, count in numbers["b"].items()}
            found.count, found.total = numbers["n"], numbers["sum"]
            found.low, found.high = numbers["low"], numbers["high"]
        return found
