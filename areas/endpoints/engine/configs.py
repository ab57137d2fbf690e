"""What CreateEndpointConfig checks; the generic verbs answer the rest."""

from areas import index
from areas.endpoints.resource import ENDPOINT_CONFIG
from engine import store
from engine.context import Context
from engine.errors import invalid, unsupported
from engine.operations import operation

LATER = {  # members of the request that are later issues
    "ShadowProductionVariants": "A shadow variant (ShadowProductionVariants)",
    "AsyncInferenceConfig": "Asynchronous inference (AsyncInferenceConfig)",
    "ExplainerConfig": "Online explainability (ExplainerConfig)",
    "KmsKeyId": "Encryption with a key of your own (KmsKeyId)",
    "VpcConfig": "VpcConfig (a network of the endpoint's own)",
    "EnableNetworkIsolation": "EnableNetworkIsolation",
    "MetricsConfig": "MetricsConfig (enhanced metrics)",
}
LATER_OF_A_VARIANT = {
    "ServerlessConfig": "Serverless inference (ServerlessConfig)",
    "AcceleratorType": "Elastic Inference (AcceleratorType)",
    "CoreDumpConfig": "CoreDumpConfig",
    "EnableSSMAccess": "EnableSSMAccess",
    "ManagedInstanceScaling": "ManagedInstanceScaling",
    "InferenceAmiVersion": "InferenceAmiVersion",
    "InstancePools": "InstancePools",
    "CapacityReservationConfig": "CapacityReservationConfig",
}


@operation("CreateEndpointConfig")
def create_endpoint_config(context: Context, request: dict) -> dict:
    """Store a configuration whose models exist. ValidationException says what is wrong or not built."""
    for member, what in LATER.items():
        if request.get(member):
            raise unsupported(what)
    if request.get("DataCaptureConfig", {}).get("EnableCapture"):
        raise unsupported("Data capture (DataCaptureConfig)")
    variants = [_checked(variant) for variant in request["ProductionVariants"]]
    _check_names([variant["VariantName"] for variant in variants])
    for name in sorted({variant["ModelName"] for variant in variants}):
        store.get(context, index.resources()["Model"], name)
    document = {key: value for key, value in request.items() if key not in ("EndpointConfigName", "Tags")}
    document["ProductionVariants"] = variants
    record = store.create(
        context, ENDPOINT_CONFIG, request["EndpointConfigName"], document, tags=request.get("Tags", ())
    )
    return {"EndpointConfigArn": record.arn}


def _checked(variant: dict) -> dict:
    name = variant["VariantName"]
    for member, what in LATER_OF_A_VARIANT.items():
        if variant.get(member):
            raise unsupported(f"{what} of variant {name}")
    if not variant.get("ModelName"):
        raise unsupported(f"A variant without a ModelName (inference components), as {name} is,")
    for member in ("InstanceType", "InitialInstanceCount"):
        if not variant.get(member):
            raise invalid(f"{member} is required for production variant {name}.")
    return {"InitialVariantWeight": 1.0, **variant}


def _check_names(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise invalid(f"Each production variant needs a name of its own; {', '.join(twice)} is there more than once.")
