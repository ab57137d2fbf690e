"""What stands beside a transform job: lineage, its place in an experiment, and who may make one."""

import pytest
from botocore.exceptions import ClientError

from tests.areas.transform.conftest import Transforming
from tests.areas.transform.test_jobs import SUMS


def test_lineage_and_the_experiment_know_it(transform):
    sagemaker = transform.sagemaker
    sagemaker.create_experiment(ExperimentName="transforms")
    uri = transform.put("beside.csv", "1,2\n")
    done, _ = transform.run(
        transform.script(SUMS),
        uri,
        ExperimentConfig={"ExperimentName": "transforms", "TrialComponentDisplayName": "shown"},
    )
    name = done["TransformJobName"]
    entry = sagemaker.describe_trial_component(TrialComponentName=f"{name}-aws-transform-job")
    assert (entry["DisplayName"], entry["Status"]["PrimaryStatus"]) == ("shown", "Completed")
    assert entry["Source"]["SourceArn"] == done["TransformJobArn"]
    assert entry["InputArtifacts"]["SageMaker.Input"]["Value"] == uri
    assert entry["OutputArtifacts"]["SageMaker.Output"]["Value"] == done["TransformOutput"]["S3OutputPath"]
    trials = sagemaker.list_trials(ExperimentName="transforms")["TrialSummaries"]
    assert [one["TrialName"] for one in trials] == [f"{name}-aws-trial"]
    made = sagemaker.list_associations(SourceArn=entry["TrialComponentArn"], AssociationType="Produced")
    assert [one["DestinationType"] for one in made["AssociationSummaries"]] == ["DataSet"]


def test_who_makes_one_must_see_what_it_reads_and_may_write_where_it_writes(aws, cast, no_runner):
    stage = Transforming(aws)
    model, uri = stage.xgboost(), stage.put("in/data.csv", "1,2,3,4\n")
    for person, may in ((cast.vera, False), (cast.charlie, False), (cast.alice, True)):
        request = stage.request(model, uri)
        client = person.client("sagemaker")
        if may:
            client.create_transform_job(**request)
            client.stop_transform_job(TransformJobName=request["TransformJobName"])
            continue
        with pytest.raises(ClientError) as refused:
            client.create_transform_job(**request)
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_what_a_role_does_not_show_can_not_be_read_through_a_job(aws, cast, no_runner):
    from catalog.models import Grant, Role

    stage = Transforming(aws)
    model, uri = stage.xgboost(), stage.put("secret/data.csv", "1,2,3,4\n")
    role = Role.objects.create(name=f"transforms-{aws.number}", rules=[
        {"verbs": ["view", "create"], "nouns": ["TransformJob", "Model"], "names": ["*"]},
        {"verbs": ["create"], "nouns": ["S3Object"], "names": [f"{aws.bucket}/*"]},
    ])  # fmt: skip
    Grant.objects.create(role=role, connection_id=aws.connection.id, user=cast.charlie.user)
    with pytest.raises(ClientError) as refused:
        cast.charlie.client("sagemaker").create_transform_job(**stage.request(model, uri))
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "view_s3_object" in refused.value.response["Error"]["Message"]
