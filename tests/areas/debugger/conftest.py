"""Training jobs with a debugger, over the wire."""

import json

import numpy as np
import pytest

from areas.images import images
from tests.areas.training.conftest import Training

RULES_IMAGE = "503895931360.dkr.ecr.us-east-1.amazonaws.com/sagemaker-debugger-rules:latest"


def rule(name: str, *, actions: list | None = None, **parameters) -> dict:
    """A rule configuration of a built-in rule."""
    given = {"rule_to_invoke": name, **{key: str(value) for key, value in parameters.items()}}
    if actions is not None:
        given["action_json"] = json.dumps(actions)
    return {"RuleConfigurationName": name, "RuleEvaluatorImage": RULES_IMAGE, "RuleParameters": given}


class Debugged(Training):
    """Jobs of XGBoost and of scripts, with rules."""

    def hook(self, every: int = 1, *collections: str) -> dict:
        """A DebugHookConfig that saves these collections every so many rounds."""
        return {
            "S3OutputPath": f"s3://{self.aws.bucket}/debug", "HookParameters": {"save_interval": str(every)},
            "CollectionConfigurations": [{"CollectionName": name} for name in collections],
        }  # fmt: skip

    def table(self, key: str, features, labels) -> str:
        rows = np.c_[labels, features]
        return self.put(key, "".join(",".join(f"{value:.6g}" for value in row) + "\n" for row in rows))

    def boost(self, train: str, validation: str = "", *, given: dict | None = None, **changes) -> dict:
        """The request of a job of the built-in XGBoost."""
        channels = {"train": train, **({"validation": validation} if validation else {})}
        request = self.request(
            InputDataConfig=[
                {
                    "ChannelName": name, "ContentType": "text/csv",
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
                }
                for name, uri in channels.items()
            ],
            algorithm={"TrainingImage": images()["sagemaker-xgboost"].uri()}, **changes,
        )  # fmt: skip
        request["HyperParameters"] = {"num_round": "20", "objective": "binary:logistic", **(given or {})}
        return request

    def create(self, request: dict) -> str:
        self.sagemaker.create_training_job(**request)
        return request["TrainingJobName"]

    def verdicts(self, name: str, seconds: float = 60, member: str = "DebugRuleEvaluationStatuses") -> dict[str, dict]:
        """The rules' statuses by name once none is under way."""
        from tests.areas.training.conftest import wait_for

        def settled():
            found = self.describe(name).get(member, [])
            done = all(one["RuleEvaluationStatus"] not in ("InProgress", "Stopping") for one in found)
            return found if done else None

        return {one["RuleConfigurationName"]: one for one in wait_for(settled, seconds)}

    def keys(self, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.aws.bucket, Prefix=prefix)
        return [one["Key"] for page in pages for one in page.get("Contents", [])]


@pytest.fixture
def debugged(aws) -> Debugged:
    return Debugged(aws)
