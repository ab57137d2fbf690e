"""What the approval desk's tests act on: people, a group, policies, versions, votes."""

import itertools
import json

from botocore.exceptions import ClientError

from catalog.models import Record
from registry import decisions, measuring, policies
from registry.approvals import ApprovalPolicy, ApprovalRequest, CheckResult

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"

_groups = itertools.count(1)


def client_of(person):
    """A person's SageMaker client, made once: that takes longer than most calls."""
    if not hasattr(person, "sagemaker"):
        person.sagemaker = person.client("sagemaker")
    return person.sagemaker


class Desk:
    """An account's group of versions and those who decide about them: ``desk.version(by=desk.cast.alice)``."""

    def __init__(self, cast):
        self.cast, self.aws, self.connection = cast, cast.aws, cast.aws.connection
        self.sagemaker, self.s3 = self.aws.client("sagemaker"), self.aws.client("s3")
        self.group = f"g{next(_groups)}"
        self.sagemaker.create_model_package_group(ModelPackageGroupName=self.group)
        self.model = self.put(f"{self.group}/model.tar.gz", b"the model")

    def put(self, key: str, data) -> str:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.s3.put_object(Bucket=self.aws.bucket, Key=key, Body=body)
        return f"s3://{self.aws.bucket}/{key}"

    def policy(self, **values) -> ApprovalPolicy:
        given = {"name": f"{self.group}-{self.aws.number}-{next(_groups)}", "groups": self.group, **values}
        return policies.save(actor=self.cast.ada.user, values=given, connection=self.connection)

    def change(self, policy: ApprovalPolicy, **values) -> ApprovalPolicy:
        return policies.save(actor=self.cast.ada.user, values=values, connection=self.connection, policy=policy)

    def version(self, by=None, uri: str = "", **more) -> ApprovalRequest:
        """Register a version as alice (or another) over the wire; its request."""
        container = {"Image": IMAGE, "ModelDataUrl": uri or self.model}
        answer = client_of(by or self.cast.alice).create_model_package(**{
            "ModelPackageGroupName": self.group,
            "InferenceSpecification": {"Containers": [container], "SupportedContentTypes": ["text/csv"],
                                       "SupportedResponseMIMETypes": ["text/csv"]}, **more,
        })  # fmt: skip
        return ApprovalRequest.objects.get(connection=self.connection, arn=answer["ModelPackageArn"])

    def vote(self, who, request: ApprovalRequest, choice: str = "approve", comment: str = "because", **more):
        return decisions.vote(actor=who.user, request=request, choice=choice, comment=comment, **more)

    def update(self, who, request: ApprovalRequest, **changes) -> str:
        """UpdateModelPackage over the wire as a person (None: the account's root); the refusal's words, or ""."""
        client = client_of(who) if who else self.sagemaker
        try:
            client.update_model_package(ModelPackageArn=request.arn, **changes)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDeniedException", error
            return error.response["Error"]["Message"]
        return ""

    def status(self, request: ApprovalRequest) -> str:
        return Record.objects.get(connection=self.connection, arn=request.arn).document["ModelApprovalStatus"]

    def measure(self, request: ApprovalRequest) -> dict[str, CheckResult]:
        """Run the checks that are due; the results by kind."""
        for result in measuring.due().filter(request=request):
            measuring.measure(result.id)
        return {result.settings["kind"]: result for result in request.results.all()}


def fresh(request: ApprovalRequest) -> ApprovalRequest:
    return ApprovalRequest.objects.select_related("connection", "policy").get(id=request.id)
