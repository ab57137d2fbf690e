"""One row a comparison: what was measured, who with, how it relates to the budget."""

import statistics
from dataclasses import dataclass


@dataclass
class Row:
    what: str
    peer: str  # the peer's or the limit's name
    theirs: float
    ours: float
    unit: str
    budget: str  # as in the issue: "≤ 1.1", "≥ 5"
    lower_is_better: bool = True

    @property
    def ratio(self) -> float:
        """How many times better than the peer where the budget says ≥; ours over theirs where it says ≤."""
        if self.budget.startswith("≤"):
            return self.ours / self.theirs
        return self.theirs / self.ours if self.lower_is_better else self.ours / self.theirs

    @property
    def holds(self) -> bool:
        sign, number = self.budget.split()[:2]
        return self.ratio <= float(number) if sign == "≤" else self.ratio >= float(number)


def print_table(rows: list[Row]) -> None:
    cells = [("comparison", "peer or limit", "theirs", "ours", "unit", "ratio", "budget", "")]
    cells += [
        (row.what, row.peer, f"{row.theirs:,.3g}", f"{row.ours:,.3g}", row.unit, f"{row.ratio:.2f}", row.budget,
         "holds" if row.holds else "MISSED")
        for row in rows
    ]  # fmt: skip
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    for line in cells:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def median(values: list[float]) -> float:
    return statistics.median(values)
