"""The built-in rules: what they are called, what they take, what they need. Standard library only.

Source: developer guide "List of Debugger built-in rules" and, where it says otherwise, smdebug-rulesconfig 1.0.1.
"""

import math
import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Parameter:
    """A rule's parameter. It arrives as text; ``read`` makes a value of it or raises ValueError with half a sentence."""

    kind: str  # number, whole, flag, text, regex, steps
    default: object = None
    low: float = -math.inf
    high: float = math.inf
    help: str = ""

    def read(self, text: str):
        if text in ("", "None"):
            return self.default
        if self.kind == "flag":
            if text.lower() not in ("true", "false", "0", "1"):
                raise ValueError("must be True or False")
            return text.lower() in ("true", "1")
        if self.kind in ("number", "whole"):
            return self._number(text)
        if self.kind == "regex":
            try:
                re.compile(text)
            except re.error as error:
                raise ValueError(f"must be a regular expression ({error})") from None
        return text

    def _number(self, text: str) -> float | int:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if math.isnan(value) or (self.kind == "whole" and not value.is_integer()):
            raise ValueError(f"must be a {'whole ' if self.kind == 'whole' else ''}number")
        if not self.low <= value <= self.high:
            most = "" if self.high == math.inf else f" and at most {self.high:g}"
            raise ValueError(f"must be at least {self.low:g}{most}")
        return int(value) if self.kind == "whole" else value


@dataclass(frozen=True)
class Rule:
    """A built-in rule. ``fires`` and ``advice`` are what a person reads of it."""

    name: str  # rule_to_invoke
    fires: str
    advice: str
    parameters: dict[str, Parameter] = field(default_factory=dict)
    collections: tuple[tuple[str, dict[str, str]], ...] = ()  # what the hook must save for it, as the SDK asks for it
    is_profiler: bool = False
    frameworks: tuple[str, ...] = ("xgboost", "script")  # where its tensors can come from

    def read(self, given: dict[str, str]) -> dict:
        """Every parameter with its value; ValueError in a sentence about the first that can't be."""
        found = {name: one.default for name, one in self.parameters.items()}
        for name, text in given.items():
            if name in _OF_ALL:
                continue
            if name not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                raise ValueError(f"The rule {self.name} has no parameter {name}; it has {known}.")
            try:
                found[name] = self.parameters[name].read(text)
            except ValueError as problem:
                raise ValueError(f"The parameter {name} of the rule {self.name} {problem}, not {text!r}.") from None
        return found


_OF_ALL = {"rule_to_invoke", "action_json", "base_trial", "base_trial_path", "source_s3_uri"}


def number(default, low=-math.inf, high=math.inf, help="") -> Parameter:
    return Parameter("number", default, low, high, help)


def whole(default, low=0, high=math.inf, help="") -> Parameter:
    return Parameter("whole", default, low, high, help)


def flag(default, help="") -> Parameter:
    return Parameter("flag", default, help=help)


def regex(default=None, help="") -> Parameter:
    return Parameter("regex", default, help=help)


def text(default="", help="") -> Parameter:
    return Parameter("text", default, help=help)


_SAVE = {"save_interval": "500"}
_LOSSES = (("losses", _SAVE),)
_PICK = {"collection_names": text("", "collections to look at, with commas"), "tensor_regex": regex()}
_TORCH = ("torch",)

