"""What a user of the SageMaker SDK v2 does, unchanged: train a built-in and a script, deploy, predict, read the log.

Run by its own interpreter with AWS_* and SAGEMAKER_ROLE, BUCKET, DATA in the environment; writes JSON to the file TOLD.
"""

import json
import os
import time

import boto3
import sagemaker
from sagemaker import image_uris
from sagemaker.deserializers import CSVDeserializer
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn import SKLearn

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = sagemaker.Session(boto3.Session(region_name=region), default_bucket=bucket)
with open(os.environ["DATA"]) as file:
    rows = [[float(cell) for cell in line.split(",")] for line in file]
told = {"sdk": sagemaker.__version__}
stamp = str(int(time.time()))

xgboost = Estimator(
    image_uris.retrieve("xgboost", region, "1.7-1"), role, instance_count=1, instance_type="ml.m5.large",
    output_path=f"s3://{bucket}/output", sagemaker_session=session, base_job_name="v2-xgboost",
    hyperparameters={"num_round": 20, "objective": "binary:logistic", "eval_metric": "auc"},
)  # fmt: skip
data = session.upload_data(os.environ["DATA"], bucket, "v2/train")
xgboost.fit({"train": TrainingInput(data, content_type="text/csv")}, logs=True, wait=True)
told["xgboost_job"] = xgboost.latest_training_job.name
predictor = xgboost.deploy(
    1, "ml.m5.large", endpoint_name=f"v2-xgboost-{stamp}", serializer=CSVSerializer(), deserializer=CSVDeserializer()
)
told["xgboost"] = [float(row[0]) for row in predictor.predict([row[1:] for row in rows[:5]])]
predictor.delete_model()
predictor.delete_endpoint()

source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "source")
sklearn = SKLearn(
    "train.py", source_dir=source, framework_version="1.2-1", role=role, instance_type="ml.m5.large",
    sagemaker_session=session, base_job_name="v2-sklearn", hyperparameters={"C": 0.5},
    metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
)  # fmt: skip
sklearn.fit({"train": data}, logs=True)
told["sklearn_job"] = sklearn.latest_training_job.name
told["metrics"] = {
    row["MetricName"]: row["Value"] for row in sklearn.latest_training_job.describe()["FinalMetricDataList"]
}
predictor = sklearn.deploy(
    1, "ml.m5.large", endpoint_name=f"v2-sklearn-{stamp}", entry_point="inference.py", source_dir=source
)
told["sklearn"] = [float(value) for value in predictor.predict([row[1:] for row in rows[:5]])]
predictor.delete_endpoint()


with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
