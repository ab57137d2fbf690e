"""Run the comparisons named on the command line (none: all) and print a table whose last columns are ratio and budget."""

import importlib
import sys

from bench.report import print_table

ALL = (
    "training", "invoke", "control", "s3", "memory", "start", "audit", "access", "lineage", "metrics", "runs", "compare", "tuning",
    "algorithms", "transform", "processing",
)  # fmt: skip


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"There is no comparison {unknown[0]!r}; there are {', '.join(ALL)}.", file=sys.stderr)
        return 2
    rows = []
    for name in names or ALL:
        print(f"… {name}", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"bench.{name}").compare()
    print_table(rows)
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
