"""Found beside the script."""

import pandas


def rows_of(path) -> int:
    return len(pandas.read_csv(path, header=None))
