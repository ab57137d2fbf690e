"""Pairs of common English words and how alike they are, 0 to 10: what ``#mean_rho`` is measured on.

The lists that AWS's image measures on (WordSim-353 and others) are not ours to hand on, so this one was made for Atelier.
"""

from collections.abc import Callable

FEWEST = 10  # pairs that must be in the vocabulary for a correlation to say anything

PAIRS = (
    ("car", "automobile", 9.8), ("boy", "lad", 9.0), ("street", "road", 9.1), ("big", "large", 9.6), ("begin", "start", 9.6),
    ("city", "town", 8.6), ("king", "queen", 8.0), ("father", "mother", 7.6), ("son", "daughter", 7.6), ("man", "woman", 7.7),
    ("dog", "cat", 7.0), ("sea", "ocean", 9.3), ("river", "stream", 8.6), ("war", "battle", 8.4), ("army", "navy", 7.0),
    ("doctor", "nurse", 7.1), ("school", "university", 7.4), ("teacher", "student", 6.7), ("book", "paper", 6.2),
    ("letter", "word", 6.1), ("north", "south", 7.2), ("east", "west", 7.3), ("summer", "winter", 6.9), ("day", "night", 6.7),
    ("day", "week", 6.9), ("month", "year", 7.2), ("hour", "minute", 7.8), ("one", "two", 7.4), ("first", "second", 7.1),
    ("red", "blue", 6.9), ("black", "white", 6.8), ("france", "germany", 7.2), ("france", "paris", 7.6),
    ("england", "london", 7.6), ("money", "bank", 7.5), ("gold", "silver", 8.2), ("iron", "steel", 8.3), ("music", "song", 8.3),
    ("film", "movie", 9.7), ("actor", "film", 7.2), ("game", "player", 6.6), ("football", "baseball", 6.9), ("food", "bread", 7.0),
    ("water", "fire", 4.1), ("tree", "forest", 8.0), ("sun", "moon", 6.9), ("earth", "planet", 8.1), ("church", "god", 6.5),
    ("law", "court", 7.4), ("president", "government", 6.6), ("computer", "software", 7.9), ("power", "energy", 7.8),
    ("house", "home", 9.1), ("door", "window", 6.1), ("hand", "foot", 6.2), ("head", "body", 6.2), ("train", "station", 6.9),
    ("king", "cabbage", 0.3), ("music", "steel", 0.9), ("doctor", "planet", 0.6), ("winter", "computer", 0.5),
    ("river", "actor", 0.5), ("bank", "moon", 0.6), ("daughter", "iron", 0.5), ("church", "software", 0.4),
    ("football", "ocean", 0.8), ("bread", "president", 0.7), ("blue", "law", 0.8), ("cat", "government", 0.5),
    ("war", "song", 2.1), ("paper", "energy", 1.4), ("student", "silver", 0.9), ("minute", "forest", 0.6),
    ("germany", "foot", 0.5), ("two", "window", 0.9), ("movie", "north", 0.6), ("army", "summer", 1.0), ("gold", "game", 1.8),
)  # fmt: skip


def correlation(vectors: Callable[[str], "object | None"]) -> tuple[float | None, int]:
    """Spearman's rank correlation of the vectors' cosines with PAIRS, and how many pairs are known.

    ``vectors(word)`` is a word's vector or None. The correlation is None where fewer than FEWEST pairs are known.
    """
    import numpy as np

    found = [(vectors(one), vectors(other), score) for one, other, score in PAIRS]
    known = [(one, other, score) for one, other, score in found if one is not None and other is not None]
    if len(known) < FEWEST:
        return None, len(known)
    cosines = [one @ other / max(np.linalg.norm(one) * np.linalg.norm(other), 1e-12) for one, other, _ in known]
    return float(np.corrcoef(_ranks(cosines), _ranks([score for *_, score in known]))[0, 1]), len(known)


def _ranks(values: list[float]):
    """Ranks from 0, equal values sharing the mean of theirs."""
    import numpy as np

    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[place]
