"""What the model of the service can't check of a tuning job. Each refusal is one sentence.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningJobConfig.html
"""

from areas.images import Image, find
from areas.tuning import autotune
from areas.tuning.definitions import MOST_JOBS, MOST_RESOURCE, RESOURCES, Definition, resource
from areas.tuning.space import CATEGORICAL, RangeWrong
from engine.errors import AwsError, invalid, unsupported

MOST_PARALLEL = 100  # AWS's quota, as far as it can be raised
_IN_CONFIG = ("HyperParameterTuningJobObjective", "ParameterRanges")
_OWN = ("DefinitionName", "TuningObjective", "HyperParameterRanges")


def check_shape(request: dict) -> None:
    """One definition, or several with objectives and ranges of their own."""
    config = request["HyperParameterTuningJobConfig"]
    single, several = request.get("TrainingJobDefinition"), request.get("TrainingJobDefinitions")
    if bool(single) == bool(several):
        raise invalid("Exactly one of TrainingJobDefinition and TrainingJobDefinitions must be given.")
    if single:
        if "HyperParameterTuningJobObjective" not in config:
            raise invalid("HyperParameterTuningJobConfig.HyperParameterTuningJobObjective must be given.")
        for member in ("TuningObjective", "HyperParameterRanges"):
            if member in single:
                raise invalid(f"TrainingJobDefinition.{member} can be given in TrainingJobDefinitions only.")
        return
    for member in _IN_CONFIG:
        if member in config:
            raise invalid(
                f"HyperParameterTuningJobConfig.{member} can't be given with TrainingJobDefinitions: each has its own."
            )
    for number, one in enumerate(several, 1):
        if missing := [member for member in _OWN[:2] if member not in one]:
            raise invalid(f"Definition {number} of TrainingJobDefinitions needs {missing[0]}.")
    names = [one["DefinitionName"] for one in several]
    if len(set(names)) < len(names):
        raise invalid("The DefinitionNames of TrainingJobDefinitions must differ from each other.")
    if len({one["TuningObjective"]["Type"] for one in several}) > 1:
        raise invalid("The TuningObjectives of TrainingJobDefinitions must all be of the same Type.")


def check_limits(config: dict) -> None:
    """How many training jobs, at once and in all."""
    limits = config["ResourceLimits"]
    most, parallel = limits.get("MaxNumberOfTrainingJobs"), limits["MaxParallelTrainingJobs"]
    if config["Strategy"] != "Grid" and most is None and "MaxRuntimeInSeconds" not in limits:
        raise invalid(
            f"ResourceLimits.MaxNumberOfTrainingJobs or MaxRuntimeInSeconds must be given with the strategy "
            f"{config['Strategy']}."
        )
    for what, value, quota in (
        ("training jobs per hyperparameter tuning job", most or 0, MOST_JOBS),
        ("parallel training jobs per hyperparameter tuning job", parallel, MOST_PARALLEL),
    ):
        if value > quota:
            raise AwsError(
                "ResourceLimitExceeded",
                f"The account-level service limit 'Maximum number of {what}' is {quota}, with a request of {value}.",
            )


def check_ranges(found: list[Definition], config: dict) -> None:
    """Ranges that can be drawn from, of hyperparameters that aren't static."""
    for one in found:
        try:
            dimensions = one.dimensions
        except RangeWrong as error:
            raise invalid(str(error)) from None
        where = f" of definition {one.name}" if one.name else ""
        if not dimensions:
            raise invalid(f"At least one hyperparameter{where} must have a range.")
        for dimension in dimensions:
            if dimension.name in one.static:
                raise invalid(f"The hyperparameter {dimension.name}{where} can't be both static and tuned.")
            if dimension.name.startswith(("sagemaker_", "_")) or not dimension.name:
                raise invalid(f"The hyperparameter name {dimension.name!r} is SageMaker's own and can't be tuned.")
    if config["Strategy"] == "Grid":
        _check_grid(found, config)


def _check_grid(found: list[Definition], config: dict) -> None:
    for dimension in (dimension for one in found for dimension in one.dimensions):
        if dimension.kind != CATEGORICAL:
            raise invalid(f"The strategy Grid takes categorical ranges only; {dimension.name} is {dimension.kind}.")
    cells, most = sum(one.grid for one in found), config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    if cells > MOST_JOBS:
        raise invalid(f"The grid has {cells} combinations; a tuning job has at most {MOST_JOBS} training jobs.")
    if most is not None and most != cells:
        raise invalid(f"MaxNumberOfTrainingJobs {most} must equal the number of combinations of the grid, {cells}.")


