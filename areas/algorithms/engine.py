"""SageMakerPublicHub, which AWS shares with every account: read-only, and the only hub there is here."""

from areas.algorithms.jumpstart import hub
from areas.algorithms.jumpstart.models import MODELS, VERSIONS, Model
from engine.context import Context
from engine.errors import AwsError
from engine.operations import operation
from engine.verbs import tokens

PAGE = 100


@operation("DescribeHub")
def describe_hub(context: Context, request: dict) -> dict:
    _check_hub(context, request)
    return hub.hub(context.region)


@operation("DescribeHubContent")
def describe_hub_content(context: Context, request: dict) -> dict:
    model = _model(context, request)
    version = request.get("HubContentVersion") or VERSIONS[-1]
    if version not in VERSIONS:
        raise _absent(f"{model.id} has no version {version} in {hub.NAME}: there are {', '.join(VERSIONS)}.")
    return hub.content(model, version, context.region)


@operation("ListHubContents")
def list_hub_contents(context: Context, request: dict) -> dict:
    _check_hub(context, request)
    models = MODELS if request["HubContentType"] == "Model" else ()
    newest = [hub.summary(model, VERSIONS[-1], context.region) for model in models]
    return _page(context, request, newest)


@operation("ListHubContentVersions")
def list_hub_content_versions(context: Context, request: dict) -> dict:
    found = hub.versions(_model(context, request), context.region)
    least = _numbers(request.get("MinVersion") or "0.0.0")
    return _page(context, request, [one for one in found if _numbers(one["HubContentVersion"]) >= least])


def _check_hub(context: Context, request: dict) -> None:
    """The public hub by its name, or by the ARN that it has in this region."""
    if request["HubName"] not in (hub.NAME, hub.arn(context.region)):
        raise _absent(f"Hub {request['HubName']} does not exist: the embedded engine has {hub.NAME} only.")


def _model(context: Context, request: dict) -> Model:
    _check_hub(context, request)
    name, kind = request["HubContentName"], request["HubContentType"]
    model = hub.find_model(name) if kind == "Model" else None
    if model is None:
        raise _absent(f"{hub.NAME} has no {kind} {name} here: it holds the JumpStart ids of the algorithms for tables.")
    return model


def _absent(sentence: str) -> AwsError:
    return AwsError("ResourceNotFound", sentence)


def _page(context: Context, request: dict, found: list[dict]) -> dict:
    """The summaries that the request's filters leave, sorted, from where its NextToken says."""
    words = (request.get("NameContains") or "").lower()
    after, before = request.get("CreationTimeAfter"), request.get("CreationTimeBefore")
    newest = request.get("MaxSchemaVersion")
    found = [
        one for one in found
        if words in one["HubContentName"].lower()
        and (after is None or one["CreationTime"] > after)
        and (before is None or one["CreationTime"] < before)
        and (not newest or _numbers(one["DocumentSchemaVersion"]) <= _numbers(newest))
    ]  # fmt: skip
    if by := request.get("SortBy"):
        found.sort(key=lambda one: one[by])
    if request.get("SortOrder") == "Descending":
        found.reverse()
    start = (tokens.read(context, request) or [0])[0]
    end = start + (request.get("MaxResults") or PAGE)
    more = {"NextToken": tokens.make(context, request, [end])} if end < len(found) else {}
    return {"HubContentSummaries": found[start:end], **more}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
