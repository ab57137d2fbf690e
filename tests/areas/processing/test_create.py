"""What CreateProcessingJob refuses, and what Describe, List, Stop and Delete say."""

import pytest
from botocore.exceptions import ClientError

from tests.areas.processing.conftest import s3_input, s3_output, wait_for


def refused(call, **request) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return f"{caught.value.response['Error']['Code']}: {caught.value.response['Error']['Message']}"


@pytest.fixture
def refusal(processing):
    """The words in which a request with these changes is refused."""
    return lambda **changes: refused(processing.sagemaker.create_processing_job, **processing.request(**changes))


def data(uri: str, path: str = "/opt/ml/processing/x", **more) -> list[dict]:
    return [s3_input("data", uri, path, **more)]


@pytest.mark.parametrize("path", ["/opt/ml/input", "/tmp/x", "/opt/ml/processing", "/opt/ml/processing/../input", "x"])
def test_a_local_path_outside_of_processing(refusal, path):
    words = refusal(inputs=data("s3://b/x", path))
    assert words.startswith("ValidationException: S3Input.LocalPath of the input data must be a folder below")
    words = refusal(outputs=[s3_output("out", "s3://b/x", path)])
    assert words.startswith("ValidationException: S3Output.LocalPath of the output out must be a folder below")


def test_eleven_inputs(refusal):
    inputs = [s3_input(f"i{number}", "s3://b/x", f"/opt/ml/processing/{number}") for number in range(11)]
    words = refusal(inputs=inputs)
    assert words.startswith("ValidationException: 1 validation error detected")
    assert "less than or equal to 10" in words


def test_what_is_not_built_says_so(refusal, processing):
    athena = {"Catalog": "c", "Database": "d", "QueryString": "q", "OutputS3Uri": "s3://b/x", "OutputFormat": "PARQUET"}
    definition = {"AthenaDatasetDefinition": athena, "LocalPath": "/opt/ml/processing/a"}
    assert "has no Athena" in refusal(inputs=[{"InputName": "a", "DatasetDefinition": definition}])
    feature = {"OutputName": "f", "AppManaged": True, "FeatureStoreOutput": {"FeatureGroupName": "g"}}
    assert "FeatureStoreOutput (output f) is not supported" in refusal(outputs=[feature])
    network = {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}}
    assert "NetworkConfig.VpcConfig" in refusal(NetworkConfig=network)
    outputs = [s3_output("out", f"s3://{processing.aws.bucket}/x")]
    assert "KmsKeyId is not supported" in refusal(ProcessingOutputConfig={"Outputs": outputs, "KmsKeyId": "k"})


def test_requests_that_cannot_be_right(refusal, processing):
    bucket = processing.aws.bucket
    assert "Exactly one of S3Input and DatasetDefinition" in refusal(inputs=[{"InputName": "none"}])
    assert "is given twice" in refusal(inputs=2 * data(f"s3://{bucket}/x"))
    assert "can be used in Pipe mode only" in refusal(inputs=data(f"s3://{bucket}/x", S3CompressionType="Gzip"))
    assert 'The bucket "nowhere"' in refusal(outputs=[s3_output("out", "s3://nowhere/x")])
    assert "Invalid image URI ubuntu:24.04. Please provide a valid" in refusal(app={"ImageUri": "ubuntu:24.04"})
    role = "arn:aws:iam::210987654321:role/Other"
    assert refusal(RoleArn=role) == "ValidationException: RoleArn: Cross-account pass role is not allowed."
    many = refusal(cluster={"InstanceCount": 100, "InstanceType": "ml.m5.4xlarge"})
    assert many.startswith("ResourceLimitExceeded: ")
    assert "'ml.m5.4xlarge for processing job usage'" in many
    request = processing.request()
    del request["AppSpecification"]["ContainerEntrypoint"]
    assert "ContainerEntrypoint must be given" in refused(processing.sagemaker.create_processing_job, **request)


def test_unknown_jobs(processing):
    words = "ValidationException: Could not find requested job with name: x"
    for verb in ("describe", "stop", "delete"):
        assert refused(getattr(processing.sagemaker, f"{verb}_processing_job"), ProcessingJobName="x") == words