_DEBUG = (
    Rule(
        "VanishingGradient", "Gradients have become so small that the model hardly learns.",
        "Use ReLU activations, batch normalisation or residual connections, or raise the learning rate.",
        {"threshold": number(1e-7, 0)}, (("gradients", _SAVE),), frameworks=_TORCH,
    ),
    Rule(
        "ExplodingTensor", "A saved value is infinite or not a number.",
        "Lower the learning rate, clip gradients, scale the inputs, and look for bad rows in the data.",
        {**_PICK, "only_nan": flag(False, "True: let infinities pass")}, _LOSSES,
    ),
    Rule(
        "PoorWeightInitialization", "The first steps show weights that all look alike, or gradients that differ too much.",
        "Initialise weights at random (Kaiming for ReLU, Xavier for tanh), not with one constant.",
        {
            "activation_inputs_regex": regex(".*relu_input"), "threshold": number(10.0, 0),
            "distribution_range": number(0.001, 0), "patience": whole(5, 1), "steps": whole(10, 1),
        },
        (("relu_input", {"include_regex": ".*relu_input", **_SAVE}), ("weights", _SAVE), ("gradients", _SAVE)),
        frameworks=_TORCH,
    ),
    Rule(
        "SaturatedActivation", "Too many units of a layer sit where tanh or sigmoid is flat.",
        "Lower the learning rate, normalise the layer's inputs, or use ReLU.",
        {
            "tensor_regex": regex(".*tanh_input|.*sigmoid_input"),
            "threshold_tanh_min": number(-9.4999), "threshold_tanh_max": number(9.4999),
            "threshold_sigmoid_min": number(-23), "threshold_sigmoid_max": number(16.99999),
            "threshold_inactivity": number(1.0, 0, 100), "threshold_layer": number(50.0, 0, 100),
        },
        (("saturated_activation", {"include_regex": ".*tanh_input|.*sigmoid_input", **_SAVE}),), frameworks=_TORCH,
    ),
    Rule(
        "DeadRelu", "Too many ReLU units of a layer answer zero, whatever goes in.",
        "Lower the learning rate, use LeakyReLU, or start biases a little above zero.",
        {
            "tensor_regex": regex(".*relu_output"), "threshold_inactivity": number(1.0, 0, 100),
            "threshold_layer": number(50.0, 0, 100),
        },
        (("relu_output", {"include_regex": ".*relu_output", **_SAVE}),), frameworks=_TORCH,
    ),
    Rule(
        "WeightUpdateRatio", "Weights move too much, or hardly at all, between saved steps.",
        "Lower the learning rate if the ratio is large, raise it if it is small.",
        {
            "num_steps": whole(None, 0), "large_threshold": number(10.0, 0), "small_threshold": number(1e-8, 0),
            "epsilon": number(1e-9, 0),
        },
        (("weights", _SAVE),), frameworks=("torch", "script"),
    ),
    Rule(
        "AllZero", "Nearly all values of a tensor are zero.",
        "Look for dead units, empty columns, or a learning rate of zero.",
        {**_PICK, "threshold": number(100, 0, 100, "percent of zeros")}, _LOSSES,
    ),
    Rule(
        "TensorVariance", "The variance of a tensor leaves the bounds that you gave.",
        "Scale the inputs, initialise differently, or normalise between layers.",
        {**_PICK, "max_threshold": number(None), "min_threshold": number(None)}, _LOSSES,
    ),
    Rule(
        "UnchangedTensor", "A value is the same for several saved steps: nothing is learnt.",
        "Check that the learning rate isn't zero, that gradients reach the weights, and whether training has simply converged.",
        {
            **_PICK, "num_steps": whole(3, 2), "rtol": number(1e-5, 0), "atol": number(1e-8, 0),
            "equal_nan": flag(False),
        },
        _LOSSES,
    ),
    Rule(
        "ClassImbalance", "One class has many times the samples of another, or is mispredicted far more often.",
        "Weigh the rare class higher (scale_pos_weight, class_weight), sample evenly, or judge by recall instead of accuracy.",
        {
            "threshold_imbalance": number(10, 1), "threshold_misprediction": number(0.7, 0, 1), "samples": whole(500, 1),
            "argmax": flag(False), "labels_regex": regex(".*labels"), "predictions_regex": regex(".*predictions"),
        },
        (("labels", _SAVE), ("predictions", _SAVE)), frameworks=("xgboost", "script", "torch"),
    ),
    Rule(
        "LossNotDecreasing", "The loss has stopped going down.",
        "Lower the learning rate if the loss jumps, raise it if it creeps; if it has converged, train for fewer rounds.",
        {
            "tensor_regex": regex(), "use_losses_collection": flag(True), "num_steps": whole(10, 1),
            "diff_percent": number(0.1, 0, 100), "increase_threshold_percent": number(5, 0), "mode": text("GLOBAL"),
        },
        _LOSSES, frameworks=("xgboost", "script", "torch"),
    ),
    Rule(
        "Overfit", "The model does clearly worse on validation data than on training data.",
        "Regularise (shallower trees, lambda, dropout), stop earlier, or train on more data.",
        {
            "tensor_regex": regex(), "start_step": whole(0), "patience": whole(1, 1, help="steps in a row"),
            "ratio_threshold": number(0.1, 0),
        },
        _LOSSES, frameworks=("xgboost", "script", "torch"),
    ),
    Rule(
        "Overtraining", "Neither the training nor the validation loss has improved for a while.",
        "Stop here: use early stopping, or train for fewer rounds.",
        {"patience_train": whole(5, 1), "patience_validation": whole(10, 1), "delta": number(0.01, 0)},
        _LOSSES, frameworks=("xgboost", "script", "torch"),
    ),
    Rule(
        "SimilarAcrossRuns", "This job's values are the same as another job's.",
        "Check that what you meant to change between the two jobs has reached the algorithm.",
        {**_PICK, "other_trial": text("", "s3://bucket/path/job/debug-output of the other job")}, _LOSSES,
    ),
    Rule(
        "StalledTrainingRule", "No new step has come for a long time.",
        "Look at the log: the job may wait for data, or be stuck.",
        {
            "threshold": number(1800, 1, help="seconds"), "stop_training_on_fire": flag(False),
            "training_job_name_prefix": text(),
        },
        _LOSSES, frameworks=("xgboost", "script", "torch"),
    ),
    Rule(
        "CheckInputImages", "Input images are not normalised around zero.",
        "Subtract the data set's mean from each channel, and divide by its deviation.",
        {
            "threshold_mean": number(0.2, 0), "threshold_samples": whole(500, 1), "channel": whole(1, 0, 3),
            "regex": regex(".*input_image|.*hybridsequential0_input_0"),
        },
        (("input_image", {"include_regex": ".*input_image|.*_input_0", **_SAVE}),), frameworks=_TORCH,
    ),
    Rule(
        "NLPSequenceRatio", "Too many of the tokens in the input sequences are padding or unknown.",
        "Sort sequences of similar length into the same batch, or widen the vocabulary.",
        {
            "tensor_regex": regex(".*embedding0_input_0"), "token_values": text("0"),
            "token_thresholds_percent": text("50"),
        },
        (("input_sequence", {"include_regex": ".*embedding0_input_0", **_SAVE}),), frameworks=_TORCH,
    ),
    Rule(
        "Confusion", "The model takes one class for another too often.",
        "Look at the two classes that are mixed up: more samples of them, or a feature that tells them apart.",
        {
            "category_no": whole(None, 2), "labels": regex("labels"), "predictions": regex("predictions"),
            "labels_collection": text("labels"), "predictions_collection": text("predictions"),
            "min_diag": number(0.9, 0, 1), "max_off_diag": number(0.1, 0, 1),
        },
        (("labels", _SAVE), ("predictions", _SAVE)), frameworks=("xgboost", "script", "torch"),
    ),
    Rule(
        "FeatureImportanceOverweight", "A few features carry nearly all of the model.",
        "Check whether they give the label away; if they do, leave them out.",
        {
            "threshold": number(0.8, 0, 1), "nfeatures": whole(3, 1),
            "tensor_regex": regex(".*feature_importance/weight"),
        },
        (("feature_importance", _SAVE),),
    ),
    Rule(
        "TreeDepth", "A tree is deeper than it should be.",
        "Lower max_depth, or raise gamma or min_child_weight.",
        {"depth": whole(4, 0)}, (("trees", _SAVE),),
    ),
    Rule(
        "CreateXgboostReport", "It writes a report of the XGBoost model; it never fires.", "",
        {}, (
            ("metrics", {"save_interval": "5"}), ("feature_importance", {"save_interval": "5"}),
            ("hyperparameters", {"save_steps": "0"}), ("predictions", {"save_interval": "5"}),
            ("labels", {"save_interval": "5"}),
        ), frameworks=("xgboost",),
    ),
)  # fmt: skip

