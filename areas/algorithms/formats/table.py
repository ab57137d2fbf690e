"""What every format is read into."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from areas.algorithms.container import UserError


@dataclass
class Table:
    """Rows of numbers. ``features`` is a float32 array (rows, columns) with NaN for missing, or a scipy CSR matrix
    where what isn't stored is missing. ``labels``, ``weights`` and ``groups`` (query ids) are (rows,), or None.
    """

    features: Any
    labels: Any = None
    weights: Any = None
    groups: Any = None

    @property
    def rows(self) -> int:
        return self.features.shape[0]

    @property
    def columns(self) -> int:
        return self.features.shape[1]

    @property
    def sparse(self) -> bool:
        return hasattr(self.features, "indptr")

    def widened(self, columns: int) -> "Table":
        """The same rows with empty columns at the end: a sparse file only shows the columns that it uses."""
        if self.sparse and columns > self.columns:
            self.features.resize((self.rows, columns))
        return self


def dense(features):
    """Rows as a contiguous float32 array; what a sparse row doesn't hold is 0."""
    import numpy as np

    return features.toarray() if hasattr(features, "indptr") else np.ascontiguousarray(features, np.float32)


def split_columns(matrix, *, labeled: bool = True, weighted: bool = False) -> Table:
    """A dense matrix whose first column is the label (and whose second is the weight, if ``weighted``)."""
    if not labeled or not matrix.shape[0]:
        return Table(matrix)
    first = 2 if weighted else 1
    return Table(matrix[:, first:], matrix[:, 0].copy(), matrix[:, 1].copy() if weighted else None)


def stack(tables: list[Table]) -> Table:
    """The rows of all tables, in their order; raises UserError if dense ones differ in width."""
    import numpy as np

    if len(tables) == 1:
        return tables[0]
    if any(table.sparse for table in tables):
        import scipy.sparse

        columns = max(table.columns for table in tables)
        rows = [scipy.sparse.csr_matrix(table.widened(columns).features) for table in tables]
        features = scipy.sparse.vstack(rows, format="csr")
    else:
        if len({table.columns for table in tables}) > 1:
            widths = ", ".join(str(width) for width in sorted({table.columns for table in tables}))
            raise UserError(f"The files of a channel must have the same number of columns, but have {widths}.")
        features = np.concatenate([table.features for table in tables])

    def joined(name: str):
        parts = [getattr(table, name) for table in tables]
        if all(part is None for part in parts):
            return None
        if any(part is None for part in parts):
            raise UserError(f"Some files of a channel have {name} and some have none.")
        return np.concatenate(parts)

    return Table(features, joined("labels"), joined("weights"), joined("groups"))


def data_files(folder: Path) -> list[Path]:
    """The files below a channel's folder that hold data, sorted; hidden ones (``.`` and ``_``) are not read."""
    if folder.is_file():
        return [folder]
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        path
        for path in found
        if path.stat().st_size and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
    ]
