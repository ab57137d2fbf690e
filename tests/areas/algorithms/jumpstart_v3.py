"""What a user of the SageMaker SDK v3 does with JumpStart's algorithms for tables, unchanged: train, tune, deploy, by id.

Run with AWS_*, SAGEMAKER_ROLE, BUCKET and DATA in the environment; MODEL is the id. Writes JSON to the file TOLD.
"""

import json
import os
import time

import boto3
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.jumpstart.configs import JumpStartConfig
from sagemaker.core.jumpstart.document import get_hub_content_and_document
from sagemaker.core.jumpstart.search import search_public_hub_models
from sagemaker.core.parameter import ContinuousParameter
from sagemaker.core.resources import Endpoint, EndpointConfig, Model
from sagemaker.core.shapes import ContainerDefinition, ProductionVariant
from sagemaker.core.training.configs import Compute, InputData
from sagemaker.train import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = Session(boto3.Session(region_name=region), default_bucket=bucket)
with open(os.environ["DATA"]) as file:
    lines = file.read().splitlines()
data = session.upload_data(os.environ["DATA"], bucket, "jumpstart-v3/training")
given = JumpStartConfig(model_id=os.environ["MODEL"])
content, document = get_hub_content_and_document(given, session)
found = search_public_hub_models("@task:classification", sagemaker_session=session)
told = {"version": content.hub_content_version, "found": [one.hub_content_name for one in found]}

trainer = ModelTrainer.from_jumpstart_config(
    jumpstart_config=given, sagemaker_session=session, role=role, hyperparameters={"num_boost_round": 20},
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
)  # fmt: skip
inputs = [InputData(channel_name="training", data_source=data.rpartition("/")[0] + "/")]
trainer.train(input_data_config=inputs, logs=False)
job = trainer._latest_training_job
job.refresh()
told["job"] = {
    "status": job.training_job_status, "image": job.algorithm_specification.training_image,
    "hyperparameters": job.hyper_parameters,
}  # fmt: skip

# ModelBuilder asks STS at AWS's own address, whatever AWS_ENDPOINT_URL says: what it would make is made by hand.
name, boto = f"jumpstart-v3-{int(time.time())}", session.boto_session
container = ContainerDefinition(
    image=document.HostingEcrUri, model_data_url=job.model_artifacts.s3_model_artifacts,
    environment={one.Name: str(one.Default) for one in document.InferenceEnvironmentVariables if one.RequiredForModelClass},
)  # fmt: skip
Model.create(model_name=name, primary_container=container, execution_role_arn=role, session=boto)
variant = ProductionVariant(
    variant_name="AllTraffic",
    model_name=name,
    initial_instance_count=1,
    instance_type=document.DefaultInferenceInstanceType,
)
EndpointConfig.create(endpoint_config_name=name, production_variants=[variant], session=boto)
endpoint = Endpoint.create(endpoint_name=name, endpoint_config_name=name, session=boto)
endpoint.wait_for_status("InService", poll=1)
rows = "\n".join(line.partition(",")[2] for line in lines[:5])
answer = endpoint.invoke(body=rows, content_type="text/csv", accept="application/json").body.read()
told["answer"] = json.loads(answer)
endpoint.delete()

tuner = HyperparameterTuner(
    model_trainer=trainer, objective_metric_name="binary_logloss", objective_type="Minimize", max_jobs=2, max_parallel_jobs=2,
    hyperparameter_ranges={"learning_rate": ContinuousParameter(0.05, 0.3)},
    metric_definitions=[{"Name": one.Name, "Regex": one.Regex} for one in document.TrainingMetrics],
)  # fmt: skip
tuner.tune(inputs=inputs, wait=True)
told["tuned"] = [
    (one.training_job_status, float(one.final_hyper_parameter_tuning_job_objective_metric.value))
    for one in tuner.latest_tuning_job.get_all_training_jobs()
]  # fmt: skip

with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
