"""Whether a tuning job can go on from others.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-warm-start.html
"""

from areas.tuning.definitions import OBJECTIVE, Definition, definitions
from areas.tuning.engine.children import context_of
from areas.tuning.models import Trial
from areas.tuning.resource import TUNING_JOB
from areas.tuning.warm import IDENTICAL, names
from catalog.models import Record
from engine import store
from engine.context import Context
from engine.errors import invalid, unsupported
from engine.wire.authorise import authorise

MOST_CHANGES, MOST_TRIALS = 10, 500


def check(context: Context, request: dict, found: list[Definition]) -> None:
    """ValidationException where the parents don't fit; AccessDenied where the caller may not see them."""
    wanted = names(request)
    if not wanted:
        return
    if len(found) > 1 or found[0].name:
        raise unsupported("WarmStartConfig with TrainingJobDefinitions")
    if len(set(wanted)) < len(wanted):
        raise invalid("The same tuning job is given twice in WarmStartConfig.ParentHyperParameterTuningJobs.")
    parents = [_parent(context, name) for name in wanted]
    for parent in parents:
        _check_parent(parent, found[0], request["WarmStartConfig"]["WarmStartType"] == IDENTICAL)
    if (count := Trial.objects.filter(tuning__in=parents).count()) > MOST_TRIALS:
        raise invalid(f"The parents have {count} training jobs; a warm start takes at most {MOST_TRIALS}.")


def _parent(context: Context, name: str) -> Record:
    asked = context_of(context.account, context.region, context.owner, "DescribeHyperParameterTuningJob", context.nouns)
    authorise(asked, {"HyperParameterTuningJobName": name})
    record = store.get(context, TUNING_JOB, name)
    if record.status not in TUNING_JOB.terminal:
        raise invalid(f"The parent {name} has not ended: its status is {record.status}.")
    return record


def _check_parent(parent: Record, one: Definition, is_identical: bool) -> None:
    others = definitions(parent.document)
    if len(others) > 1 or others[0].name:
        raise unsupported("WarmStartConfig with a parent that has TrainingJobDefinitions")
    other = others[0]
    if (one.metric, one.maximize) != (other.metric, other.maximize):
        raise invalid(f"The objective must be that of the parent {parent.name}: {other.metric}.")
    ours, theirs = _counted(one), _counted(other)
    if ours != theirs:
        raise invalid(
            f"The number of static and tuned hyperparameters, {ours}, must be that of the parent {parent.name}, {theirs}."
        )
    kinds = {dimension.name: dimension.kind for dimension in other.dimensions}
    for dimension in one.dimensions:
        if kinds.get(dimension.name, dimension.kind) != dimension.kind:
            raise invalid(
                f"The hyperparameter {dimension.name} is {dimension.kind} here and {kinds[dimension.name]} in the parent "
                f"{parent.name}."
            )
    if (count := _changes(one, other)) > MOST_CHANGES:
        raise invalid(f"{count} hyperparameters changed since the parent {parent.name}; at most {MOST_CHANGES} may.")
    if is_identical:
        for member, told in (("AlgorithmSpecification.TrainingImage", _image), ("InputDataConfig", _inputs)):
            if told(one) != told(other):
                raise invalid(
                    f"{member} must be that of the parent {parent.name} for {IDENTICAL}; TransferLearning allows others."
                )


def _counted(one: Definition) -> int:
    static = [name for name in one.static if name != OBJECTIVE and not name.startswith("sagemaker_")]
    return len(static) + len(one.dimensions)


def _changes(one: Definition, other: Definition) -> int:
    """Static values that are others, and hyperparameters that were tuned and are static, or the other way round."""
    names = {name for name in {*one.static, *other.static} if not name.startswith(("sagemaker_", "_"))}
    return sum(one.static.get(name) != other.static.get(name) for name in names)


def _image(one: Definition) -> str:
    return one.body["AlgorithmSpecification"].get("TrainingImage", "")


def _inputs(one: Definition) -> dict:
    channels = one.body.get("InputDataConfig", ())
    return {channel["ChannelName"]: channel["DataSource"] for channel in channels}
