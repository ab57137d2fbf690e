"""Serving a DeepAR model. Source: the developer guide's "DeepAR Inference Formats"."""

import json
import os
import sys

from areas.algorithms.container import UserError, container, cpu_count
from areas.algorithms.deepar import data, network
from areas.algorithms.deepar.declaration import ALGORITHM
from areas.algorithms.frame import answers
from areas.algorithms.neural import library, requests
from areas.algorithms.neural.requests import Refused
from areas.algorithms.server import Request, Response

FORMS = ("json", "jsonlines")
OUTPUTS = ("mean", "quantiles", "samples")
DEFAULTS = {
    "num_samples": 100,
    "output_types": ["mean", "quantiles"],
    "quantiles": ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9"],
}
MOST_SAMPLES = 10_000


def main() -> int:
    return requests.serve_with(load, threads=cpu_count(), BatchStrategy="SINGLE_RECORD")


def load():
    """The function that answers invocations; UserError if model or DEEPAR_INFERENCE_CONFIG can't be read."""
    folder = container().model
    config = library.read_config(folder, ALGORITHM.repository)
    model = network.build(config)
    library.load_weights(folder, model)
    try:
        default = {**DEFAULTS, **json.loads(os.environ.get("DEEPAR_INFERENCE_CONFIG") or "{}")}
        outputs(default)
    except (ValueError, TypeError, Refused) as error:
        raise UserError(f"DEEPAR_INFERENCE_CONFIG can't be used: {error}") from None

    def invoke(request: Request) -> Response:
        kind, _ = requests.kind_of(request, FORMS)
        form, _ = answers.accepted(request.headers.get("accept", ""), (kind, *FORMS))
        records, configuration = requests.records(request, kind)
        asked = outputs({**default, **configuration})
        series = [instance(record, number, config) for number, record in enumerate(records, 1)]
        paths = network.forecast(model, series, config, asked["num_samples"])
        return answers.encode(columns(paths, asked), form)

    return invoke


def outputs(configuration: dict) -> dict:
    """A request's configuration, checked: Refused (400) in one sentence."""
    unknown = sorted(set(configuration) - set(DEFAULTS))
    if unknown:
        raise Refused(400, f"configuration has no '{unknown[0]}': it has {', '.join(DEFAULTS)}.")
    samples, types, quantiles = (configuration[name] for name in DEFAULTS)
    if type(samples) is not int or not 1 <= samples <= MOST_SAMPLES:
        raise Refused(400, f"num_samples must be an integer from 1 to {MOST_SAMPLES}.")
    if not isinstance(types, list) or not types or any(one not in OUTPUTS for one in types):
        raise Refused(400, f"output_types must be a list of {', '.join(OUTPUTS)}.")
    if not isinstance(quantiles, list) or any(not _is_quantile(one) for one in quantiles):
        raise Refused(400, "quantiles must be a list of numbers between 0 and 1, as strings.")
    return configuration


def instance(record: object, number: int, config: dict) -> data.Series:
    """One instance as the series that the model was trained for; UserError (400) in one sentence."""
    where = f"instance {number}"
    one = data.parse(record, where)
    width, features = len(config["cardinality"]), config["num_dynamic_feat"]
    if width and len(one.cat) != width:
        raise UserError(f"The cat of {where} must have {width} values, as in training, but has {len(one.cat)}.")
    for at, count in enumerate(config["cardinality"]):
        if one.cat[at] >= count:
            raise UserError(f"cat {at} of {where} is {one.cat[at]}, but training has seen 0 to {count - 1}.")
    if features:
        needed = len(one.target) + config["prediction_length"]
        has = (0, 0) if one.dynamic is None else one.dynamic.shape
        if has[0] != features or has[1] != needed:
            raise UserError(
                f"The dynamic_feat of {where} must be {features} arrays of {needed} values: one for each point of the "
                f"target and of the forecast."
            )
    return one


def columns(paths, asked: dict) -> dict[str, list]:
    """What the configuration asks for of sample paths (series, samples, points): a list of each, an item a series."""
    import numpy as np

    found = {}
    if "quantiles" in asked["output_types"]:
        levels = [float(level) for level in asked["quantiles"]]
        values = np.quantile(paths, levels, axis=1).swapaxes(0, 1).tolist() if levels else [[] for _ in paths]
        found["quantiles"] = [dict(zip(map(str, asked["quantiles"]), one, strict=True)) for one in values]
    if "samples" in asked["output_types"]:
        found["samples"] = paths.tolist()
    if "mean" in asked["output_types"]:
        found["mean"] = paths.mean(1, dtype=float).tolist()
    return found


def _is_quantile(value: object) -> bool:
    try:
        return not isinstance(value, bool) and 0 < float(value) < 1
    except (TypeError, ValueError):
        return False


if __name__ == "__main__":
    sys.exit(main())
