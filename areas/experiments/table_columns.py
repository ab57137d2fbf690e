"""The columns of a table of runs: ``metrics.auc.max``, ``params.max_depth``, ``tags.team`` as queries write them, or a fact that
every run has."""

import re
from dataclasses import dataclass
from functools import cached_property

from catalog import run_values
from catalog.metric_names import is_higher_better

STATS = ("last", "best", "min", "max", "mean", "count")

# Facts: key → (label, width in pixels, whether it is a number, whether a table can be sorted by it)
FACTS = {
    "status": ("Status", 132, False, True),
    "created": ("Created", 116, False, True),
    "started": ("Started", 116, False, True),
    "ended": ("Ended", 116, False, True),
    "duration": ("Duration", 108, True, True),
    "owner": ("Owner", 120, False, True),
    "note": ("Notes", 240, False, True),
    "dataset": ("Dataset", 160, False, False),
    "commit": ("Code version", 116, False, False),
    "source": ("Job", 220, False, False),
    "trial": ("Trial", 200, False, False),
    "tags": ("Tags", 240, False, False),
    "name": ("Run id", 260, False, True),
}
TIMES = ("created", "started", "ended")
NAME_WIDTH, CHECK_WIDTH, DELTA_WIDTH = 250, 68, 78
NARROWEST, WIDEST = 56, 900
MOST = 80  # columns of one table
_PLAIN = re.compile(r"[^\s()=<>~!\"',]+")  # what a query takes as one word


@dataclass(frozen=True)
class Column:
    """``family`` is fact, metrics, params or tags; ``name`` the metric, parameter, tag or fact."""

    key: str
    family: str
    name: str
    stat: str = ""  # of a metric: last, best, min, max, mean, count

    @cached_property
    def label(self) -> str:
        return FACTS[self.name][0] if self.family == "fact" else self.name

    @property
    def is_metric(self) -> bool:
        return self.family == "metrics"

    @property
    def is_number(self) -> bool:
        return self.is_metric or (self.family == "fact" and FACTS[self.name][2])

    @property
    def sorts(self) -> bool:
        return self.family != "fact" or FACTS[self.name][3]

    @property
    def width(self) -> int:
        if self.family == "fact":
            return FACTS[self.name][1]
        letters = 8 * len(self.name) + 36 + (7 * len(self.stat) if self.is_metric else 0)
        return min(max(letters, 152 if self.is_metric else 104), 320)

    @property
    def higher(self) -> bool:
        """Whether more of it is better; of a metric."""
        return is_higher_better(self.name)

    @property
    def title(self) -> str:
        """As a heading of an exported table: two columns never have the same."""
        return self.label if self.family == "fact" else self.key


def column(key: str) -> Column | None:
    """The column that a key names, None where it names none. A metric without a number's name is its last one."""
    if key in FACTS:
        return Column(key, "fact", key)
    try:
        found = run_values.column(key)
    except ValueError:
        return None
    if found.kind == "field" or not found.key or len(key) > 400:
        return None
    if found.kind == "metrics":
        return Column(written("metrics", found.key, found.statistic), "metrics", found.key, found.statistic)
    return Column(written(found.kind, found.key), found.kind, found.key)


def written(family: str, name: str, stat: str = "") -> str:
    """The key of a column, as queries write it: in quotes where the name would be taken for more than a name."""
    ends_as_stat = family == "metrics" and name.rpartition(".")[2] in STATS
    if ends_as_stat or not _PLAIN.fullmatch(name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"'
    return f"{family}.{name}" if stat in ("", "last") else f"{family}.{name}.{stat}"
