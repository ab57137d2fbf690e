"""A model made of a package: what may be deployed, what DescribeModel says, and that it really answers."""

import pytest

from tests.areas.endpoints.stage import archive, script_archive, xgboost_archive
from tests.areas.model_registry.stage import Registry, refused
from tests.areas.model_registry.test_policies import convention, share


def make(registry, package: str, name: str = "m", **more) -> None:
    registry.sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=registry.role, PrimaryContainer={"ModelPackageName": package, **more}
    )


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_only_what_is_approved_is_deployed(registry, status):
    registry.group()
    arn = registry.version(ModelApprovalStatus=status)
    refused(f"Model package {arn} is {status}: it has to be Approved", make, registry=registry, package=arn)
    registry.update(arn, ModelApprovalStatus="Approved")
    make(registry, arn)


def test_describe_keeps_the_packages_name_as_given(registry):
    registry.group()
    arn = registry.version(ModelApprovalStatus="Approved")
    make(registry, arn, Environment={"A": "b"})
    container = registry.sagemaker.describe_model(ModelName="m")["PrimaryContainer"]
    assert container == {"ModelPackageName": arn, "Environment": {"A": "b"}}
    registry.package("alone")
    registry.sagemaker.create_model(
        ModelName="n", ExecutionRoleArn=registry.role, Containers=[{"ModelPackageName": "alone"}]
    )
    assert registry.sagemaker.describe_model(ModelName="n")["Containers"] == [{"ModelPackageName": "alone"}]


def test_what_can_not_be_deployed(registry):
    registry.group()
    arn = registry.version(ModelApprovalStatus="Approved")
    bare = registry.sagemaker.create_model_package(ModelPackageGroupName="g", ModelApprovalStatus="Approved")
    refused("has no InferenceSpecification", make, registry=registry, package=bare["ModelPackageArn"])
    refused("does not exist", make, registry=registry, package=registry.arn("model-package/g/9"))
    refused("Image can't be given with ModelPackageName", make, registry=registry, package=arn, Image="x")
    refused("has no inference specification big; it has none", make, registry=registry, package=arn,
            InferenceSpecificationName="big")  # fmt: skip
    refused("not the ARN of a model package", make, registry=registry, package=registry.arn("model/m"))


def test_data_that_was_swapped_after_registration_is_not_deployed(registry):
    registry.group()
    arn = registry.version(ModelApprovalStatus="Approved")
    registry.put("model.tar.gz", archive(**{"xgboost-model": b"another"}))
    refused("is not what the model package was registered with", make, registry=registry, package=arn)
    registry.put("model.tar.gz", xgboost_archive())


def test_across_accounts_the_policy_decides(registry, other):
    registry.group()
    arn = registry.version(ModelApprovalStatus="Approved")
    refused("does not exist", make, registry=other, package=arn)
    share(registry, convention(registry, other))
    make(other, arn)
    registry.sagemaker.delete_model_package_group_policy(ModelPackageGroupName="g")
    refused("does not exist", make, registry=other, package=arn, name="n")


ECHO = """
import os
def model_fn(folder): return None
def input_fn(body, kind): return body
def predict_fn(body, model): return os.environ["WHO"] + os.environ.get("OWN", "")
def output_fn(answer, kind): return answer
"""


@pytest.mark.slow
def test_a_shared_package_answers_on_an_endpoint_of_the_other_account(registry, other, runner, endpoints):
    """The data stays in the account that registered it; environment of the model goes over that of the package."""
    host = endpoints(other)
    registry.group()
    url = registry.put("echo.tar.gz", script_archive(ECHO))
    from tests.areas.endpoints.stage import image

    container = {
        "Image": image("sagemaker-scikit-learn"), "ModelDataUrl": url,
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "WHO": "package"},
    }  # fmt: skip
    arn = registry.version(
        InferenceSpecification={"Containers": [container]}, ModelApprovalStatus="Approved",
        AdditionalInferenceSpecifications=[
            {"Name": "big", "Containers": [{**container, "Environment": {**container["Environment"], "WHO": "big"}}]}
        ],
    )  # fmt: skip
    share(registry, convention(registry, other))
    make(host, arn, Environment={"OWN": "+own"})
    host.config("c")
    found = host.deploy("e", "c")
    assert found["ProductionVariants"][0]["DeployedImages"][0]["SpecifiedImage"] == container["Image"]
    assert host.invoke("e")["Body"] == b"package+own"
    make(host, arn, "big", InferenceSpecificationName="big")
    host.config("d", {"ModelName": "big"})
    host.sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d")
    host.wait("e", "InService")
    assert host.invoke("e")["Body"] == b"big"


@pytest.mark.slow
def test_a_package_that_is_gone_can_not_be_started(registry, runner, endpoints):
    host = endpoints(registry)
    registry.group()
    arn = registry.version(ModelApprovalStatus="Approved")
    make(host, arn)
    host.config("c")
    registry.sagemaker.delete_model_package(ModelPackageName=arn)
    refused(
        f"ModelPackage {arn} does not exist", host.sagemaker.create_endpoint, EndpointName="e", EndpointConfigName="c"
    )
    again = registry.version(ModelApprovalStatus="Approved")
    make(host, again, "n")
    host.config("d", {"ModelName": "n"})
    host.deploy("e", "d")
    assert 0 <= float(host.invoke("e")["Body"]) <= 1
    assert isinstance(host, Registry)
