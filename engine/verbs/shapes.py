"""What the model says of a noun's four operations, read once."""

from dataclasses import dataclass
from functools import cache

from botocore.model import OperationModel, Shape

from areas import index
from areas.spec import Resource
from engine.wire import services

_CONTROLS = frozenset({"NextToken", "MaxResults", "SortBy", "SortOrder"})


def operation(name: str) -> OperationModel:
    """SageMaker's operation; LookupError if it has none of that name."""
    found = services.service("sagemaker").operation(name)
    if found is None:
        raise LookupError(f"SageMaker has no operation {name}")
    return found


@cache
def members_of(name: str, part: str = "output_shape") -> dict[str, Shape]:
    """The members of an operation's output (or input) shape; {} if it has none."""
    shape = getattr(operation(name), part)
    return dict(shape.members) if shape else {}


@cache
def key_member(name: str) -> str:
    """The input member that names the one thing an operation is about."""
    return operation(name).input_shape.required_members[0]


@dataclass(frozen=True)
class ListShape:
    operation: str
    results: str  # the output member that holds the summaries
    summary: tuple[str, ...]  # the members of a summary
    filters: frozenset[str]
    sorts: tuple[str, ...]  # the enum of SortBy


@cache
def list_shape(noun: str) -> ListShape:
    name = f"List{index.resources()[noun].plural}"
    results, shape = next((member, shape) for member, shape in members_of(name).items() if shape.type_name == "list")
    given = members_of(name, "input_shape")
    sorts = tuple(given["SortBy"].enum) if "SortBy" in given else ()
    return ListShape(name, results, tuple(shape.member.members), frozenset(given) - _CONTROLS, sorts)


def path_of(resource: Resource, name: str) -> tuple[str, ...]:
    """Where a member of a summary, or what a filter is named after, lies in the document."""
    return tuple(resource.paths.get(name, name).split("."))
