"""The same job with the SageMaker Python SDK, version 3."""

from areas.snippets import literal


def sdk_code(draft) -> str:
    """Python that runs the same job with ``sagemaker.core.processing.Processor``."""
    request = draft.request
    application, cluster = request["AppSpecification"], request["ProcessingResources"]["ClusterConfig"]
    inputs = "".join(
        f"    ProcessingInput(input_name={literal(one['InputName'])}, s3_input=ProcessingS3Input(\n"
        f"        s3_uri={literal(one['S3Input']['S3Uri'])}, local_path={literal(one['S3Input']['LocalPath'])},\n"
        f'        s3_data_type="S3Prefix", s3_input_mode="File")),\n'
        for one in request["ProcessingInputs"]
    )
    outputs = "".join(
        f"    ProcessingOutput(output_name={literal(one['OutputName'])}, s3_output=ProcessingS3Output(\n"
        f"        s3_uri={literal(one['S3Output']['S3Uri'])}, local_path={literal(one['S3Output']['LocalPath'])},\n"
        f"        s3_upload_mode={literal(one['S3Output']['S3UploadMode'])})),\n"
        for one in request["ProcessingOutputConfig"]["Outputs"]
    )
    return (
        "from sagemaker.core.processing import Processor\n"
        "from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output\n\n"
        "processor = Processor(\n"
        f"    image_uri={literal(application['ImageUri'])},\n"
        f"    role={literal(request['RoleArn'])},\n"
        f"    entrypoint={literal(application['ContainerEntrypoint'], 1)},\n"
        f"    instance_type={literal(cluster['InstanceType'])}, instance_count={cluster['InstanceCount']},\n"
        f"    max_runtime_in_seconds={request['StoppingCondition']['MaxRuntimeInSeconds']},\n"
        f")\nprocessor.run(\n  inputs=[\n{inputs}  ],\n  outputs=[\n{outputs}  ],\n"
        f"  arguments={literal(application.get('ContainerArguments'))},\n"
        f"  job_name={literal(request['ProcessingJobName'])},\n)\n"
    )
