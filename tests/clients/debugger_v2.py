"""What a user of the SDK v2's Debugger does, unchanged: rules, hook, profiler of an estimator, and its summary of rule jobs.

Run by its own interpreter with AWS_* and SAGEMAKER_ROLE, BUCKET in the environment; writes JSON to the file TOLD.
"""

import json
import os
import time

import boto3
import numpy as np
import sagemaker
from sagemaker.debugger import (
    CollectionConfig,
    DebuggerHookConfig,
    ProfilerConfig,
    ProfilerRule,
    Rule,
    rule_configs,
)
from sagemaker.inputs import TrainingInput

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = sagemaker.Session(boto3.Session(region_name=region), default_bucket=bucket)
rng = np.random.default_rng(0)
for name, rows in (("train", 300), ("validation", 150)):
    table = np.c_[rng.integers(0, 2, rows), rng.normal(size=(rows, 6))]
    body = "".join(",".join(f"{value:g}" for value in row) + "\n" for row in table)
    session.boto_session.resource("s3").Object(bucket, f"noise/{name}/data.csv").put(Body=body.encode())

estimator = sagemaker.estimator.Estimator(
    image_uri=sagemaker.image_uris.retrieve("xgboost", region, "1.7-1"), role=role, instance_count=1,
    instance_type="ml.m5.large", output_path=f"s3://{bucket}/debugged", sagemaker_session=session,
    hyperparameters={"num_round": 20, "objective": "binary:logistic", "max_depth": 6},
    rules=[
        Rule.sagemaker(rule_configs.overfit(), rule_parameters={"ratio_threshold": "0.2"}),
        Rule.sagemaker(rule_configs.loss_not_decreasing(), actions=rule_configs.ActionList(rule_configs.Email("a@example.com"))),
        Rule.sagemaker(rule_configs.create_xgboost_report()),
        ProfilerRule.sagemaker(rule_configs.ProfilerReport()),
    ],
    debugger_hook_config=DebuggerHookConfig(
        hook_parameters={"save_interval": "1"},
        collection_configs=[CollectionConfig("losses", {"save_interval": "1"}), CollectionConfig("feature_importance")],
    ),
    profiler_config=ProfilerConfig(system_monitor_interval_millis=100),
)  # fmt: skip
channels = {
    name: TrainingInput(f"s3://{bucket}/noise/{name}", content_type="text/csv") for name in ("train", "validation")
}
estimator.fit(channels, logs=False)
job = estimator.latest_training_job
deadline = time.time() + 120
while any(one["RuleEvaluationStatus"] == "InProgress" for one in job.rule_job_summary()) and time.time() < deadline:
    time.sleep(1)
told = {one["RuleConfigurationName"]: one["RuleEvaluationStatus"] for one in job.rule_job_summary()}
told["tensors"] = estimator.latest_job_debugger_artifacts_path()
told["samples"] = estimator.latest_job_profiler_artifacts_path()
with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
