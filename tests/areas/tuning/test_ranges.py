"""Ranges as the service writes them: both ends are among an integer's values, on every scale, and all values are its text."""

import numpy as np
import pytest

from areas.tuning.space import dimensions
from tests.areas.tuning.conftest import continuous, integer


def drawn(ranges: dict, count: int = 300) -> set[str]:
    (dimension,) = dimensions(ranges)
    rng = np.random.default_rng(0)
    return {dimension.draw(rng) for _ in range(count)}


@pytest.mark.parametrize("scaling", ["Linear", "Logarithmic", "Auto"])
def test_both_ends_of_an_integer_range_are_drawn_and_nothing_beyond(scaling):
    """Behaviour 5, by chance."""
    assert drawn(integer(low="1", high="4", scaling=scaling)) == {"1", "2", "3", "4"}


def test_integers_may_be_negative_and_a_range_may_be_one_value():
    assert drawn(integer(low="-2", high="0")) == {"-2", "-1", "0"}
    assert drawn(integer(low="7", high="7"), 3) == {"7"}


@pytest.mark.parametrize("scaling", ["Linear", "Logarithmic"])
def test_optunas_values_are_the_same_text_with_both_ends(scaling):
    """Behaviour 5, by TPE's distributions."""
    (dimension,) = dimensions(integer(low="1", high="4", scaling=scaling))
    distribution = dimension.distribution()
    assert (distribution.low, distribution.high) == (1, 4)
    assert [dimension.to_text(float(value)) for value in (1, 4)] == ["1", "4"]
    assert [dimension.from_text(text) for text in ("0", "1", "4", "5", "1.5")] == [None, 1, 4, None, None]


@pytest.mark.parametrize(
    ("low", "high", "scaling", "middle"),
    [
        ("0.5", "0.999", "ReverseLogarithmic", 1 - (0.5 * 0.001) ** 0.5),
        ("1e-6", "1", "Auto", 1e-3),
        ("0", "4", "Auto", 2),
    ],
)
def test_continuous_values_stay_within_and_spread_evenly_on_their_scale(low, high, scaling, middle):
    values = [float(text) for text in drawn(continuous(low=low, high=high, scaling=scaling), 3000)]
    assert float(low) <= min(values)
    assert max(values) <= float(high)
    assert np.mean(np.array(values) < middle) == pytest.approx(0.5, abs=0.05)
