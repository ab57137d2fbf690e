"""What a user of the SageMaker SDK v2 does to tune, unchanged: fit, attach, the best, a table of all, a warm start.

Run by its own interpreter with AWS_* and SAGEMAKER_ROLE, BUCKET, DATA in the environment; writes JSON to the file TOLD.
"""

import json
import os

import boto3
import sagemaker
from sagemaker import image_uris
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.parameter import ContinuousParameter, IntegerParameter
from sagemaker.tuner import HyperparameterTuner

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = sagemaker.Session(boto3.Session(region_name=region), default_bucket=bucket)
data = TrainingInput(session.upload_data(os.environ["DATA"], bucket, "tune/train"), content_type="text/csv")
channels = {"train": data, "validation": data}
told = {"sdk": sagemaker.__version__}

estimator = Estimator(
    image_uris.retrieve("xgboost", region, "1.7-1"), role, instance_count=1, instance_type="ml.m5.large",
    output_path=f"s3://{bucket}/output", sagemaker_session=session,
    hyperparameters={"num_round": 5, "objective": "binary:logistic", "eval_metric": "auc"},
)  # fmt: skip
tuner = HyperparameterTuner(
    estimator, "validation:auc",
    {"eta": ContinuousParameter(0.01, 0.5, scaling_type="Logarithmic"), "max_depth": IntegerParameter(1, 6)},
    max_jobs=3, max_parallel_jobs=2, strategy="Random", random_seed=7, base_tuning_job_name="v2",
)  # fmt: skip
tuner.fit(channels, wait=True)
told["name"] = tuner.latest_tuning_job.name
told["best"] = tuner.best_training_job()
table = tuner.analytics().dataframe()
told["columns"] = sorted(table.columns)
told["rows"] = len(table)
told["best_value"] = float(table["FinalObjectiveValue"].max())
told["model"] = tuner.best_estimator().model_data

attached = HyperparameterTuner.attach(told["name"], sagemaker_session=session)
told["attached"] = attached.best_training_job()
told["ranges"] = sorted(one["Name"] for rows in attached.hyperparameter_ranges().values() for one in rows)

child = attached.identical_dataset_and_algorithm_tuner()
child.max_jobs, child.max_parallel_jobs = 1, 1
child.fit(channels, wait=True, job_name="v2-child")
described = child.describe()
told["overall"] = described["OverallBestTrainingJob"]["TrainingJobName"]
tuner.stop_tuning_job()  # one that has ended already: the SDK swallows the refusal

with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
