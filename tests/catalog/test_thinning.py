"""What is left out of a long curve, and what never is."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.thinning import LEAST, choose

NUMBERS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-2, 2).map(float),
    st.sampled_from([np.nan, 1e308, -1e308]),
)


@settings(max_examples=20, deadline=None, database=None)
@given(
    y=st.lists(NUMBERS, min_size=1, max_size=300), keep=st.integers(1, 120),
    gaps=st.lists(st.sampled_from([0.0, 1.0, 1e-9, 1e9]), min_size=300, max_size=300),
)  # fmt: skip
def test_ends_and_extremes_stay(y, keep, gaps):
    y, x = np.array(y), np.cumsum(gaps[: len(y)])
    places = choose(x, y, keep)
    assert len(places) <= max(keep, LEAST) and (np.diff(places) > 0).all()
    assert places[0] == 0 and places[-1] == len(y) - 1
    numbers = y[np.isfinite(y)]
    if len(numbers):
        kept = y[places]
        kept = kept[np.isfinite(kept)]
        assert kept.min() == numbers.min() and kept.max() == numbers.max()


def test_gaps_and_infinities_are_seen():
    x, y = np.arange(100_000.0), np.sin(np.arange(100_000) / 3000)
    y[40_000:40_100], y[70_000], y[90_000] = np.nan, np.inf, -np.inf
    kept = y[choose(x, y, 500)]
    assert np.isnan(kept).any() and np.isposinf(kept).any() and np.isneginf(kept).any()
    assert 400 < len(kept) <= 500


def test_all_gaps_and_sudden_ones_leave_room_for_numbers():
    x, y = np.arange(10_000.0), np.ones(10_000)
    y[::2] = np.nan
    kept = y[choose(x, y, 400)]
    assert len(kept) <= 400 and np.isfinite(kept).sum() > 200 and np.isnan(kept).sum() >= 50
    assert len(choose(x, np.full(10_000, np.nan), 400)) <= 400


def test_a_single_peak_in_a_million_stays_whatever_the_spacing():
    rng = np.random.default_rng(4)
    x, y = np.sort(rng.random(1_000_000) ** 20), rng.random(1_000_000)
    y[123_456], y[654_321] = 9, -9
    places = choose(x, y, 2000)
    assert {0, 123_456, 654_321, 999_999} <= set(places.tolist())


def test_a_thin_stretch_keeps_its_points():
    """A thousand points an hour, then a million in a second: the hour is most of the drawing."""
    x = np.concatenate([np.linspace(0, 3600, 1000), np.linspace(3600, 3601, 1_000_000)])
    places = choose(x, np.random.default_rng(1).random(len(x)), 2000)
    assert (x[places] < 3600).sum() > 500
