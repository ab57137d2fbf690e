"""The libsvm text format: ``label[:weight] [qid:id] index:value …``, as XGBoost reads it (indices are taken as given)."""

from areas.algorithms.container import UserError
from areas.algorithms.formats.table import Table


def read_bytes(data: bytes, name: str = "the request", *, labeled: bool = True) -> Table:
    """Parse libsvm text into a sparse Table; without ``labeled`` a line may begin with its first feature.

    Raises UserError with the line that is not libsvm.
    """
    import numpy as np
    import scipy.sparse

    heads, bodies, counts, queries = [], [], [], []
    for line in data.split(b"\n"):
        line = line.partition(b"#")[0].strip()
        if not line:
            continue
        head, _, body = line.partition(b" ")
        if not labeled and b":" in head:  # a label's weight makes no sense in a request, so this is a feature
            head, body = b"0", line
        if body.lstrip().startswith(b"qid:"):
            query, _, body = body.lstrip()[4:].partition(b" ")
            queries.append(query)
        heads.append(head)
        bodies.append(body)
        counts.append(body.count(b":"))
    try:
        numbers = np.array(b" ".join(bodies).replace(b":", b" ").split(), dtype="S").astype(np.float64)
        if numbers.size != 2 * sum(counts):
            raise ValueError
        labels, weights = _labels(heads)
        groups = np.array(queries, dtype="S").astype(np.float64).astype(np.uint32) if queries else None
        indices = numbers[::2].astype(np.int32)
        if (indices != numbers[::2]).any() or (indices < 0).any() or (queries and len(queries) != len(heads)):
            raise ValueError
    except ValueError:
        raise UserError(_explained(data, name)) from None
    pointers = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=pointers[1:])
    columns = int(indices.max()) + 1 if indices.size else 0
    features = scipy.sparse.csr_matrix(
        (numbers[1::2].astype(np.float32), indices, pointers), shape=(len(counts), columns)
    )
    return Table(features, labels if labeled else None, weights, groups)


def write(table: Table) -> bytes:
    """A sparse Table as libsvm text; floats are written so that they read back as the same float32."""
    lines = []
    matrix = table.features
    for row in range(table.rows):
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        label = "0" if table.labels is None else repr(float(table.labels[row]))
        if table.weights is not None:
            label += f":{float(table.weights[row])!r}"
        query = [] if table.groups is None else [f"qid:{table.groups[row]}"]
        pairs = zip(matrix.indices[span], matrix.data[span], strict=True)
        lines.append(" ".join([label, *query, *(f"{index}:{float(value)!r}" for index, value in pairs)]))
    return ("\n".join(lines) + "\n").encode() if lines else b""


def _labels(heads: list[bytes]):
    import numpy as np

    if not any(b":" in head for head in heads):
        return np.array(heads, dtype="S").astype(np.float64).astype(np.float32), None
    pairs = [head.partition(b":") for head in heads]
    labels = np.array([label for label, _, _ in pairs], dtype="S").astype(np.float64).astype(np.float32)
    weights = np.array([weight or b"1" for _, _, weight in pairs], dtype="S").astype(np.float64).astype(np.float32)
    return labels, weights


def _explained(data: bytes, name: str) -> str:
    queries = None
    for number, line in enumerate(data.split(b"\n"), 1):
        tokens = line.partition(b"#")[0].split()
        if not tokens:
            continue
        has_query = len(tokens) > 1 and tokens[1].startswith(b"qid:")
        if not all(_is_pair(token) for token in tokens[1:]) or not _is_label(tokens[0]):
            shown = line[:50].decode("utf-8", "replace")
            which = "First line" if number == 1 else f"Line {number}"
            return (
                f"{which} '{shown}...' of {name} is not 'LIBSVM' format. Please ensure the file is in 'LIBSVM' format."
            )
        if queries is not None and has_query != queries:
            return f"Line {number} of {name} {'has' if has_query else 'lacks'} a qid, unlike the lines before it."
        queries = has_query
    return f"Some number of {name} does not fit the 'LIBSVM' format."


def _is_label(token: bytes) -> bool:
    try:
        return len([float(part) for part in token.split(b":")]) <= 2
    except ValueError:
        return False


def _is_pair(token: bytes) -> bool:
    index, colon, value = token.partition(b":")
    try:
        float(value)
        return bool(colon) and (index == b"qid" or int(index) >= 0)
    except ValueError:
        return False
