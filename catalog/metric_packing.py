"""Points as columns: three arrays of one length, and how a block keeps them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BLOCK = 16_384  # points of a block at most
NO_STEP = np.iinfo(np.int64).min  # in a column of steps: nobody gave one


@dataclass(frozen=True, slots=True)
class Columns:
    """Points in the order of their arrival."""

    step: np.ndarray  # int64, NO_STEP among them
    time: np.ndarray  # float64, epoch seconds
    value: np.ndarray  # float64; there is one NaN only, so that equal values have equal bits

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, places) -> "Columns":
        return Columns(self.step[places], self.time[places], self.value[places])

    @property
    def bits(self) -> np.ndarray:
        """The values as int64: NaN equals NaN, and 0 differs from -0."""
        return self.value.view(np.int64)

    def pack(self) -> bytes:
        """For ``MetricBlock.data``."""
        return b"".join(
            (self.step.astype("<i8").tobytes(), self.time.astype("<f8").tobytes(), self.value.astype("<f8").tobytes())
        )


def from_lists(step: list[int | None], time: list[float], value: list[float | None]) -> Columns:
    """OverflowError if a step is beyond int64; None is no step, or NaN."""
    if None in step:
        step = [NO_STEP if one is None else one for one in step]
    if None in value:
        value = [math.nan if one is None else one for one in value]
    values = np.array(value, np.float64)
    values[np.isnan(values)] = math.nan
    return Columns(np.array(step, np.int64), np.array(time, np.float64), values)


def as_tuples(points: Columns) -> Iterator[tuple]:
    """(step, time, value) as rows have them: None for no step, and for NaN."""
    step, value = points.step.tolist(), points.value.tolist()
    if NO_STEP in step:
        step = [None if one == NO_STEP else one for one in step]
    return zip(step, points.time.tolist(), [None if math.isnan(one) else one for one in value], strict=True)


def unpack(data) -> Columns:
    """The inverse of ``Columns.pack``; the arrays are views of the bytes."""
    count = len(data) // 24
    return Columns(
        np.frombuffer(data, "<i8", count),
        np.frombuffer(data, "<f8", count, 8 * count),
        np.frombuffer(data, "<f8", count, 16 * count),
    )


def join(parts: list[Columns]) -> Columns:
    if len(parts) == 1:
        return parts[0]
    return Columns(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("step", "time", "value")))
