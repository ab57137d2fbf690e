"""The verbs that SageMaker repeats over its nouns, answered from botocore's model and the declared Resource.

Create, Describe, List and Delete of every declared Resource, Search and its suggestions, and the three operations on
tags. Stop, Start and Update have no generic form: one that changes nothing would lie.
"""

from functools import cache, partial

from areas import index
from engine.operations import Handler
from engine.verbs import tags
from engine.verbs.create import create
from engine.verbs.delete import delete
from engine.verbs.describe import answer_describe, describe
from engine.verbs.listing import answer_list
from engine.verbs.search import search
from engine.verbs.suggestions import suggest

__all__ = ["create", "delete", "describe", "handler_for"]


def handler_for(operation: str) -> Handler | None:
    """The generic verb that answers an operation of SageMaker's; None if there is none."""
    return _verbs().get(operation)


@cache
def _verbs() -> dict[str, Handler]:
    found: dict[str, Handler] = {
        "Search": search,
        "GetSearchSuggestions": suggest,
        "AddTags": tags.add_tags,
        "ListTags": tags.list_tags,
        "DeleteTags": tags.delete_tags,
    }
    for resource in index.resources().values():
        found[f"Create{resource.noun}"] = partial(create, resource=resource)
        found[f"Describe{resource.noun}"] = partial(answer_describe, resource=resource)
        found[f"Delete{resource.noun}"] = partial(delete, resource=resource)
        found[f"List{resource.plural}"] = partial(answer_list, resource=resource)
    return found
