"""What models, model packages and endpoints leave in the lineage. The engine's other parts are played by the store."""

import time

import pytest

from engine import store

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


@pytest.fixture
def sagemaker(aws):
    return aws.client("sagemaker")


@pytest.fixture
def model(put):
    def model(name: str, uri: str, **container):
        return put("Model", name, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": uri, **container})

    return model


@pytest.fixture
def endpoint(put):
    def endpoint(name: str, *models: str):
        config(put, f"{name}-1", *models)
        return put("Endpoint", name, status="Creating", EndpointConfigName=f"{name}-1")

    return endpoint


def config(put, name: str, *models: str) -> None:
    put("EndpointConfig", name, ProductionVariants=[{"VariantName": one, "ModelName": one} for one in models])


def arrows(sagemaker, **asked) -> set[tuple[str, str]]:
    """(type of the association, what the other end stands for or is called)"""
    found = set()
    for one in sagemaker.list_associations(**asked)["AssociationSummaries"]:
        other = one["SourceArn"] if "DestinationArn" in asked else one["DestinationArn"]
        if ":artifact/" in other:
            found.add((one["AssociationType"], sagemaker.describe_artifact(ArtifactArn=other)["Source"]["SourceUri"]))
        else:
            found.add((one["AssociationType"], other.rpartition("/")[2]))
    return found


def artifact(sagemaker, uri: str) -> str:
    (found,) = sagemaker.list_artifacts(SourceUri=uri)["ArtifactSummaries"]
    return found["ArtifactArn"]


def actions(sagemaker, type: str) -> list[dict]:
    return sagemaker.list_actions(ActionType=type, SortOrder="Ascending")["ActionSummaries"]


def test_a_model_comes_of_its_image_and_data(sagemaker, model):
    record = model("churn", "s3://b/model.tar.gz")
    assert arrows(sagemaker, DestinationArn=artifact(sagemaker, record.arn)) == {
        ("ContributedTo", IMAGE), ("ContributedTo", "s3://b/model.tar.gz"),
    }  # fmt: skip


def test_an_endpoint_has_a_context_and_its_deployment(aws, sagemaker, model, endpoint, change):
    made = model("churn", "s3://b/model.tar.gz")
    record = endpoint("live", "churn")
    (context,) = sagemaker.list_contexts(SourceUri=record.arn)["ContextSummaries"]
    assert (context["ContextName"], context["ContextType"]) == ("live-aws-endpoint", "Endpoint")
    (deployment,) = actions(sagemaker, "ModelDeployment")
    assert deployment["Status"] == "InProgress"
    assert arrows(sagemaker, DestinationArn=deployment["ActionArn"]) == {
        ("ContributedTo", IMAGE), ("ContributedTo", "s3://b/model.tar.gz"), ("ContributedTo", made.arn),
    }  # fmt: skip
    assert arrows(sagemaker, DestinationArn=context["ContextArn"]) == {("AssociatedWith", deployment["ActionName"])}
    change(record, "Endpoint", EndpointStatus="InService")
    assert [one["Status"] for one in actions(sagemaker, "ModelDeployment")] == ["Completed"]


def test_every_update_is_a_deployment_and_one_that_went_back_failed(sagemaker, put, model, endpoint, change):
    model("old", "s3://b/old.tar.gz")
    model("new", "s3://b/new.tar.gz")
    record = endpoint("moving", "old")
    change(record, "Endpoint", EndpointStatus="InService")
    config(put, "moving-2", "new")
    for outcome in ("moving-2", "moving-2"), ("moving-3", "moving-2"):
        wanted, kept = outcome
        if wanted == "moving-3":
            config(put, wanted, "old")
        pending = {"EndpointConfigName": wanted, "StartTime": time.time()}
        change(record, "Endpoint", EndpointStatus="Updating", PendingDeploymentSummary=pending)
        change(record, "Endpoint", EndpointStatus="Updating", LastModifiedTime=1)  # progress on the way
        change(record, "Endpoint", EndpointStatus="InService", PendingDeploymentSummary=None, EndpointConfigName=kept)
    found = actions(sagemaker, "ModelDeployment")
    assert [one["Status"] for one in found] == ["Completed", "Completed", "Failed"]
    described = [sagemaker.describe_action(ActionName=one["ActionName"])["Properties"] for one in found]
    assert [one["EndpointConfigName"] for one in described] == ["moving-1", "moving-2", "moving-3"]
    assert ("ContributedTo", "s3://b/new.tar.gz") in arrows(sagemaker, DestinationArn=found[1]["ActionArn"])
    (context,) = sagemaker.list_contexts(SourceUri=record.arn)["ContextSummaries"]
    assert len(arrows(sagemaker, DestinationArn=context["ContextArn"])) == 3


def test_new_weights_are_no_deployment(sagemaker, model, endpoint, change):
    model("churn", "s3://b/model.tar.gz")
    record = endpoint("steady", "churn")
    for status in ("InService", "Updating", "InService"):
        change(record, "Endpoint", EndpointStatus=status)
    assert len(actions(sagemaker, "ModelDeployment")) == 1


def test_an_endpoint_that_is_deleted_stays_with_its_end(aws, sagemaker, model, endpoint):
    from areas.lineage.models import Node

    model("churn", "s3://b/model.tar.gz")
    record = endpoint("brief", "churn")
    store.remove(record)
    context = sagemaker.describe_context(ContextName="brief-aws-endpoint")
    assert context["Properties"]["DeletedTime"] > "2026"
    ended = Node.objects.filter(connection=aws.connection, source=record.arn).values_list("ended", flat=True)
    assert len(ended) == 2 and None not in ended  # the context and the deployment
    assert len(arrows(sagemaker, DestinationArn=context["ContextArn"])) == 1


def test_a_package_is_in_its_groups_context_with_an_action_for_each_decision(sagemaker, put, change):
    group = put("ModelPackageGroup", "detector", status="Completed")
    package = put(
        "ModelPackage", "detector/1", status="Completed", ModelPackageGroupName="detector", ModelPackageVersion=1,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={"Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://b/m.tar.gz"}]},
    )  # fmt: skip
    (context,) = sagemaker.list_contexts(SourceUri=group.arn)["ContextSummaries"]
    assert context["ContextType"] == "ModelGroup"
    assert arrows(sagemaker, DestinationArn=artifact(sagemaker, package.arn)) == {
        ("ContributedTo", IMAGE), ("ContributedTo", "s3://b/m.tar.gz"),
    }  # fmt: skip
    change(package, "ModelPackage", ModelApprovalStatus="Approved", ApprovalDescription="good enough")
    change(package, "ModelPackage", CustomerMetadataProperties={"a": "b"})
    pending, approved = (
        sagemaker.describe_action(ActionName=one["ActionName"]) for one in actions(sagemaker, "Approval")
    )
    assert pending["ActionName"].startswith("detector-1-PendingManualApproval-")
    assert approved["ActionName"].startswith("detector-1-Approved-")
    assert approved["ActionName"].endswith("-aws-model-group")
    assert approved["Description"] == "good enough" and approved["Properties"]["ModelApprovalStatus"] == "Approved"
    assert arrows(sagemaker, DestinationArn=context["ContextArn"]) == {
        ("AssociatedWith", package.arn), ("AssociatedWith", pending["ActionName"]),
        ("AssociatedWith", approved["ActionName"]),
    }  # fmt: skip


