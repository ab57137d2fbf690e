"""What the registry's tests act on: an account with model data, and the steps to a version."""

import pytest
from botocore.exceptions import ClientError

from areas.permissions import of_arn
from tests.areas.endpoints.stage import Host, image, xgboost_archive


class Registry(Host):
    """An account's steps from a model archive to a registered version."""

    def __init__(self, aws):
        super().__init__(aws)
        self.url = self.put("model.tar.gz", xgboost_archive())

    def arn(self, path: str) -> str:
        return f"arn:aws:sagemaker:us-east-1:{self.aws.number}:{path}"

    def group(self, name: str = "g", **more) -> str:
        return self.sagemaker.create_model_package_group(ModelPackageGroupName=name, **more)["ModelPackageGroupArn"]

    def specification(self, url: str = "", **environment: str) -> dict:
        container = {"Image": image(), "ModelDataUrl": url or self.url}
        return {
            "Containers": [container | ({"Environment": environment} if environment else {})],
            "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"],
        }  # fmt: skip

    def version(self, group: str = "g", **more) -> str:
        """Register a version and return its ARN."""
        request = {"ModelPackageGroupName": group, "InferenceSpecification": self.specification(), **more}
        return self.sagemaker.create_model_package(**request)["ModelPackageArn"]

    def package(self, name: str, **more) -> str:
        request = {"ModelPackageName": name, "InferenceSpecification": self.specification(), **more}
        return self.sagemaker.create_model_package(**request)["ModelPackageArn"]

    def read(self, name: str, **more) -> dict:
        """DescribeModelPackage by name, ``group/number`` or ARN."""
        answer = self.sagemaker.describe_model_package(ModelPackageName=name, **more)
        answer.pop("ResponseMetadata")
        return answer

    def update(self, arn: str, **changes) -> None:
        assert self.sagemaker.update_model_package(ModelPackageArn=arn, **changes)["ModelPackageArn"] == arn

    def listed(self, **filters) -> list[str]:
        pages = self.sagemaker.get_paginator("list_model_packages").paginate(**filters)
        return [of_arn(one["ModelPackageArn"])[1] for page in pages for one in page["ModelPackageSummaryList"]]

    def events(self) -> list:
        from catalog.models import Event

        kind = "SageMaker Model Package State Change"
        return list(Event.objects.filter(connection=self.aws.connection, detail_type=kind).order_by("id"))


def refused(match: str, call, code: str = "ValidationException", **request) -> None:
    with pytest.raises(ClientError, match=match) as caught:
        call(**request)
    assert caught.value.response["Error"]["Code"] == code
