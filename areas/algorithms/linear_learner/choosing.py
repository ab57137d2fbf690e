"""Which of the models is the best, and from which score on a binary classifier says 1."""


def best(given: dict, costs, scores, labels) -> tuple[int, float]:
    """(number of the best model, its threshold on the scores).

    Args:
        costs: the mean loss of each model on the rows that decide.
        scores: of those rows by each model (rows, models); only for a binary classifier.
        labels: of those rows (rows,).
    """
    import numpy as np

    middle = 0.0
    criterion = given["binary_classifier_model_selection_criteria"]
    if given["predictor_type"] != "binary_classifier" or criterion == "loss_function" or len(np.unique(labels)) < 2:
        return int(np.nanargmin(costs)), middle
    found = [threshold(given, scores[:, number], labels) for number in range(scores.shape[1])]
    order = np.argsort(np.nan_to_num(costs, nan=np.inf), kind="stable")  # of equally good ones that of the least loss
    number = int(max(order, key=lambda at: found[at][0]))
    return number, found[number][1]


def threshold(given: dict, scores, labels) -> tuple[float, float]:
    """(how good by the criterion, threshold): the place between two scores that is best."""
    import numpy as np

    from areas.algorithms.frame.scores import f_beta

    order = np.argsort(-scores, kind="stable")
    ranked, truth = scores[order].astype(np.float64), labels[order] > 0.5
    ends = np.flatnonzero(np.append(np.diff(ranked) < 0, True))  # after the last of equal scores
    hits = np.cumsum(truth)[ends].astype(np.float64)
    said = ends + 1.0
    positives = float(truth.sum())
    precision, recall = hits / said, hits / positives
    criterion = given["binary_classifier_model_selection_criteria"]
    if criterion == "f_beta":
        worth = f_beta(precision, recall, given["f_beta"])
    elif criterion == "precision_at_target_recall":
        worth = np.where(recall >= given["target_recall"], precision, -1.0)
    elif criterion == "recall_at_target_precision":
        worth = np.where(precision >= given["target_precision"], recall, -1.0)
    else:
        worth = (hits + (len(truth) - positives) - (said - hits)) / len(truth)
    at = int(worth.argmax())
    after = ranked[ends[at] + 1] if ends[at] + 1 < len(ranked) else ranked[-1] - 2e-6
    return float(worth[at]), float((ranked[ends[at]] + after) / 2)
