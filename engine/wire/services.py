"""The services behind the one port: which one a request is for, and botocore's model of it, loaded when first needed."""

from functools import cache, cached_property

import botocore.loaders
from botocore.model import OperationModel, ServiceModel

# X-Amz-Target's prefix → botocore's name of the service.
TARGETS = {
    "SageMaker": "sagemaker",
    "Logs_20140328": "logs",
    "GraniteServiceVersion20100801": "cloudwatch",
    "AnyScaleFrontendService": "application-autoscaling",
    "AWSEvents": "events",
    "AmazonSQS": "sqs",
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
}
SIGNING = {"cloudwatch": "monitoring"}  # where the credential scope has another name than botocore
# Services that speak the Query protocol, by the name they sign with.
QUERY = {"sts": "sts", "iam": "iam", "sns": "sns", "monitoring": "cloudwatch"}

# All of SageMaker's runtimes sign as "sagemaker": only the path tells them apart.
PATHS = (
    ("/endpoints/", "sagemaker-runtime"),
    ("/BatchPutMetrics", "sagemaker-metrics"),
    ("/BatchGetMetrics", "sagemaker-metrics"),
    ("/FeatureGroup/", "sagemaker-featurestore-runtime"),
    ("/BatchGetRecord", "sagemaker-featurestore-runtime"),
    ("/SendHeartbeat", "sagemaker-edge"),
    ("/GetDeviceRegistration", "sagemaker-edge"),
    ("/GetDeployments", "sagemaker-edge"),
    ("/human-loops", "sagemaker-a2i-runtime"),
)

# What a service calls a request that breaks its model.
INVALID = {
    "logs": "InvalidParameterException",
    "cloudwatch": "InvalidParameterValue",
    "sts": "ValidationError",
    "iam": "ValidationError",
    "sns": "InvalidParameter",
    "sagemaker-runtime": "ValidationError",
    "sagemaker-featurestore-runtime": "ValidationError",
}


class Service:
    """One service's model."""

    def __init__(self, name: str):
        self.name = name
        self.model = ServiceModel(botocore.loaders.Loader().load_service_model(name, "service-2"), name)
        self.operations = frozenset(self.model.operation_names)
        self.invalid_code = INVALID.get(name, "ValidationException")

    @cached_property
    def json_version(self) -> str:
        return self.model.metadata.get("jsonVersion", "1.1")

    @cached_property
    def query_compatible(self) -> bool:
        return "awsQueryCompatible" in self.model.metadata

    def operation(self, name: str) -> OperationModel | None:
        return self.model.operation_model(name) if name in self.operations else None


@cache
def service(name: str) -> Service:
    return Service(name)


def warm() -> None:
    """Load what every client asks for."""
    for name in ("sagemaker", "logs"):
        service(name)


def by_path(path: str) -> str:
    """The SageMaker runtime that a path belongs to; "" if none."""
    return next((name for prefix, name in PATHS if path.startswith(prefix)), "")
