"""DeepAR's network: an LSTM that reads the series so far and says how the next point is distributed.

Source: Salinas, Flunkert, Gasthaus, "DeepAR" (2017). What it is given at a point: the target of the point before and of
the lagged points, divided by the window's scale; what time it is; how old the series is; the scale; the embedded
categories; the dynamic features.
"""

from areas.algorithms.deepar import calendar
from areas.algorithms.deepar.data import Series
from areas.algorithms.deepar.likelihoods import PARAMETERS, is_scaled, losses, sample

ROWS = 4096  # sample paths that are drawn at once: bounds memory


def build(config: dict):
    """The network for a model's configuration."""
    from torch import nn

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            cells, layers = config["num_cells"], config["num_layers"]
            self.embeddings = nn.ModuleList(
                nn.Embedding(count, config["embedding_dimension"]) for count in config["cardinality"]
            )
            frequency = calendar.parse_frequency(config["time_freq"])
            width = len(config["lags"]) + frequency.features + 2 + config["num_dynamic_feat"]
            width += config["embedding_dimension"] * len(config["cardinality"])
            dropout = config["dropout_rate"] if layers > 1 else 0.0
            self.lstm = nn.LSTM(width, cells, layers, batch_first=True, dropout=dropout)
            self.dropout = nn.Dropout(config["dropout_rate"])
            self.head = nn.Linear(cells, PARAMETERS[config["likelihood"]])

        def forward(self, inputs, state=None):
            found, state = self.lstm(inputs, state)
            return self.head(self.dropout(found)), state

    return Network()


class Layout:
    """Series laid end to end, with room before and after each, so that any window is a range of one flat tensor.

    Args:
        history: points that a window may look back before its series begins: these are missing.
        future: points after its end.
    """

    def __init__(self, series: list[Series], config: dict, *, history: int, future: int):
        import numpy as np
        import torch

        frequency = calendar.parse_frequency(config["time_freq"])
        lengths = [len(one.target) for one in series]
        total = sum(lengths) + len(series) * (history + future)
        values, seen = np.zeros(total, np.float32), np.zeros(total, bool)
        known = np.zeros((total, frequency.features + 1 + config["num_dynamic_feat"]), np.float32)
        self.begins = np.empty(len(series), np.int64)  # where each series' first point lies
        position = 0
        for number, one in enumerate(series):
            begin, length = position + history, lengths[number]
            self.begins[number] = begin
            observed = np.isfinite(one.target)
            values[begin : begin + length] = carried(one.target)
            seen[begin : begin + length] = observed
            span = slice(begin, begin + length + future)
            known[span, : frequency.features] = calendar.describe(
                calendar.times(one.start, frequency, length + future), frequency
            )
            known[span, frequency.features] = np.log10(2.0 + np.arange(length + future)) / 2
            if config["num_dynamic_feat"]:
                given = one.dynamic[:, : length + future].T
                known[begin : begin + len(given), frequency.features + 1 :] = given
            position = begin + length + future
        self.lengths = np.array(lengths)
        self.values, self.seen = torch.as_tensor(values), torch.as_tensor(seen)
        self.known = torch.as_tensor(known)
        width = len(config["cardinality"])
        self.cats = torch.tensor([one.cat[:width] for one in series], dtype=torch.long).reshape(len(series), width)


def carried(target):
    """The series with the last value carried over gaps (zero before the first): what lagged inputs show."""
    import numpy as np

    observed = np.isfinite(target)
    if observed.all():
        return target
    latest = np.maximum.accumulate(np.where(observed, np.arange(len(target)), -1))
    return np.where(latest >= 0, np.nan_to_num(target)[latest], 0.0).astype(np.float32)


def scales(values, seen, config: dict):
    """(batch,) the mean size of each window's observed context; the training data's where nothing is observed."""
    import torch

    if not is_scaled(config["likelihood"]):
        return torch.ones(len(values))
    count = seen.sum(1)
    mean = (values.abs() * seen).sum(1) / count.clamp(min=1)
    found = torch.where(count > 0, mean, torch.full_like(mean, config["scale"]))
    return found.clamp(min=1e-6 * max(config["scale"], 1e-6)) + (found == 0) * config["scale"]


def window_loss(network, layout: Layout, rows, forecasts, config: dict):
    """Mean loss over the observed points of windows.

    Args:
        rows: (batch,) which series; forecasts: (batch,) its point that is predicted first.
    """
    import torch

    context, horizon = config["context_length"], config["prediction_length"]
    begin = torch.as_tensor(layout.begins[rows] + forecasts - context)
    points = begin[:, None] + torch.arange(context + horizon)
    target, seen = layout.values[points], layout.seen[points]
    scale = scales(target[:, :context], seen[:, :context], config)
    lagged = layout.values[points[:, :, None] - torch.tensor(config["lags"])]
    outputs, _ = network(_inputs(network, lagged, layout.known[points], scale, layout.cats[rows], config))
    found = losses(config["likelihood"], outputs, target, scale[:, None])
    return (found * seen).sum() / seen.sum().clamp(min=1)


def _inputs(network, lagged, known, scale, cats, config: dict):
    """(batch, points, inputs) of what the network is given."""
    import torch

    batch, points = known.shape[:2]
    static = [scale.log()[:, None] / 10]
    static += [embedding(cats[:, at]) for at, embedding in enumerate(network.embeddings)]
    repeated = torch.cat(static, 1)[:, None].expand(batch, points, -1)
    return torch.cat([lagged / scale[:, None, None], known, repeated], 2)


def forecast(network, series: list[Series], config: dict, samples: int):
    """Sample paths of what follows each series: (series, samples, prediction_length) float32.

    A series' ``dynamic`` must reach over its target and the forecast.
    """
    import numpy as np
    import torch

    context, horizon = config["context_length"], config["prediction_length"]
    found = np.empty((len(series), samples, horizon), np.float32)
    network.eval()
    with torch.no_grad():
        for first in range(0, len(series), max(1, ROWS // samples)):
            part = series[first : first + max(1, ROWS // samples)]
            layout = Layout(part, config, history=context + max(config["lags"]), future=horizon)
            found[first : first + len(part)] = _paths(network, layout, config, samples).cpu().numpy()
    return found


def _paths(network, layout: Layout, config: dict, samples: int):
    import torch

    context, horizon, longest = config["context_length"], config["prediction_length"], max(config["lags"])
    lags = torch.tensor(config["lags"])
    ends = torch.as_tensor(layout.begins + layout.lengths)
    past = ends[:, None] + torch.arange(-context, 0)
    scale = scales(layout.values[past], layout.seen[past], config)
    # The context's last point is the input of the first forecast, so the recurrence runs over the points after the first.
    _, state = network(
        _inputs(network, layout.values[past[:, :, None] - lags], layout.known[past], scale, layout.cats, config)
    )
    state = tuple(part.repeat_interleave(samples, 1).contiguous() for part in state)
    scale, cats = scale.repeat_interleave(samples), layout.cats.repeat_interleave(samples, 0)
    history = layout.values[ends[:, None] + torch.arange(-longest, 0)].repeat_interleave(samples, 0)
    known = layout.known[ends[:, None] + torch.arange(horizon)].repeat_interleave(samples, 0)
    history = torch.cat([history, torch.zeros(len(history), horizon)], 1)
    for step in range(horizon):
        lagged = history[:, longest + step - lags][:, None]
        outputs, state = network(_inputs(network, lagged, known[:, step : step + 1], scale, cats, config), state)
        history[:, longest + step] = sample(config["likelihood"], outputs[:, 0], scale)
    return history[:, longest:].reshape(len(ends), samples, horizon)
