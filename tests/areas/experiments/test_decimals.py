"""Parameters are read in short and kept in full."""

import pytest

from areas.experiments.table_cells import decimal
from areas.words import decimal as shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1 * 3, "0.3"), ("0.30000000000000004", "0.3"), (0.5692038748222122, "0.569204"), ("-1.23456789e-07", "-1.23457e-07"),
        (6.0, "6"), ("0.10", "0.10"), ("1.2.3", "1.2.3"), ("20261122", "20261122"), (float("nan"), "NaN"), ("nan", "nan"),
        (1e300, "1e+300"), ("1" * 50 + ".5", "1" * 50 + ".5"), ("12345678.25", "12345678.25"), ("", ""),
    ],
)  # fmt: skip
def test_six_digits_are_shown(value, expected):
    assert shown(value) == expected


def test_every_digit_is_in_the_title():
    assert decimal(0.1 * 3) == '<span title="0.30000000000000004">0.3</span>'
    assert decimal(6.0) == "6"
    assert decimal("<b>") == "&lt;b&gt;"
