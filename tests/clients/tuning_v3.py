"""What a user of the SageMaker SDK v3 does to tune, unchanged.

Run with AWS_* and SAGEMAKER_ROLE, BUCKET, DATA in the environment; writes JSON to the file TOLD.
"""

import json
import os
from importlib.metadata import version

import boto3
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import ContinuousParameter, IntegerParameter
from sagemaker.core.shapes import OutputDataConfig
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData
from sagemaker.train.tuner import HyperparameterTuner

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = Session(boto3.Session(region_name=region), default_bucket=bucket)
data = session.upload_data(os.environ["DATA"], bucket, "v3-tune/train")
trainer = ModelTrainer(
    sagemaker_session=session, role=role, training_image=image_uris.retrieve("xgboost", region, "1.7-1"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=10),
    output_data_config=OutputDataConfig(s3_output_path=f"s3://{bucket}/v3-output"),
    hyperparameters={"num_round": "5", "objective": "binary:logistic", "eval_metric": "auc"},
)  # fmt: skip
tuner = HyperparameterTuner(
    trainer, "validation:auc", {"eta": ContinuousParameter(0.01, 0.5), "max_depth": IntegerParameter(1, 6)},
    max_jobs=2, max_parallel_jobs=2, strategy="Random",
)  # fmt: skip
channels = [InputData(channel_name=name, data_source=data, content_type="text/csv") for name in ("train", "validation")]
tuner.tune(inputs=channels, job_name="v3-tune", wait=True)
job = tuner.describe()
told = {"sdk": version("sagemaker"), "status": job.hyper_parameter_tuning_job_status, "best": tuner.best_training_job()}
told["completed"] = job.training_job_status_counters.completed

with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