def test_defaults_duplicates_order_and_deletion(processing):
    bucket = processing.aws.bucket
    request = processing.request(inputs=data(processing.put("d/a.csv")), Tags=[{"Key": "team", "Value": "birds"}])
    del request["StoppingCondition"], request["ProcessingInputs"][0]["S3Input"]["S3InputMode"]
    created = processing.sagemaker.create_processing_job(**request)
    name = request["ProcessingJobName"]
    assert created["ProcessingJobArn"].endswith(f":processing-job/{name}")
    done = processing.wait(name)
    assert done["ProcessingJobStatus"] == "Completed", done
    assert done["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    source = {"S3DataDistributionType": "FullyReplicated", "S3CompressionType": "None", "S3InputMode": "File"}
    assert source.items() <= done["ProcessingInputs"][0]["S3Input"].items()
    assert done["ProcessingInputs"][0]["AppManaged"] is False
    assert "Tags" not in done
    tags = processing.sagemaker.list_tags(ResourceArn=done["ProcessingJobArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "birds"}]
    twice = refused(processing.sagemaker.create_processing_job, **request)
    assert twice.startswith("ResourceInUse: ")
    assert done["ProcessingJobArn"] in twice
    second = processing.run(outputs=[s3_output("out", f"s3://{bucket}/s")])["ProcessingJobName"]
    listed = processing.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]
    assert [one["ProcessingJobName"] for one in listed] == [name, second], "oldest first"
    assert listed[0]["ProcessingEndTime"] == done["ProcessingEndTime"]
    stop = refused(processing.sagemaker.stop_processing_job, ProcessingJobName=name)
    assert stop.endswith("the processing job is in status Completed.")

    def delete():
        processing.sagemaker.delete_processing_job(ProcessingJobName=name)
        return True

    assert wait_for(delete)
    listed = processing.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]
    assert [one["ProcessingJobName"] for one in listed] == [second]


def test_outsiders_are_refused(cast, processing):
    request = processing.request()
    words = refused(cast.charlie.client("sagemaker").create_processing_job, **request)
    assert words.startswith("AccessDeniedException")
    assert refused(cast.vera.client("sagemaker").create_processing_job, **request).startswith("AccessDenied")
    name = processing.start()
    assert refused(cast.charlie.client("sagemaker").describe_processing_job, ProcessingJobName=name).startswith(
        "AccessDenied"
    )
    assert refused(cast.vera.client("sagemaker").stop_processing_job, ProcessingJobName=name).startswith("AccessDenied")
    processing.wait(name)


def test_a_creator_must_be_allowed_what_the_job_reads_and_writes():
    from areas.reached import reached

    request = {
        "ProcessingInputs": data("s3://in/x"), "ProcessingOutputConfig": {"Outputs": [s3_output("out", "s3://out/y")]},
        "ExperimentConfig": {"TrialName": "t"},
    }  # fmt: skip
    found = {(verb, noun, name) for verb, noun, name, *_ in reached("ProcessingJob", request)}
    assert found == {("view", "S3Object", "in/x"), ("create", "S3Object", "out/y/"), ("update", "Trial", "t")}


def test_a_job_has_its_entry_in_the_experiment_and_in_the_lineage(processing):
    client = processing.sagemaker
    client.create_experiment(ExperimentName="preparing")
    uri = processing.put("d/a.csv")
    done = processing.run(inputs=data(uri), ExperimentConfig={"ExperimentName": "preparing"})
    name = done["ProcessingJobName"]
    assert done["ExperimentConfig"] == {"ExperimentName": "preparing"}
    entry = client.describe_trial_component(TrialComponentName=f"{name}-aws-processing-job")
    assert entry["Source"]["SourceArn"] == done["ProcessingJobArn"]
    assert entry["InputArtifacts"]["data"]["Value"] == uri
    assert entry["OutputArtifacts"]["out"]["Value"] == done["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
    assert entry["Status"]["PrimaryStatus"] == "Completed"
    trials = client.list_trials(ExperimentName="preparing")["TrialSummaries"]
    components = client.list_trial_components(TrialName=trials[0]["TrialName"])["TrialComponentSummaries"]
    assert [one["TrialComponentName"] for one in components] == [f"{name}-aws-processing-job"]


def test_sagemakers_own_features_say_for_whom_they_start_a_job(processing, django_db_blocker):
    from engine.context import Context
    from engine.operations import handler_for

    arn = f"arn:aws:sagemaker:us-east-1:{processing.aws.number}:training-job/t"
    request = processing.request()
    context = Context("sagemaker", "CreateProcessingJob", processing.aws.number, "us-east-1", user="alice")
    with django_db_blocker.unblock():
        handler_for("sagemaker", "CreateProcessingJob")(context, request | {"TrainingJobArn": arn})
    assert processing.wait(request["ProcessingJobName"])["TrainingJobArn"] == arn
