"""When enough has been tried: TuningJobCompletionCriteria over the results, in the order in which they came.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-progress.html
"""

CONVERGED = (20, 12)  # so many results, and so many of them since the best one changed by more than …
TOLERANCE = 0.001  # … this part of what all results span


def better(one: float, other: float, maximize: bool) -> bool:
    return one > other if maximize else one < other


def not_improving(objectives: list[float], maximize: bool) -> int:
    """How many results came after the best one."""
    best = 0
    for place, value in enumerate(objectives):
        if better(value, objectives[best], maximize):
            best = place
    return len(objectives) - 1 - best if objectives else 0


def has_converged(objectives: list[float], maximize: bool) -> bool:
    """Whether the last results changed nothing that matters: our own rule, AWS doesn't tell its."""
    results, quiet = CONVERGED
    if len(objectives) < results:
        return False
    span = max(objectives) - min(objectives)
    pick = max if maximize else min
    return abs(pick(objectives) - pick(objectives[:-quiet])) <= TOLERANCE * span


def reached(criteria: dict, objectives: list[float], maximize: bool) -> bool:
    """Whether one of the criteria is met."""
    target = criteria.get("TargetObjectiveMetricValue")
    if target is not None and any(not better(target, value, maximize) for value in objectives):
        return True
    most = criteria.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving")
    if most is not None and not_improving(objectives, maximize) >= most:
        return True
    wanted = criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence") == "Enabled"
    return wanted and has_converged(objectives, maximize)
