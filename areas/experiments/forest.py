"""What parameters matter for a metric: how much worse a random forest predicts it, of runs that it hasn't seen, once a
parameter is shuffled among them. Reads a question as JSON from its standard input and writes the answer; imports no Django.
"""

import json
import math
import sys

import numpy as np

LEAST = 10  # runs below which a forest would only learn them by heart
MOST_RUNS, MOST_COLUMNS, MOST_WORDS = 2000, 80, 24
TREES, FOLDS, SHUFFLES = 80, 5, 5


def judge(columns: dict[str, list], target: list) -> dict:
    """How much each parameter explains of a metric.

    ``columns``: parameter → value of each run (number, text or None); ``target``: the metric of each run (None: leave it out).
    Answers ``{runs, problem, r2, parameters: [{name, kind, values, importance, sd, share, correlation}], left_out}``, most
    important first; ``left_out`` is ``[{name, why}]``. ``importance`` is the rise of the mean squared error over the metric's
    variance, ``share`` its part of all of them, ``r2`` what the forest explains of runs that it hasn't seen (0: nothing);
    ``correlation`` is Spearman's rank correlation for numbers (-1 … 1), the correlation ratio for texts (0 … 1).
    """
    kept = [i for i, one in enumerate(target) if one is not None and math.isfinite(one)][:MOST_RUNS]
    y = np.array([target[i] for i in kept], dtype=float)
    answer = {"runs": len(kept), "problem": "", "r2": None, "parameters": [], "left_out": []}
    if len(kept) < LEAST:
        return answer | {
            "problem": f"{len(kept)} of these runs have the metric; {LEAST} are the fewest that say anything."
        }
    if np.ptp(y) == 0:
        return answer | {"problem": "The metric is the same in all of these runs."}
    chosen = {}
    for name, values in columns.items():
        own = [values[i] for i in kept]
        if why := _why_not(own):
            answer["left_out"].append({"name": name, "why": why})
        else:
            chosen[name] = own
    for name in list(chosen)[MOST_COLUMNS:]:
        answer["left_out"].append({"name": name, "why": f"only {MOST_COLUMNS} are looked at"})
        del chosen[name]
    if not chosen:
        return answer | {"problem": "No parameter differs between these runs."}
    blocks = [_encode(values) for values in chosen.values()]
    rises, r2 = _shuffled(blocks, y)
    mean, sd = rises.mean(axis=1), rises.std(axis=1)
    total = np.maximum(mean, 0).sum()
    for at, (name, values) in enumerate(chosen.items()):
        is_number = _is_number(values)
        answer["parameters"].append({
            "name": name, "kind": "number" if is_number else "text", "values": len({one for one in values if one is not None}),
            "importance": round(float(mean[at]), 6), "sd": round(float(sd[at]), 6),
            "share": round(float(max(mean[at], 0) / total), 6) if total > 0 else 0.0,
            "correlation": round(_spearman(values, y) if is_number else _ratio(values, y), 6),
        })  # fmt: skip
    answer["parameters"].sort(key=lambda one: -one["importance"])
    return answer | {"r2": round(float(r2), 6)}


def _why_not(values: list) -> str:
    words = {one for one in values if one is not None}
    if len(words) < 2 and None not in values:
        return "the same in all runs"
    if not words:
        return "in none of these runs"
    if not _is_number(values) and len(words) > max(len(values) * 0.8, MOST_WORDS):
        return "another text in nearly every run"
    return ""


def _is_number(values: list) -> bool:
    return all(not isinstance(one, str) for one in values if one is not None)


def _encode(values: list) -> np.ndarray:
    """(runs, columns): a number and whether it is there, or a column for each of the commonest texts."""
    if _is_number(values):
        there = np.array([one is not None for one in values])
        numbers = np.array([0.0 if one is None else float(one) for one in values])
        numbers[~there] = np.median(numbers[there])
        return numbers[:, None] if there.all() else np.column_stack([numbers, there])
    words = [str(one) for one in values]
    common = sorted(set(words), key=lambda word: -words.count(word))[:MOST_WORDS]
    return np.array([[word == one for one in common] for word in words], dtype=float)


def _shuffled(blocks: list[np.ndarray], y: np.ndarray) -> tuple[np.ndarray, float]:
    """(rise of the error over the variance for each block and turn, R² of unseen runs), over folds."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.model_selection import KFold

    x = np.hstack(blocks)
    ends = np.cumsum([block.shape[1] for block in blocks])
    random = np.random.default_rng(0)
    rises, unseen = [], np.empty(len(y))
    for learn, test in KFold(FOLDS, shuffle=True, random_state=0).split(x):
        forest = RandomForestRegressor(TREES, random_state=0, n_jobs=1, max_features=0.6).fit(x[learn], y[learn])
        unseen[test] = forest.predict(x[test])
        error = (unseen[test] - y[test]) ** 2
        turns = []
        for end, block in zip(ends, blocks, strict=True):
            for _ in range(SHUFFLES):
                mixed = x[test].copy()
                mixed[:, end - block.shape[1] : end] = block[random.permutation(test)]
                turns.append(mixed)
        guesses = forest.predict(np.vstack(turns)).reshape(len(blocks), SHUFFLES, len(test))
        rises.append((((guesses - y[test]) ** 2).mean(axis=2) - error.mean()) / y.var())
    return np.hstack(rises), 1 - ((unseen - y) ** 2).mean() / y.var()


def _spearman(values: list, y: np.ndarray) -> float:
    there = [i for i, one in enumerate(values) if one is not None]
    a, b = _ranks(np.array([float(values[i]) for i in there])), _ranks(y[there])
    if len(there) < 3 or a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(numbers: np.ndarray) -> np.ndarray:
    """Ranks from 0; of equal numbers the mean of theirs."""
    _, place, count = np.unique(numbers, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count + 1) / 2)[place]


def _ratio(values: list, y: np.ndarray) -> float:
    """The correlation ratio: how far the means of the texts' runs lie apart, of all that the metric varies."""
    words = np.array([str(one) for one in values])
    between = sum((words == word).sum() * (y[words == word].mean() - y.mean()) ** 2 for word in set(words.tolist()))
    return float(math.sqrt(between / ((y - y.mean()) ** 2).sum()))


if __name__ == "__main__":
    question = json.load(sys.stdin)
    json.dump(judge(question["columns"], question["target"]), sys.stdout)