def check_strategy(found: list[Definition], config: dict) -> None:
    """Hyperband stops jobs by itself, and must know how long one may get."""
    if config["Strategy"] != "Hyperband":
        if "StrategyConfig" in config:
            raise invalid("StrategyConfig can be given with the strategy Hyperband only.")
        return
    if config.get("TrainingJobEarlyStoppingType", "Off") != "Off":
        raise invalid(
            "TrainingJobEarlyStoppingType must be Off with the strategy Hyperband, which stops jobs by itself."
        )
    limits = resource(config, found)
    if limits is None:
        raise invalid(
            "The strategy Hyperband needs HyperbandStrategyConfig.MaxResource, or one of the static hyperparameters "
            f"{', '.join(RESOURCES)}."
        )
    least, most = limits
    if most > MOST_RESOURCE:
        raise invalid(f"HyperbandStrategyConfig.MaxResource must be at most {MOST_RESOURCE}, not {most}.")
    if least > most:
        raise invalid(f"HyperbandStrategyConfig.MinResource {least} is greater than MaxResource {most}.")


def check_objective(one: Definition) -> None:
    """A metric that the algorithm tells, or that a metric definition reads from its log."""
    image = find(one.body["AlgorithmSpecification"].get("TrainingImage", ""))
    given = one.body["AlgorithmSpecification"].get("MetricDefinitions", ())
    if builtin := own_metrics(one, image):
        valid = [name for name, _ in builtin]
        if one.metric not in valid:
            raise invalid(
                f"The objective metric for the hyperparameter tuning job, [{one.metric}], isn't valid for the "
                f"[{image.repository}] algorithm. Choose a valid objective metric name from: {', '.join(valid)}."
            )
    elif image and one.metric not in [definition["Name"] for definition in given]:
        raise invalid(
            f"The objective metric [{one.metric}] is not among AlgorithmSpecification.MetricDefinitions, which say where in "
            "the log its values are."
        )


def own_metrics(one: Definition, image: Image | None) -> tuple[tuple[str, str], ...]:
    """(name, regular expression) of what a built-in algorithm tells; () where the user's own code runs."""
    is_script = "sagemaker_program" in one.static or any(
        channel["ChannelName"] == "code" for channel in one.body.get("InputDataConfig", ())
    )
    return image.metrics if image and image.builtin and not is_script else ()


def check_resources(one: Definition) -> None:
    """Instances by one of the two members that name them."""
    given = one.body.get("HyperParameterTuningResourceConfig")
    if bool(given) == ("ResourceConfig" in one.body):
        raise invalid("Exactly one of ResourceConfig and HyperParameterTuningResourceConfig must be given.")
    if given and not given.get("InstanceConfigs") and not (given.get("InstanceType") and given.get("InstanceCount")):
        raise invalid(
            "HyperParameterTuningResourceConfig needs InstanceConfigs, or InstanceType and InstanceCount and VolumeSizeInGB."
        )


def filled_ranges(ranges: dict, body: dict, is_autotune: bool) -> dict:
    """The ranges with what Autotune adds. ValidationException where AWS recommends nothing for it."""
    wanted = ranges.get("AutoParameters", ())
    if wanted and not is_autotune:
        raise invalid('ParameterRanges.AutoParameters can be given with Autotune {"Mode": "Enabled"} only.')
    if not is_autotune:
        return ranges
    image = find(body["AlgorithmSpecification"].get("TrainingImage", ""))
    repository = image.repository if image else ""
    if not autotune.is_known(repository) or "sagemaker_program" in body.get("StaticHyperParameters", {}):
        raise unsupported(f"Autotune of {repository or 'an image that is not here'}")
    try:
        return {**ranges, **autotune.with_recommended(ranges, repository, body.get("StaticHyperParameters", {}))}
    except KeyError as error:
        raise invalid(
            f"Autotune has no range for {error.args[0]} of {repository}; it has one for: "
            f"{', '.join(autotune.RECOMMENDED[repository])}."
        ) from None
