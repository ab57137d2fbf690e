"""The public hub that AWS shares with every account, as far as it holds the ids of ``models``. Standard library only.

SDK v3 asks the hub where SDK v2 reads the bucket: both say the same, see ``specs``. The form of the documents is that of
``sagemaker.core.jumpstart.models.HubContentDocument`` of the SageMaker Python SDK.
"""

import json
from pathlib import Path

from areas.algorithms.examples import of
from areas.algorithms.jumpstart import bucket, specs
from areas.algorithms.jumpstart.models import ABOUT, MODELS, VERSIONS, Model, declared
from areas.images import find

NAME = "SageMakerPublicHub"
SCHEMA = "2.3.0"  # of the documents: the newest one of AWS's that has the members written here
CREATED = Path(__file__).stat().st_mtime  # epoch seconds: what is in the hub came with this code


def hub(region: str) -> dict:
    """DescribeHub's answer."""
    return {
        "HubName": NAME, "HubArn": arn(region), "HubDisplayName": "SageMaker Public Hub",
        "HubDescription": "The algorithms for tables that have an id of JumpStart's.",
        "HubSearchKeywords": [], "HubStatus": "InService", "CreationTime": CREATED, "LastModifiedTime": CREATED,
    }  # fmt: skip


def arn(region: str) -> str:
    return f"arn:aws:sagemaker:{region}:aws:hub/{NAME}"


def find_model(name: str) -> Model | None:
    return next((model for model in MODELS if model.id == name), None)


def summary(model: Model, version: str, region: str) -> dict:
    """One of ListHubContents and ListHubContentVersions."""
    where = f"arn:aws:sagemaker:{region}:aws:hub-content/{NAME}/Model/{model.id}/{version}"
    return {
        "HubContentName": model.id, "HubContentArn": where, "HubContentVersion": version, "HubContentType": "Model",
        "DocumentSchemaVersion": SCHEMA, "HubContentDisplayName": model.title,
        "HubContentDescription": ABOUT[model.algorithm], "SupportStatus": "Supported",
        "HubContentSearchKeywords": ["algorithm", "@data-type:tabular", f"@task:{model.problem}"],
        "HubContentStatus": "Available", "CreationTime": CREATED,
    }  # fmt: skip


def content(model: Model, version: str, region: str) -> dict:
    """DescribeHubContent's answer."""
    return summary(model, version, region) | {
        "HubName": NAME, "HubArn": arn(region), "HubContentMarkdown": f"# {model.title}\n\n{ABOUT[model.algorithm]}\n",
        "HubContentDocument": json.dumps(document(model, version, region)), "LastModifiedTime": CREATED,
    }  # fmt: skip


def document(model: Model, version: str, region: str) -> dict:
    """The HubContentDocument of one version for one region's images."""
    home = f"s3://{bucket.PREFIX}{region}/"
    told, example = specs.specs(model, version, region), of(declared(model))
    predictor = told["predictor_specs"]
    return {
        "ModelTypes": ["OPEN_WEIGHTS"],
        "Capabilities": ["TRAINING"],
        "Url": told["url"],
        "MinSdkVersion": told["min_sdk_version"],
        "Task": model.problem, "DataType": "tabular", "Framework": model.algorithm,
        "TrainingSupported": True, "IncrementalTrainingSupported": False, "GatedBucket": False,
        "ResourceNameBase": told["resource_name_base"],
        "HostingEcrUri": _image(model.inference, region),
        "HostingArtifactUri": home + model.artifact, "HostingArtifactS3DataType": "S3Object",
        "HostingArtifactCompressionType": "Gzip",
        "HostingScriptUri": home + model.key("inference", version), "HostingUseScriptUri": True,
        "HostingInstanceTypeVariants": _variants(model.inference, region),
        "InferenceEnvironmentVariables": [
            {"Name": one["name"], "Type": one["type"], "Default": one["default"], "Scope": one["scope"],
             "RequiredForModelClass": one["required_for_model_class"]}
            for one in told["inference_environment_variables"]
        ],
        "InferenceDependencies": [], "InferenceEnableNetworkIsolation": False,
        "DefaultInferenceInstanceType": told["default_inference_instance_type"],
        "SupportedInferenceInstanceTypes": told["supported_inference_instance_types"],
        "SageMakerSdkPredictorSpecifications": {
            "DefaultContentType": predictor["default_content_type"],
            "SupportedContentTypes": predictor["supported_content_types"],
            "DefaultAcceptType": predictor["default_accept_type"],
            "SupportedAcceptTypes": predictor["supported_accept_types"],
        },
        "DefaultPayloads": {"Row": {"ContentType": example.content_type, "Body": example.body}},
        "TrainingEcrUri": _image(model.training, region),
        "TrainingArtifactUri": home + model.artifact, "TrainingArtifactS3DataType": "S3Prefix",
        "TrainingArtifactCompressionType": "None",
        "TrainingScriptUri": home + model.key("training", version),
        "TrainingInstanceTypeVariants": _variants(model.training, region),
        "TrainingMetrics": told["metrics"], "TrainingDependencies": [], "TrainingEnableNetworkIsolation": False,
        "DefaultTrainingInstanceType": told["default_training_instance_type"],
        "SupportedTrainingInstanceTypes": told["supported_training_instance_types"],
        "Hyperparameters": [_hyperparameter(one) for one in told["hyperparameters"]],
    }  # fmt: skip


def _hyperparameter(item: dict) -> dict:
    """As the document has it, which knows no bounds that a value must not reach."""
    return {name.capitalize(): value for name, value in item.items() if not name.startswith("exclusive")}


def _image(repository: str, region: str) -> str:
    return find(f"x/{repository}:1").uri(region)


def _variants(repository: str, region: str) -> dict:
    image = {"Properties": {"ImageUri": _image(repository, region)}}
    return {"Variants": dict.fromkeys(specs.FAMILIES, image)}


def versions(model: Model, region: str) -> list[dict]:
    return [summary(model, version, region) for version in VERSIONS]
