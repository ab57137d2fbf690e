"""What a user of the SageMaker SDK v3 does, unchanged: a TransformJob of its typed resources, waited for.

Run with AWS_* and BUCKET, MODEL in the environment; writes JSON to the file TOLD.
"""

import json
import os

import boto3
from sagemaker.core.resources import TransformJob
from sagemaker.core.shapes import (
    DataProcessing,
    TransformDataSource,
    TransformInput,
    TransformOutput,
    TransformResources,
    TransformS3DataSource,
)

bucket = os.environ["BUCKET"]
boto3.client("s3").put_object(Bucket=bucket, Key="v3-in/rows.csv", Body=b"a,0.9,0,0,0\nb,0.1,0,0,0\n")
job = TransformJob.create(
    transform_job_name="v3-transformed",
    model_name=os.environ["MODEL"],
    transform_input=TransformInput(
        data_source=TransformDataSource(
            s3_data_source=TransformS3DataSource(s3_data_type="S3Prefix", s3_uri=f"s3://{bucket}/v3-in/")
        ),
        content_type="text/csv",
        split_type="Line",
    ),
    transform_output=TransformOutput(
        s3_output_path=f"s3://{bucket}/v3-transformed", accept="text/csv", assemble_with="Line"
    ),
    data_processing=DataProcessing(input_filter="$[1:]", join_source="Input", output_filter="$[0,-1]"),
    transform_resources=TransformResources(instance_type="ml.m5.large", instance_count=1),
)
job.wait(poll=1)
body = boto3.client("s3").get_object(Bucket=bucket, Key="v3-transformed/rows.csv.out")["Body"].read()
listed = [one.transform_job_name for one in TransformJob.get_all()]
with open(os.environ["TOLD"], "w") as file:
    json.dump({"rows": body.decode().splitlines(), "status": job.transform_job_status, "listed": listed}, file)
