"""What CreateModel checks; the generic verbs answer the rest."""

from areas.models.resource import MODEL
from engine import store
from engine.context import Context
from engine.errors import invalid, unsupported
from engine.hosting import containers, packages
from engine.operations import operation


@operation("CreateModel")
def create_model(context: Context, request: dict) -> dict:
    """Store a model whose image and data exist. ValidationException says which don't."""
    one, several = request.get("PrimaryContainer"), request.get("Containers")
    if bool(one) == bool(several):
        raise invalid("Exactly one of PrimaryContainer and Containers must be given.")
    if several and len(several) > 1:
        raise unsupported("An inference pipeline of several containers")
    if request.get("InferenceExecutionConfig"):
        raise unsupported("InferenceExecutionConfig (an inference pipeline)")
    if request.get("VpcConfig"):
        raise unsupported("VpcConfig (a network of the model's own)")
    if request.get("EnableNetworkIsolation"):
        raise unsupported("EnableNetworkIsolation")
    container = one or several[0]
    # What a package stands for is checked, what was asked for is kept: DescribeModel answers the package's name.
    resolved = packages.check(context, container) if container.get("ModelPackageName") else container
    containers.check(context.account, resolved)
    document = {key: value for key, value in request.items() if key not in ("ModelName", "Tags")}
    document.setdefault("EnableNetworkIsolation", False)
    record = store.create(context, MODEL, request["ModelName"], document, tags=request.get("Tags", ()))
    return {"ModelArn": record.arn}