_SCAN = {"scan_interval_us": whole(60_000_000, 1)}
_PERCENT = {"low": 0, "high": 100}


def _profiler(name: str, fires: str, advice: str, **parameters) -> Rule:
    return Rule(name, fires, advice, {**parameters, **_SCAN}, is_profiler=True)


_PROFILER = (
    _profiler(
        "CPUBottleneck", "The CPU was busy while the GPU waited for it.",
        "Prepare data in more workers or ahead of time, or move work to the GPU.",
        threshold=number(50, **_PERCENT), gpu_threshold=number(10, **_PERCENT), cpu_threshold=number(90, **_PERCENT),
        patience=whole(1000, 1),
    ),
    _profiler(
        "BatchSize", "CPU, GPU and GPU memory were all little used.",
        "Use a smaller instance, or a larger batch.",
        cpu_threshold_p95=number(70, **_PERCENT), gpu_threshold_p95=number(70, **_PERCENT),
        gpu_memory_threshold_p95=number(70, **_PERCENT), patience=whole(1000, 1), window=whole(500, 1),
    ),
    _profiler(
        "IOBottleneck", "The GPU waited for the disk.",
        "Read fewer and larger files, cache them, or use a faster volume.",
        threshold=number(50, **_PERCENT), gpu_threshold=number(10, **_PERCENT), io_threshold=number(50, **_PERCENT),
        patience=whole(1000, 1),
    ),
    _profiler(
        "GPUMemoryIncrease", "The GPU's memory filled more and more.",
        "Look for tensors that are kept by mistake, such as losses with their graph.",
        increase=number(5, **_PERCENT), patience=whole(1000, 1), window=whole(10, 1),
    ),
    _profiler(
        "LoadBalancing", "Some GPUs worked much more than others.",
        "Spread the batches evenly over the GPUs.",
        threshold=number(0.5, 0, 1), patience=whole(1000, 1),
    ),
    _profiler(
        "LowGPUUtilization", "The GPU was little used, or in bursts.",
        "Use larger batches, prepare data in parallel, or use a smaller instance.",
        threshold_p95=number(70, **_PERCENT), threshold_p5=number(10, **_PERCENT), window=whole(500, 1),
        patience=whole(1000, 1),
    ),
    _profiler(
        "MaxInitializationTime", "It took long before the first step.",
        "Read data while training begins (FastFile or Pipe mode), or install packages beforehand.",
        threshold=number(20, 0, help="minutes"),
    ),
    _profiler("OverallSystemUsage", "It only reports.", ""),
    _profiler("OverallFrameworkMetrics", "It only reports.", ""),
    _profiler(
        "StepOutlier", "Many steps took much longer than the others.",
        "Look at what else runs then: checkpoints, logging, other jobs on this machine.",
        stddev=number(3, 0.1), mode=text(None), n_outliers=whole(10, 1),
    ),
    _profiler(
        "Dataloader", "The data loader has far fewer or more workers than there are cores.",
        "Use about as many workers as the machine has cores.",
        min_threshold=number(70, 0), max_threshold=number(200, 0),
    ),
)  # fmt: skip


