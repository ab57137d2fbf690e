"""Create, update, scale and delete endpoints: check what is asked, note it down, wake the runner. It does the rest."""

from areas import index
from areas.endpoints.engine import deployment
from areas.endpoints.resource import ENDPOINT, ENDPOINT_CONFIG
from engine import store
from engine.cloudwatch import alarms
from engine.context import Context
from engine.errors import invalid, unsupported
from engine.hosting import orders, packages
from engine.operations import operation

IN_PROGRESS = ("Creating", "Updating", "RollingBack", "SystemUpdating", "Deleting")


@operation("CreateEndpoint")
def create_endpoint(context: Context, request: dict) -> dict:
    """Note down a new endpoint as Creating; it is InService once every model server answered /ping."""
    plan = _plan(context, request["EndpointConfigName"])
    traffic = deployment.check(request.get("DeploymentConfig"), orders.size(plan))
    alarms.require(context.connection.id, traffic["alarms"])
    document = {"EndpointConfigName": request["EndpointConfigName"]}
    if "DeploymentConfig" in request:
        document["LastDeploymentConfig"] = request["DeploymentConfig"]
    record = orders.create(
        context, ENDPOINT, request["EndpointName"], document, plan, traffic, tags=request.get("Tags", ())
    )
    return {"EndpointArn": record.arn}


@operation("UpdateEndpoint")
def update_endpoint(context: Context, request: dict) -> dict:
    """Deploy another configuration: the fleet that is there serves until the new one is healthy."""
    record = store.get(context, ENDPOINT, request["EndpointName"])
    plan = _plan(context, request["EndpointConfigName"])

    def edit(document: dict) -> dict:
        _check_idle(record.arn, document)
        if request.get("RetainAllVariantProperties"):
            _retain(plan, document, request.get("ExcludeRetainedVariantProperties", ()))
        config = request.get("DeploymentConfig")
        if request.get("RetainDeploymentConfig"):
            config = document.get("LastDeploymentConfig")
        traffic = deployment.check(config, orders.size(plan))
        alarms.require(context.connection.id, traffic["alarms"])
        document.pop("LastDeploymentConfig", None)
        if config:
            document["LastDeploymentConfig"] = config
        document.pop("FailureReason", None)
        document["EndpointStatus"] = "Updating"
        document["PendingDeploymentSummary"] = {
            "EndpointConfigName": request["EndpointConfigName"],
            "ProductionVariants": orders.summaries(plan, "Creating", context.now),
            "StartTime": context.now,
        }
        return {"kind": "deploy", "plan": plan, "traffic": traffic, "instances": orders.size(plan)}

    orders.give(record, ENDPOINT, edit, context.now)
    return {"EndpointArn": record.arn}


@operation("UpdateEndpointWeightsAndCapacities")
def update_endpoint_weights_and_capacities(context: Context, request: dict) -> dict:
    """Change weights, and how many servers a variant has, of the fleet that is there."""
    record = store.get(context, ENDPOINT, request["EndpointName"])

    def edit(document: dict) -> dict:
        _check_idle(record.arn, document)
        variants = {variant["VariantName"]: variant for variant in document.get("ProductionVariants", ())}
        for wanted in request["DesiredWeightsAndCapacities"]:
            _check_wanted(wanted, variants, record.name)
            variant = variants[wanted["VariantName"]]
            variant["DesiredWeight"] = wanted.get("DesiredWeight", variant["DesiredWeight"])
            variant["DesiredInstanceCount"] = wanted.get("DesiredInstanceCount", variant["DesiredInstanceCount"])
            variant["VariantStatus"] = [{"Status": "Updating", "StartTime": context.now}]
        document.pop("FailureReason", None)
        document["EndpointStatus"] = "Updating"
        desired = {
            name: {"weight": variant["DesiredWeight"], "count": variant["DesiredInstanceCount"]}
            for name, variant in variants.items()
        }
        return {"kind": "scale", "desired": desired, "instances": sum(one["count"] for one in desired.values())}

    orders.give(record, ENDPOINT, edit, context.now)
    return {"EndpointArn": record.arn}


@operation("DeleteEndpoint")
def delete_endpoint(context: Context, request: dict) -> None:
    """Take the endpoint out of the traffic and end its servers; the record goes with the last of them."""
    record = store.get(context, ENDPOINT, request["EndpointName"])

    def edit(document: dict) -> dict:
        if document["EndpointStatus"] in IN_PROGRESS:
            raise invalid(f'Cannot update in-progress endpoint "{record.arn}".')
        document["EndpointStatus"] = "Deleting"
        return {"kind": "delete", "instances": 0}

    orders.give(record, ENDPOINT, edit, context.now)


def _plan(context: Context, name: str) -> dict:
    """The configuration with its models as they are now: later changes or deletions don't touch the endpoint."""
    config = store.get(context, ENDPOINT_CONFIG, name).document
    models = {}
    for variant in config["ProductionVariants"]:
        model = store.get(context, index.resources()["Model"], variant["ModelName"]).document
        models[variant["ModelName"]] = packages.resolve(
            context, model.get("PrimaryContainer") or model["Containers"][0]
        )
    return orders.plan(config, models)


def _check_idle(arn: str, document: dict) -> None:
    status = document["EndpointStatus"]
    if status in IN_PROGRESS:
        raise invalid(f'Cannot update in-progress endpoint "{arn}".')
    if status not in ("InService", "UpdateRollbackFailed"):
        raise invalid(f'Cannot update endpoint "{arn}" in status {status}: it can only be deleted.')


def _retain(plan: dict, document: dict, excluded: list[dict]) -> None:
    """Keep today's counts and weights over those of the new configuration."""
    dropped = {item["VariantPropertyType"] for item in excluded}
    today = {variant["VariantName"]: variant for variant in document.get("ProductionVariants", ())}
    for variant in plan["variants"]:
        if variant["name"] in today:
            if "DesiredInstanceCount" not in dropped:
                variant["count"] = today[variant["name"]]["DesiredInstanceCount"]
            if "DesiredWeight" not in dropped:
                variant["weight"] = today[variant["name"]]["DesiredWeight"]


def _check_wanted(wanted: dict, variants: dict, endpoint: str) -> None:
    name = wanted["VariantName"]
    if name not in variants:
        raise invalid(f"Variant {name} of endpoint {endpoint} does not exist; it has {', '.join(sorted(variants))}.")
    if wanted.get("ServerlessUpdateConfig"):
        raise unsupported("Serverless inference (ServerlessUpdateConfig)")
    if wanted.get("DesiredInstanceCount") == 0:
        raise invalid(f"DesiredInstanceCount of variant {name} must be at least 1.")