def test_what_was_deployed_by_package_leads_back_to_it(sagemaker, put, endpoint):
    package = put("ModelPackage", "loose", status="Completed",
                  InferenceSpecification={"Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://b/p.tar.gz"}]})  # fmt: skip
    put("Model", "from-package", PrimaryContainer={"ModelPackageName": package.arn})
    record = endpoint("packaged", "from-package")
    (context,) = sagemaker.list_contexts(SourceUri=record.arn)["ContextSummaries"]
    found = sagemaker.query_lineage(StartArns=[context["ContextArn"]], Direction="Ascendants")["Vertices"]
    arns = {one["Arn"] for one in found}
    assert {artifact(sagemaker, package.arn), artifact(sagemaker, "s3://b/p.tar.gz")} <= arns


def test_processing_and_transform_jobs(aws, sagemaker, model):
    """Their areas aren't built: their listeners are told of records by hand."""
    from areas.lineage.recording.processing_job import record_processing_job
    from areas.lineage.recording.transform_job import record_transform_job
    from catalog.models import Record
    from engine.changes import Change

    tell = {"ProcessingJob": record_processing_job, "TransformJob": record_transform_job}
    model("churn", "s3://b/model.tar.gz")
    documents = {
        "ProcessingJob": ({
            "AppSpecification": {"ImageUri": IMAGE},
            "ProcessingInputs": [{"InputName": "in", "S3Input": {"S3Uri": "s3://b/raw/"}}],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": {"S3Uri": "s3://b/clean/"}}]},
        }, {("ContributedTo", IMAGE), ("ContributedTo", "s3://b/raw/")}, "s3://b/clean/"),
        "TransformJob": ({
            "ModelName": "churn", "TransformOutput": {"S3OutputPath": "s3://b/predicted/"},
            "TransformInput": {"DataSource": {"S3DataSource": {"S3Uri": "s3://b/clean/"}}},
        }, {("ContributedTo", "s3://b/clean/"), ("ContributedTo", IMAGE), ("ContributedTo", "s3://b/model.tar.gz"),
            ("ContributedTo", f"arn:aws:sagemaker:us-east-1:{aws.number}:model/churn")}, "s3://b/predicted/"),
    }  # fmt: skip
    for kind, (document, inputs, output) in documents.items():
        word = {"ProcessingJob": "processing-job", "TransformJob": "transform-job"}[kind]
        now = store.when(time.time())
        record = Record(
            connection_id=aws.connection.id, kind=kind, name="clean", created=now, modified=now, owner="alice",
            document={f"{kind}Status": "InProgress", **document},
            arn=f"arn:aws:sagemaker:us-east-1:{aws.number}:{word}/clean",
        )  # fmt: skip
        tell[kind](Change(record, None))
        before = record.document
        record.document = {**before, f"{kind}Status": "Completed"}
        tell[kind](Change(record, before))
        found = sagemaker.describe_trial_component(TrialComponentName=f"clean-aws-{word}")
        assert found["Source"] == {"SourceArn": record.arn, "SourceType": f"SageMaker{kind}"}
        assert found["Status"]["PrimaryStatus"] == "Completed"
        assert found["CreatedBy"]["UserProfileName"] == "alice"
        assert arrows(sagemaker, DestinationArn=found["TrialComponentArn"]) == inputs
        assert arrows(sagemaker, SourceArn=found["TrialComponentArn"]) == {("Produced", output)}
