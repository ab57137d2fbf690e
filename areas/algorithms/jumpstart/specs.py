"""The specs of a JumpStart id as the bucket holds them: what ``JumpStartModelSpecs`` of the SDKs reads. Standard library only.

Source: ``sagemaker.jumpstart.types`` of the SageMaker Python SDK.
"""

from areas.algorithms.frame.hyperparameters import Choice, Flag, Hyperparameter, Integer, Number
from areas.algorithms.jumpstart.models import Model
from areas.images import find

INSTANCE = "ml.m5.xlarge"
FAMILIES = (
    "local", "m4", "m5", "m5d", "m6i", "m6id", "m7i", "c4", "c5", "c5d", "c5n", "c6i", "c6id", "c7i", "r5", "r5d", "r6i", "r7i",
    "t2", "t3", "g4dn", "g5", "p2", "p3",
)  # fmt: skip
SIZES = ("large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge")
TYPES = [f"ml.{family}.{size}" for family in ("m5", "m6i", "c5", "r5") for size in SIZES]


def specs(model: Model, version: str, region: str) -> dict:
    """The document of one version for one region's images."""
    return {
        "model_id": model.id,
        "url": "https://docs.aws.amazon.com/sagemaker/latest/dg/algorithms-tabular.html",
        "version": version,
        "min_sdk_version": "2.49.0",
        "training_supported": True,
        "incremental_training_supported": False,
        "hosting_artifact_key": model.artifact,
        "hosting_script_key": model.key("inference", version),
        "hosting_use_script_uri": True,
        "training_artifact_key": model.artifact,
        "training_script_key": model.key("training", version),
        "hyperparameters": [hyperparameter(item) for item in model.parameters] + CONTAINER,
        "inference_environment_variables": ENVIRONMENT,
        "inference_vulnerable": False, "inference_dependencies": [], "inference_vulnerabilities": [],
        "training_vulnerable": False, "training_dependencies": [], "training_vulnerabilities": [],
        "deprecated": False,
        "default_inference_instance_type": INSTANCE, "supported_inference_instance_types": TYPES,
        "default_training_instance_type": INSTANCE, "supported_training_instance_types": TYPES,
        "hosting_instance_type_variants": _variants(model.inference, region),
        "training_instance_type_variants": _variants(model.training, region),
        "metrics": [{"Name": name, "Regex": regex} for name, regex in model.metrics],
        "model_kwargs": {}, "deploy_kwargs": {}, "estimator_kwargs": {}, "fit_kwargs": {},
        "predictor_specs": {
            "default_content_type": "text/csv", "supported_content_types": ["text/csv"],
            "default_accept_type": "application/json",
            "supported_accept_types": ["application/json;verbose", "application/json"],
        },
        "inference_enable_network_isolation": False,
        "training_enable_network_isolation": False,
        "resource_name_base": model.algorithm,
    }  # fmt: skip


def hyperparameter(item: Hyperparameter) -> dict:
    """One of the frame's as the SDK validates it; every value is text there."""
    found = {"name": item.name, "default": _text(item.fallback), "scope": "algorithm", "type": _kind(item)}
    if isinstance(item, Choice):
        found["options"] = list(item.choices)
    if isinstance(item, Number):
        bounds = {"min": item.low, "max": item.high, "exclusive_min": item.above, "exclusive_max": item.below}
        found |= {name: bound for name, bound in bounds.items() if bound is not None}
    return found


def _kind(item: Hyperparameter) -> str:
    kinds = {Flag: "bool", Integer: "int", Number: "float"}
    return next((kind for sort, kind in kinds.items() if type(item) is sort), "text")


def _text(value) -> str:
    return "" if value is None else str(value)


def _variants(repository: str, region: str) -> dict:
    image = find(f"x/{repository}:1")
    named = {"regional_properties": {"image_uri": "$alias_ecr_uri"}}
    return {
        "regional_aliases": {region: {"alias_ecr_uri": image.uri(region)}},
        "variants": dict.fromkeys(FAMILIES, named),
    }


CONTAINER = [
    {"name": name, "type": "text", "default": default, "scope": "container"}
    for name, default in (
        ("sagemaker_submit_directory", "/opt/ml/input/data/code/sourcedir.tar.gz"),
        ("sagemaker_program", "transfer_learning.py"),
        ("sagemaker_container_log_level", "20"),
    )
]
ENVIRONMENT = [
    {"name": name, "type": kind, "default": default, "scope": "container", "required_for_model_class": needed}
    for name, kind, default, needed in (
        ("SAGEMAKER_PROGRAM", "text", "inference.py", True),
        ("SAGEMAKER_SUBMIT_DIRECTORY", "text", "/opt/ml/model/code", False),
        ("SAGEMAKER_CONTAINER_LOG_LEVEL", "text", "20", False),
        ("SAGEMAKER_MODEL_SERVER_TIMEOUT", "text", "3600", False),
    )
]
