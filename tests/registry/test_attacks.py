"""Other code than what was approved, under the approved version's name."""

import pytest
from botocore.exceptions import ClientError

from tests.registry.desk import IMAGE


def scripted(group, code: str) -> dict:
    container = {
        "Image": IMAGE, "ModelDataUrl": group.model,
        "Environment": {"SAGEMAKER_SUBMIT_DIRECTORY": code, "SAGEMAKER_PROGRAM": "serve.py"},
    }  # fmt: skip
    return {
        "Containers": [container],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }


def model(group, name: str, arn: str, **more) -> None:
    group.sagemaker.create_model(
        ModelName=name, PrimaryContainer={"ModelPackageName": arn, **more}, ExecutionRoleArn=group.aws.role
    )


def test_code_swapped_after_the_approval_is_not_deployed(group):
    code = group.put(f"{group.group}/code.tar.gz", b"the code")
    group.policy()
    request = group.version(InferenceSpecification=scripted(group, code))
    assert code in request.artifacts
    group.vote(group.cast.rosa, request)
    model(group, "before", request.arn)
    group.put(f"{group.group}/code.tar.gz", b"other code")
    with pytest.raises(ClientError, match="no longer what was approved"):
        model(group, "after", request.arn)


def test_an_approved_version_gets_no_other_code_from_who_deploys_it(group):
    code = group.put(f"{group.group}/evil.tar.gz", b"other code")
    group.policy()
    request = group.version()
    group.vote(group.cast.rosa, request)
    for name, value in (("SAGEMAKER_SUBMIT_DIRECTORY", code), ("SAGEMAKER_PROGRAM", "evil.py")):
        with pytest.raises(ClientError, match=f"{name} of a model package"):
            model(group, "m", request.arn, Environment={name: value})
    model(group, "m", request.arn, Environment={"SAGEMAKER_MODEL_SERVER_WORKERS": "1"})
