"""A lineage with everything in it: data, a job, its model, a package, an endpoint, seven jobs on the same data."""

import time
from dataclasses import dataclass

import pytest

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


@dataclass
class Story:
    aws: object
    arns: dict[str, str]


def tell_story(aws, put, change) -> dict[str, str]:
    """``put`` stores a record as its area would, ``change`` edits it; word → ARN of the thing."""

    def job(name: str, *channels: str, ends: bool = True):
        record = put(
            "TrainingJob", name, status="InProgress", AlgorithmSpecification={"TrainingImage": IMAGE},
            HyperParameters={"num_round": "20"},
            InputDataConfig=[{"ChannelName": f"c{n}", "DataSource": {"S3DataSource": {"S3Uri": uri}}}
                             for n, uri in enumerate(channels)],
            ModelArtifacts={"S3ModelArtifacts": f"s3://b/out/{name}/output/model.tar.gz"},
        )  # fmt: skip
        if ends:
            change(record, "TrainingJob", TrainingJobStatus="Completed")
        return record

    fit = job("churn-fit", "s3://b/data/train/", "s3://b/data/validation/")
    for number in range(7):
        job(f"churn-again-{number}", "s3://b/data/train/", ends=False)
    package = put(
        "ModelPackage", "detector/1", status="Completed", ModelPackageGroupName="detector", ModelPackageVersion=1,
        ModelApprovalStatus="Approved", InferenceSpecification={"Containers": [
            {"Image": IMAGE, "ModelDataUrl": "s3://b/out/churn-fit/output/model.tar.gz"}]},
    )  # fmt: skip
    model = put("Model", "churn-model", PrimaryContainer={
        "Image": IMAGE, "ModelDataUrl": "s3://b/out/churn-fit/output/model.tar.gz"})  # fmt: skip
    put("EndpointConfig", "live-1", ProductionVariants=[{"VariantName": "a", "ModelName": "churn-model"}])
    endpoint = put("Endpoint", "live", status="Creating", EndpointConfigName="live-1")
    change(endpoint, "Endpoint", EndpointStatus="InService")
    return {"fit": fit.arn, "package": package.arn, "model": model.arn, "endpoint": endpoint.arn}


@pytest.fixture
def put(aws):
    """Store a record as its area would, by Alice."""
    from areas.index import modules, resources
    from engine import store
    from engine.context import Context

    modules("engine")  # they listen, from the first request on

    def put(noun: str, name: str, **document):
        context = Context("sagemaker", f"Create{noun}", aws.number, aws.region, user="alice", now=time.time())
        status = document.pop("status", "")
        return store.create(context, resources()[noun], name, document, status=status)

    return put


@pytest.fixture
def change():
    """Set members of a record's document; None takes one away."""
    from areas.index import resources
    from engine import store

    def change(record, noun: str, **members) -> None:
        def edit(document):
            document.update(members)
            for key in [key for key, value in members.items() if value is None]:
                del document[key]

        store.change(record.id, edit, resources()[noun])

    return change


@pytest.fixture
def story(aws, put, change) -> Story:
    return Story(aws, tell_story(aws, put, change))
