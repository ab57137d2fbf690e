"""The training job definitions of a tuning job, one or several, told alike."""

from dataclasses import dataclass
from functools import cached_property

from areas.tuning.space import Dimension, combinations, dimensions

OBJECTIVE = "_tuning_objective_metric"  # the hyperparameter that names it to the algorithm
RESOURCES = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")  # static ones that say how long a job is
MOST_RESOURCE = 20_000


@dataclass(frozen=True)
class Definition:
    name: str  # "" where there is one definition only
    metric: str
    maximize: bool
    ranges: dict  # ParameterRanges
    body: dict  # HyperParameterTrainingJobDefinition

    @cached_property
    def dimensions(self) -> list[Dimension]:
        return dimensions(self.ranges)

    @property
    def static(self) -> dict[str, str]:
        return self.body.get("StaticHyperParameters", {})

    @cached_property
    def grid(self) -> int:
        return combinations(self.dimensions)


def definitions(document: dict) -> list[Definition]:
    """Those of a request or of a Describe document that has been checked."""
    config = document["HyperParameterTuningJobConfig"]
    if single := document.get("TrainingJobDefinition"):
        return [_definition("", config["HyperParameterTuningJobObjective"], config.get("ParameterRanges", {}), single)]
    return [
        _definition(one["DefinitionName"], one["TuningObjective"], one.get("HyperParameterRanges", {}), one)
        for one in document["TrainingJobDefinitions"]
    ]


def _definition(name: str, objective: dict, ranges: dict, body: dict) -> Definition:
    return Definition(name, objective["MetricName"], objective["Type"] == "Maximize", ranges, body)


def place(found: list[Definition], slot: int, *, grid: bool) -> tuple[Definition, int]:
    """Which definition the ``slot``-th proposal is of, and which of its own proposals it is. They take turns; a grid is the
    grids one after the other."""
    if not grid:
        return found[slot % len(found)], slot // len(found)
    for one in found:
        if slot < one.grid:
            return one, slot
        slot -= one.grid
    raise IndexError("the grid has no such cell")


def most_jobs(document: dict) -> int:
    """How many proposals there can be."""
    config = document["HyperParameterTuningJobConfig"]
    if config["Strategy"] == "Grid":
        return sum(one.grid for one in definitions(document))
    return config["ResourceLimits"].get("MaxNumberOfTrainingJobs", MOST_JOBS)


MOST_JOBS = 750  # AWS's quota


def resource(config: dict, found: list[Definition]) -> tuple[int, int] | None:
    """Hyperband's (MinResource, MaxResource) in epochs; the greatest from the static hyperparameters where it isn't given, None
    if it is nowhere."""
    given = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
    most = given.get("MaxResource")
    if most is None:
        told = [_integer(one.static[name]) for one in found for name in RESOURCES if name in one.static]
        most = max((number for number in told if number), default=None)
    return None if most is None else (given.get("MinResource", 1), most)


def _integer(text: str) -> int | None:
    """Of ``10``, and of ``"10"`` as the SDK writes a script's."""
    text = text.strip('"')
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
