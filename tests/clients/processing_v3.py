"""What a user of the SageMaker SDK v3 does, unchanged: ScriptProcessor and FrameworkProcessor, with wait and logs.

Run with AWS_* and SAGEMAKER_ROLE, BUCKET, DATA in the environment; writes JSON to the file TOLD.
"""

import json
import logging
import os
from importlib.metadata import version

import boto3
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.processing import FrameworkProcessor, ScriptProcessor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = Session(boto3.Session(region_name=region), default_bucket=bucket)
logging.basicConfig(level=logging.INFO)  # the SDK v3 logs a job's lines, and shows none unless asked
source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "source_processing")
data = session.upload_data(os.environ["DATA"], bucket, "v3/data")
image = image_uris.retrieve("sklearn", region, version="1.2-1", instance_type="ml.m5.large")
machine = {"role": role, "instance_type": "ml.m5.large", "instance_count": 1, "sagemaker_session": session}
told = {"sdk": version("sagemaker")}
s3 = boto3.client("s3", region_name=region)


def given(uri: str, name: str, path: str):
    place = ProcessingS3Input(s3_uri=uri, local_path=path, s3_data_type="S3Prefix", s3_input_mode="File")
    return ProcessingInput(input_name=name, s3_input=place)


def run(name, processor, inputs=(), **options):
    target = ProcessingS3Output(
        s3_uri=f"s3://{bucket}/v3/{name}", local_path="/opt/ml/processing/output", s3_upload_mode="EndOfJob"
    )
    processor.run(
        inputs=[given(data, "data", "/opt/ml/processing/input/data"), *inputs],
        outputs=[ProcessingOutput(output_name="counts", s3_output=target)],
        arguments=["--times", "3"], wait=True, logs=True, **options,
    )  # fmt: skip
    job = processor.latest_job
    job.refresh()
    counts = s3.get_object(Bucket=bucket, Key=f"v3/{name}/counts.json")["Body"].read()
    told[name] = {"counts": json.loads(counts), "status": job.processing_job_status}


inline = os.path.join(os.environ["HOME"], "inline.py")
with open(inline, "w") as file, open(os.path.join(source, "count.py")) as script:
    file.write("import sys\nsys.path.insert(0, '/opt/ml/processing/helper')\n" + script.read())
helper = session.upload_data(os.path.join(source, "helper.py"), bucket, "v3/helper")
script = ScriptProcessor(image_uri=image, command=["python3"], base_job_name="v3-script", **machine)
run("script", script, [given(helper, "helper", "/opt/ml/processing/helper")], code=inline)
framework = FrameworkProcessor(image_uri=image, base_job_name="v3-framework", **machine)
run("framework", framework, code="count.py", source_dir=source, requirements="requirements.txt")
with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
