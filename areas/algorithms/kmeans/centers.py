"""Centers and the rows around them, in numpy: distances by one matrix product."""


def nearest(rows, centers):
    """(number of the closest center, squared distance to it), (rows,) each."""
    import numpy as np

    scores = rows @ centers.T
    scores *= -2
    scores += np.einsum("ij,ij->i", centers, centers)
    closest = scores.argmin(axis=1)
    # The product loses digits where rows lie far from the origin: the distance is computed from the difference.
    difference = rows - centers[closest]
    return closest, np.einsum("ij,ij->i", difference, difference, dtype=np.float64)


def initial(rows, count: int, method: str, random, weights=None):
    """``count`` of the rows to begin with: at random, or far from each other (kmeans++)."""
    import numpy as np

    if method == "random":
        return rows[random.choice(len(rows), count, replace=False)].copy()
    shares = np.ones(len(rows)) if weights is None else weights
    chosen = np.empty((count, rows.shape[1]), rows.dtype)
    chosen[0] = rows[random.choice(len(rows), p=shares / shares.sum())]
    distance = np.full(len(rows), np.inf)
    for number in range(1, count):
        difference = rows - chosen[number - 1]
        distance = np.minimum(distance, np.einsum("ij,ij->i", difference, difference, dtype=np.float64))
        chances = distance * shares
        total = chances.sum()
        at = random.choice(len(rows), p=chances / total) if total > 0 else random.integers(len(rows))
        chosen[number] = rows[at]
    return chosen


def move(centers, weights, rows) -> None:
    """Move each center towards the mean of the rows it is closest to, by their share of all it has seen. In place."""
    import numpy as np

    closest, _ = nearest(rows, centers)
    counts = np.bincount(closest, minlength=len(centers))
    weights += counts
    seen = counts > 0
    sums = _sums(closest, rows, len(centers))[seen]
    centers[seen] += (sums - counts[seen, None] * centers[seen]) / weights[seen, None]


def lloyd(rows, weights, count: int, *, init: str, iterations: int, tolerance: float, trials: int, random):
    """The best of several runs of Lloyd's algorithm on weighted rows."""
    import numpy as np

    best, least = None, np.inf
    limit = tolerance * float(rows.var(axis=0).mean())
    for _ in range(trials):
        centers = initial(rows, count, init, random, weights)
        for _ in range(iterations):
            closest, distance = nearest(rows, centers)
            sums = _sums(closest, rows * weights[:, None], count)
            totals = np.bincount(closest, weights, minlength=count)
            held = totals > 0
            moved = centers.copy()
            moved[held] = sums[held] / totals[held, None]
            for number in np.flatnonzero(~held):  # a center that lost all its rows goes where the error is largest
                moved[number] = rows[(distance * weights).argmax()]
                distance[(distance * weights).argmax()] = 0
            change = float(((moved - centers) ** 2).sum())
            centers = moved
            if change <= limit:
                break
        total = float((nearest(rows, centers)[1] * weights).sum())
        if total < least:
            best, least = centers, total
    return best


def _sums(closest, rows, count: int):
    """The sum of the rows of each center: (count, features)."""
    import numpy as np
    import scipy.sparse

    members = scipy.sparse.csr_matrix(
        (np.ones(len(rows), rows.dtype), closest, np.arange(len(rows) + 1)), shape=(len(rows), count)
    )
    return np.asarray(members.T @ rows)
