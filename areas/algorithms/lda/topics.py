"""Latent Dirichlet Allocation by variational Bayes, all documents at once in numpy.

Source: Blei, Ng, Jordan, "Latent Dirichlet Allocation" (JMLR 2003). AWS's own finds topics by a decomposition of moments;
the model and its answers are of the same form.
"""

BLOCK = 2_000_000  # numbers held at once for a block of documents
ROUNDS, ROUNDS_WHILE_TRAINING = (
    100,
    5,
)  # on a document's mixture, which goes on where it was in the next round of training
CLOSE = 1e-3  # the mean change of the mixtures that ends them


def fit(counts, topics: int, alpha: float, eta: float, *, iterations: int, tolerance: float, hear, seed: int = 0):
    """Weights (topics, words) of float32 counts (documents, words), dense or CSR.

    ``hear(round, likelihood per word)`` is told of each round and ends training by returning True.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    weights = random.gamma(100.0, 0.01, (topics, counts.shape[1]))
    words = max(float(counts.sum()), 1.0)
    gamma, before = None, None
    for number in range(iterations):
        expected = _expected(weights)
        gamma, sums, likelihood = _step(counts, expected, alpha, gamma, random, ROUNDS_WHILE_TRAINING)
        weights = eta + expected * sums
        per_word = likelihood / words
        if hear(number, per_word) or (before is not None and abs(per_word - before) <= tolerance * abs(before)):
            break
        before = per_word
    return weights


def mixtures(counts, weights, alpha: float, seed: int = 0):
    """The share of each topic in each document: (documents, topics), each row's sum 1."""
    import numpy as np

    gamma, _, _ = _step(counts, _expected(weights), alpha, None, np.random.default_rng(seed), ROUNDS)
    return gamma / gamma.sum(axis=1, keepdims=True)


def likelihood_per_word(counts, weights, alpha: float) -> float:
    """The mean logarithm of a word's probability under the documents' mixtures of the topics."""
    import numpy as np

    shares = mixtures(counts, weights, alpha)
    topics = weights / weights.sum(axis=1, keepdims=True)
    total = 0.0
    for block in _blocks(counts, len(topics)):
        part = counts[block]
        total += float(
            _dot_log(part, shares[block] @ topics if not hasattr(part, "indptr") else None, shares[block], topics)
        )
    return total / max(float(counts.sum()), 1.0) if np.isfinite(total) else float("-inf")


def _step(counts, expected, alpha: float, gamma, random, rounds: int):
    """(gamma, sums (topics, words) for the new weights, likelihood) of one round over all documents."""
    import numpy as np

    topics = len(expected)
    if gamma is None:
        gamma = random.gamma(100.0, 0.01, (counts.shape[0], topics))
    sums, likelihood = np.zeros_like(expected), 0.0
    for block in _blocks(counts, topics):
        part = counts[block]
        found = _mixed(part, expected, alpha, gamma[block], rounds)
        gamma[block] = found
        share = _expected(found)
        ratio = _ratio(part, share, expected)
        sums += _transposed(share, ratio)
        totals = found / found.sum(axis=1, keepdims=True)
        likelihood += _dot_log(part, None, totals, expected / expected.sum(axis=1, keepdims=True))
    return gamma, sums, likelihood


def _mixed(part, expected, alpha: float, gamma, rounds: int):
    import numpy as np

    for _ in range(rounds):
        share = _expected(gamma)
        found = alpha + share * (_ratio(part, share, expected) @ expected.T)
        change = np.abs(found - gamma).mean()
        gamma = found
        if change < CLOSE:
            break
    return gamma


def _ratio(part, share, expected):
    """Counts over what the model expects, where there are counts."""
    import numpy as np

    if not hasattr(part, "indptr"):
        model = share @ expected
        model += 1e-100
        return np.divide(part, model, out=model)
    row = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
    model = np.einsum("nk,nk->n", share[row], expected.T[part.indices]) + 1e-100
    found = part.astype(np.float64)
    found.data = part.data / model
    return found


def _transposed(share, ratio):
    return (ratio.T @ share).T if hasattr(ratio, "indptr") else share.T @ ratio


def _dot_log(part, model, share, topics) -> float:
    """The sum of counts × log(probability)."""
    import numpy as np

    if hasattr(part, "indptr"):
        row = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
        chances = np.einsum("nk,nk->n", share[row], topics.T[part.indices])
        return float(part.data @ np.log(chances + 1e-100))
    model = share @ topics if model is None else model
    model += 1e-100
    np.log(model, out=model)
    model *= part
    return float(model.sum())


def _expected(parameters):
    """exp(E[log x]) of Dirichlet variables, a row each."""
    import numpy as np
    from scipy.special import digamma

    return np.exp(digamma(parameters) - digamma(parameters.sum(axis=1, keepdims=True)))


def _blocks(counts, topics: int):
    width = max(counts.shape[1] if not hasattr(counts, "indptr") else topics * counts.nnz // max(counts.shape[0], 1), 1)
    step = max(1, BLOCK // width)
    return [slice(start, start + step) for start in range(0, counts.shape[0], step)]
