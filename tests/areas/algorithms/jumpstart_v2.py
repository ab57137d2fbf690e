"""What a user of the SageMaker SDK v2 does with JumpStart's algorithms for tables, unchanged.

Run by its own interpreter with AWS_*, SAGEMAKER_ROLE, BUCKET and DATA in the environment; MODELS are the ids to train. Writes JSON
to the file TOLD.
"""

import json
import os
import time

import boto3
import sagemaker
from sagemaker import hyperparameters, image_uris, model_uris, script_uris
from sagemaker.estimator import Estimator
from sagemaker.jumpstart.estimator import JumpStartEstimator

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = sagemaker.Session(boto3.Session(region_name=region), default_bucket=bucket)
with open(os.environ["DATA"]) as file:
    lines = file.read().splitlines()
data = session.upload_data(os.environ["DATA"], bucket, "jumpstart/training")
features = "\n".join(line.partition(",")[2] for line in lines[:5])
told = {}

for name in os.environ["MODELS"].split():
    given = hyperparameters.retrieve_default(model_id=name, model_version="*")
    estimator = JumpStartEstimator(
        model_id=name, role=role, sagemaker_session=session, instance_type="ml.m5.large",
        hyperparameters=json.loads(os.environ.get("HYPERPARAMETERS", "{}")),
    )  # fmt: skip
    estimator.fit({"training": data.rpartition("/")[0] + "/"}, logs=False)
    job = estimator.latest_training_job.describe()
    predictor = estimator.deploy(initial_instance_count=1, instance_type="ml.m5.large")
    verbose = predictor.predict(
        features, initial_args={"ContentType": "text/csv", "Accept": "application/json;verbose"}
    )
    told[name] = {
        "default": given, "image": job["AlgorithmSpecification"]["TrainingImage"], "status": job["TrainingJobStatus"],
        "metrics": {row["MetricName"]: row["Value"] for row in job.get("FinalMetricDataList", [])},
        "answer": predictor.predict(features), "verbose": verbose,
    }  # fmt: skip
    predictor.delete_endpoint()

# The way that AWS's notebooks go: image, script and model are asked for, and a plain Estimator trains.
name, stamp = os.environ["MODELS"].split()[0], int(time.time())
estimator = Estimator(
    role=role, sagemaker_session=session, instance_count=1, instance_type="ml.m5.xlarge", max_run=3600,
    image_uri=image_uris.retrieve(
        region=None, framework=None, model_id=name, model_version="*", image_scope="training", instance_type="ml.m5.xlarge"
    ),
    source_dir=script_uris.retrieve(model_id=name, model_version="*", script_scope="training"),
    model_uri=model_uris.retrieve(model_id=name, model_version="*", model_scope="training"),
    entry_point="transfer_learning.py", hyperparameters={"num_boost_round": "8"}, output_path=f"s3://{bucket}/plain",
)  # fmt: skip
estimator.fit({"training": data.rpartition("/")[0] + "/"}, job_name=f"plain-{stamp}", logs=False)
told["plain"] = {
    "model_uri": estimator.model_uri, "status": estimator.latest_training_job.describe()["TrainingJobStatus"],
    "serving": [
        image_uris.retrieve(
            region=None, framework=None, model_id=name, model_version="*", image_scope="inference", instance_type="ml.m5.large"
        ),
        script_uris.retrieve(model_id=name, model_version="*", script_scope="inference"),
    ],
}  # fmt: skip

with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
