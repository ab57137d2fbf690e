"""What a user of the SageMaker SDK v2 does, unchanged: a transformer of a model, joined with its input, waited for, its log read.

Run by its own interpreter with AWS_* and SAGEMAKER_ROLE, BUCKET, ARTIFACT in the environment; writes JSON to the file TOLD.
"""

import json
import os

import boto3
import sagemaker
from sagemaker import image_uris
from sagemaker.model import Model
from sagemaker.transformer import Transformer

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = sagemaker.Session(boto3.Session(region_name=region), default_bucket=bucket)
model = Model(
    image_uris.retrieve("xgboost", region, "1.7-1"), os.environ["ARTIFACT"], role, name="v2-transformed",
    sagemaker_session=session,
)  # fmt: skip
transformer = model.transformer(
    1, "ml.m5.large", strategy="MultiRecord", assemble_with="Line", accept="text/csv",
    output_path=f"s3://{bucket}/v2-transformed",
)  # fmt: skip
data = session.upload_string_as_file_body("a,0.9,0,0,0\nb,0.1,0,0,0\n", bucket, "v2-in/rows.csv")
transformer.transform(
    data, content_type="text/csv", split_type="Line", input_filter="$[1:]", join_source="Input",
    output_filter="$[0,-1]", wait=True, logs=True,
)  # fmt: skip
attached = Transformer.attach(transformer.latest_transform_job.name, sagemaker_session=session)
rows = session.read_s3_file(bucket, "v2-transformed/rows.csv.out").splitlines()
with open(os.environ["TOLD"], "w") as file:
    json.dump({"rows": rows, "output": attached.output_path, "job": transformer.latest_transform_job.name}, file)