class _Report(Rule):
    """ProfilerReport takes ``<Rule>_<parameter>`` for each rule that it runs."""

    def read(self, given: dict[str, str]) -> dict:
        found = {}
        for name, value in given.items():
            if name in _OF_ALL or name in _SCAN:
                continue
            word, _, parameter = name.partition("_")
            rule = next((one for one in _PROFILER if one.name.lower() == word.lower()), None)
            if rule is None or not parameter:
                raise ValueError(
                    f"The rule ProfilerReport has no parameter {name}; it takes <Rule>_<parameter>, such as "
                    f"CPUBottleneck_threshold."
                )
            found[f"{rule.name}_{parameter.lower()}"] = rule.read({parameter.lower(): value})[parameter.lower()]
        return found


REPORT = _Report(
    "ProfilerReport", "It runs all profiler rules and writes a report of them.", "See the report.", is_profiler=True
)

RULES: dict[str, Rule] = {rule.name: rule for rule in (*_DEBUG, *_PROFILER, REPORT)}
PROFILER: tuple[Rule, ...] = _PROFILER  # those that ProfilerReport runs

ACTIONS = {"stoptraining": "training_job_prefix", "email": "endpoint", "sms": "endpoint"}
INTERVALS = (100, 200, 500, 1000, 5000, 60000)  # of ProfilingIntervalInMilliseconds
DEFAULT_INTERVAL = 500
