"""What a user of the SageMaker SDK v3 does, unchanged: train a built-in and a script, deploy, predict, read the log.

Run with AWS_* and SAGEMAKER_ROLE, BUCKET, DATA in the environment; writes JSON to the file TOLD.
"""

import io
import json
import logging
import os
import tarfile
import time
from importlib.metadata import version

import boto3
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import Endpoint, EndpointConfig, Model
from sagemaker.core.shapes import ContainerDefinition, OutputDataConfig, ProductionVariant
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = Session(boto3.Session(region_name=region), default_bucket=bucket)
with open(os.environ["DATA"]) as file:
    rows = file.read().splitlines()
logging.basicConfig(level=logging.INFO)  # the SDK v3 logs a job's lines, and shows none unless asked
told = {"sdk": version("sagemaker")}
stamp = str(int(time.time()))
compute = Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=10)
output = OutputDataConfig(s3_output_path=f"s3://{bucket}/v3-output")
data = session.upload_data(os.environ["DATA"], bucket, "v3/train")


def train(name, **options):
    trainer = ModelTrainer(
        sagemaker_session=session, role=role, base_job_name=name, compute=compute, output_data_config=output, **options
    )
    content = {"content_type": "text/csv"}
    trainer.train(
        input_data_config=[InputData(channel_name="train", data_source=data, **content)], wait=True, logs=True
    )
    job = trainer._latest_training_job
    job.refresh()
    return job


def deploy(name, image, model_data, body, environment=None):
    container = ContainerDefinition(image=image, model_data_url=model_data, environment=environment or {})
    boto = session.boto_session
    model = Model.create(model_name=name, primary_container=container, execution_role_arn=role, session=boto)
    variant = ProductionVariant(
        variant_name="AllTraffic", model_name=name, initial_instance_count=1, instance_type="ml.m5.large"
    )
    EndpointConfig.create(endpoint_config_name=name, production_variants=[variant], session=boto)
    endpoint = Endpoint.create(endpoint_name=name, endpoint_config_name=name, session=boto)
    endpoint.wait_for_status("InService", poll=1)
    answer = endpoint.invoke(body=body, content_type="text/csv", accept="text/csv").body.read().decode()
    endpoint.delete()
    model.delete()
    return [float(line.partition(",")[0]) for line in answer.split()]


features = "\n".join(row.partition(",")[2] for row in rows[:5])
image = image_uris.retrieve("xgboost", region, "1.7-1")
job = train(
    "v3-xgboost", training_image=image,
    hyperparameters={"num_round": 20, "objective": "binary:logistic", "eval_metric": "auc"},
)  # fmt: skip
told["xgboost_job"] = job.training_job_name
told["xgboost"] = deploy(f"v3-xgboost-{stamp}", image, job.model_artifacts.s3_model_artifacts, features)

image = image_uris.retrieve("kmeans", region)
job = train("v3-kmeans", training_image=image, hyperparameters={"k": 2, "feature_dim": 30})
told["kmeans"] = deploy(f"v3-kmeans-{stamp}", image, job.model_artifacts.s3_model_artifacts, features)

source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "source")
image = image_uris.retrieve("sklearn", region, "1.2-1")
job = train(
    "v3-sklearn", training_image=image, hyperparameters={"C": 0.5},
    source_code=SourceCode(source_dir=source, entry_script="train.py"),
)  # fmt: skip
told["sklearn_job"] = job.training_job_name
code = io.BytesIO()
with tarfile.open(fileobj=code, mode="w:gz") as archive:
    archive.add(os.path.join(source, "inference.py"), "inference.py")
boto3.client("s3").put_object(Bucket=bucket, Key="v3/code.tar.gz", Body=code.getvalue())
environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{bucket}/v3/code.tar.gz"}
told["sklearn"] = deploy(f"v3-sklearn-{stamp}", image, job.model_artifacts.s3_model_artifacts, features, environment)


with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
