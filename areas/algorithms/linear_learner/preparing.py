"""Labels checked, features and labels scaled, and the scales taken back out of the weights."""

from areas.algorithms.container import UserError


def checked(table, given: dict, channel: str):
    """The table, if its labels are such as the predictor type learns. UserError that names the first that isn't."""
    import numpy as np

    kind, labels = given["predictor_type"], table.labels
    if kind == "regressor":
        return table
    if kind == "binary_classifier":
        wrong, right = (labels != 0) & (labels != 1), "0 or 1"
    else:
        classes = given["num_classes"]
        wrong = (labels < 0) | (labels >= classes) | (labels != np.rint(labels))
        right = f"whole numbers from 0 to {classes - 1}, as num_classes is {classes}"
    if wrong.any():
        row = int(wrong.argmax())
        raise UserError(
            f"The labels of a {kind} must be {right}, but row {row + 1} of channel '{channel}' has {labels[row]:g}"
        )
    return table


def row_weights(given: dict, labels, outputs: int):
    """How much each row counts, (rows, 1) float32; None where all count the same."""
    import numpy as np

    if outputs > 1:
        if not given["balance_multiclass_weights"]:
            return None
        counts = np.bincount(labels.astype(np.int64), minlength=outputs)
        shares = len(labels) / (outputs * np.maximum(counts, 1))
        return shares[labels.astype(np.int64)].astype(np.float32)[:, None]
    weight = given["positive_example_weight_mult"]
    if given["predictor_type"] != "binary_classifier" or weight == 1.0:
        return None
    positive = labels > 0.5
    if weight == "balanced":
        weight = (len(labels) - positive.sum()) / max(positive.sum(), 1)
    return np.where(positive, weight, 1.0).astype(np.float32)[:, None]


class Scaler:
    """Scales of features (and of a regressor's labels), read from the first ``num_point_for_scaler`` rows."""

    def __init__(self, table, given: dict):
        import numpy as np

        sample = table.features[: given["num_point_for_scaler"]]
        columns = table.columns
        self.mean, self.deviation = np.zeros(columns, np.float32), np.ones(columns, np.float32)
        mean, deviation = _moments(sample)
        unbias = not table.sparse if given["unbias_data"] == "auto" else given["unbias_data"]
        if given["normalize_data"]:
            self.deviation = np.where(deviation > 0, deviation, 1).astype(np.float32)
        if unbias and not table.sparse:  # taking the mean off sparse rows would fill them
            self.mean = mean.astype(np.float32)
        self.label_mean, self.label_deviation = 0.0, 1.0
        if given["predictor_type"] == "regressor":
            labels = table.labels[: given["num_point_for_scaler"]].astype(np.float64)
            if given["normalize_label"] is not False and labels.std() > 0:
                self.label_deviation = float(labels.std())
            if given["unbias_label"] is not False:
                self.label_mean = float(labels.mean())

    def features(self, rows):
        """Scaled rows, dense or CSR as they were."""
        import numpy as np

        if hasattr(rows, "indptr"):
            found = rows.astype(np.float32)
            found.data /= self.deviation[found.indices]
            return found
        return (rows - self.mean) / self.deviation

    def labels(self, labels):
        import numpy as np

        return ((labels - self.label_mean) / self.label_deviation).astype(np.float32)

    def undone(self, weights, bias):
        """Weights and bias for rows and labels as they are."""
        import numpy as np

        weights = weights.astype(np.float64) / self.deviation[:, None]
        bias = bias - self.mean.astype(np.float64) @ weights
        weights, bias = weights * self.label_deviation, bias * self.label_deviation + self.label_mean
        return weights.astype(np.float32), bias.astype(np.float32)


def _moments(sample):
    import numpy as np

    if not hasattr(sample, "indptr"):
        wide = sample.astype(np.float64)
        return wide.mean(axis=0), wide.std(axis=0)
    mean = np.asarray(sample.mean(axis=0)).ravel().astype(np.float64)
    squares = np.asarray(sample.multiply(sample).mean(axis=0)).ravel()
    return mean, np.sqrt(np.maximum(squares - mean * mean, 0))
