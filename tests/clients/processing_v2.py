"""What a user of the SageMaker SDK v2 does, unchanged: SKLearnProcessor, ScriptProcessor, FrameworkProcessor, with wait and logs.

Run by its own interpreter with AWS_* and SAGEMAKER_ROLE, BUCKET, DATA in the environment; writes JSON to the file TOLD.
"""

import json
import os

import boto3
import sagemaker
from sagemaker.processing import FrameworkProcessor, ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.sklearn import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = sagemaker.Session(boto3.Session(region_name=region), default_bucket=bucket)
source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "source_processing")
data = session.upload_data(os.environ["DATA"], bucket, "v2/data")
machine = {"role": role, "instance_type": "ml.m5.large", "instance_count": 1, "sagemaker_session": session}
told = {"sdk": sagemaker.__version__}


def run(name, processor, **options):
    processor.run(
        inputs=[ProcessingInput(source=data, destination="/opt/ml/processing/input/data")],
        outputs=[ProcessingOutput(output_name="counts", source="/opt/ml/processing/output")],
        arguments=["--times", "2"], wait=True, logs=True, **options,
    )  # fmt: skip
    described = processor.latest_job.describe()
    uri = described["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
    told[name] = {
        "counts": json.loads(sagemaker.s3.S3Downloader.read_file(f"{uri}/counts.json", session)),
        "status": described["ProcessingJobStatus"],
    }


helper = ProcessingInput(
    source=os.path.join(source, "helper.py"), destination="/opt/ml/processing/helper", input_name="helper"
)
inline = os.path.join(os.environ["HOME"], "inline.py")
with open(inline, "w") as file, open(os.path.join(source, "count.py")) as script:
    file.write("import sys\nsys.path.insert(0, '/opt/ml/processing/helper')\n" + script.read())


class WithHelper:
    """The same ``run`` for processors that upload one script: the helper is an input more."""

    def __init__(self, processor):
        self.processor = processor

    def run(self, inputs, **options):
        self.processor.run(inputs=[*inputs, helper], **options)

    @property
    def latest_job(self):
        return self.processor.latest_job


run("sklearn", WithHelper(SKLearnProcessor(framework_version="1.2-1", base_job_name="v2-skl", **machine)), code=inline)
plain = ScriptProcessor(image_uri="python:3.11", command=["python3"], base_job_name="v2-script", **machine)
run("script", WithHelper(plain), code=inline)
framework = FrameworkProcessor(
    estimator_cls=SKLearn, framework_version="1.2-1", base_job_name="v2-framework", **machine
)
run("framework", framework, code="count.py", source_dir=source)
with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
