"""Which training jobs are worth no more epochs. ``curve`` is the objective after each epoch, first to last.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-early-stopping.html
"""

import math
import statistics

EARLIER = 3  # jobs that must have ended before the median says anything
REDUCTION = 3  # of Hyperband: a third goes on from each rung to the next


def is_below_median(curve: list[float], earlier: list[list[float]], maximize: bool) -> bool:
    """Whether the last value is worse than the median of the earlier jobs' running averages up to the same epoch."""
    epoch = len(curve)
    averages = [math.fsum(one[:epoch]) / epoch for one in earlier if epoch and len(one) >= epoch]
    if len(averages) < EARLIER:
        return False
    median = statistics.median(averages)
    return curve[-1] < median if maximize else curve[-1] > median


def brackets(least: int, most: int) -> list[int]:
    """After how many epochs the jobs of each bracket are first compared: the fewest first, the last bracket never compares."""
    found = [least]
    while found[-1] * REDUCTION <= most:
        found.append(found[-1] * REDUCTION)
    return found


def bracket_of(slot: int, least: int, most: int) -> int:
    """The bracket of the ``slot``-th proposal: Hyperband gives the brackets that compare early the more jobs."""
    count = len(brackets(least, most))
    sizes = [math.ceil(count * REDUCTION ** (count - 1 - one) / (count - one)) for one in range(count)]
    place = slot % sum(sizes)
    for bracket, size in enumerate(sizes):
        if place < size:
            return bracket
        place -= size
    raise AssertionError("the place is below the sum of the sizes")


def is_cut(
    curve: list[float], slot: int, others: list[tuple[int, list[float]]], least: int, most: int, maximize: bool
) -> bool:
    """Hyperband, asynchronous: whether a job has had all its epochs, or is not in the best third of its bracket at a rung.

    ``others`` are (slot, curve) of the jobs that aren't this one, whatever became of them.
    """
    if len(curve) >= most:
        return True
    mine = bracket_of(slot, least, most)
    peers = [one for place, one in others if bracket_of(place, least, most) == mine]
    sign = 1 if maximize else -1
    for rung in brackets(least, most)[mine:]:
        if len(curve) < rung:
            break
        reached = sorted((sign * one[rung - 1] for one in peers if len(one) >= rung), reverse=True)
        kept = (len(reached) + 1) // REDUCTION
        if kept and sign * curve[rung - 1] < reached[kept - 1]:
            return True
    return False
