"""What a user of SDK v2's ``sagemaker.experiments`` does. Run by the SDK's own interpreter with AWS_*, BUCKET and ROLE in the
environment; writes JSON to the file TOLD."""

import json
import os
import pathlib

import boto3
import sagemaker
from sagemaker.experiments import Run, list_runs, load_run
from sagemaker.experiments.experiment import Experiment
from sagemaker.sklearn import SKLearn

session = sagemaker.Session(boto3.Session(region_name=os.environ["AWS_REGION"]), default_bucket=os.environ["BUCKET"])
client = session.sagemaker_client
told = {}
folder = pathlib.Path(os.environ["HOME"])

# The job's Python has SDK v3, whose load_run is the same.
(folder / "train.py").write_text("""
import boto3, os
from sagemaker.core.experiments.run import load_run
from sagemaker.core.helper.session_helper import Session

with load_run(sagemaker_session=Session(boto3.Session(region_name=os.environ["AWS_REGION"]))) as run:
    run.log_parameter("from_job", "yes")
    run.log_metric("in_job", 0.5, step=0)
""")
(folder / "note.txt").write_text("a note")

with Run("Churn", "First", run_display_name="First-run", sagemaker_session=session) as run:
    told["trial"] = run.run_group_name
    run.log_parameter("lr", 0.1)
    run.log_parameters({"opt": "adam", "depth": 6})
    for step in range(12):
        run.log_metric("loss", step, step=step)
    run.log_artifact("data", "s3://somewhere/data.csv", media_type="text/csv", is_output=False)
    run.log_file(str(folder / "note.txt"), name="note")
    run.log_confusion_matrix([0, 1, 1], [0, 1, 0], title="confusion")
    run.log_precision_recall([0, 1, 1], [0.2, 0.9, 0.4], title="recall")
    run.log_roc_curve([0, 1, 1], [0.2, 0.9, 0.4], title="roc")
    estimator = SKLearn(
        "train.py", source_dir=str(folder), framework_version="1.2-1", role=os.environ["ROLE"],
        instance_type="ml.m5.large", sagemaker_session=session,
    )  # fmt: skip
    estimator.fit(logs=False)
    told["job"] = estimator.latest_training_job.describe()["TrainingJobArn"]

with load_run("first", "churn", sagemaker_session=session) as run:
    told["loaded"] = run._trial_component.trial_component_name
with Run("churn", "second", sagemaker_session=session):
    pass
try:
    with Run("churn", "second", sagemaker_session=session):
        raise RuntimeError("no luck")
except RuntimeError:
    told["failed"] = client.describe_trial_component(TrialComponentName="churn-second")["Status"]["PrimaryStatus"]

told["run"] = client.describe_trial_component(TrialComponentName="churn-first")
arn = told["run"]["TrialComponentArn"]
found = client.list_associations(SourceArn=arn)["AssociationSummaries"]
told["charts"] = sorted(one["DestinationType"] for one in found)
told["trials"] = [one["TrialName"] for one in client.list_trials(ExperimentName="churn")["TrialSummaries"]]
told["runs"] = [run.run_name for run in list_runs("churn", sort_order=sagemaker.experiments.SortOrderType.ASCENDING,
                                                  sagemaker_session=session)]  # fmt: skip
(entry,) = client.list_trial_components(SourceArn=told["job"].lower())["TrialComponentSummaries"]
told["job_entry"] = entry["TrialComponentName"]
Experiment.load("churn", sagemaker_session=session)._delete_all(action="--force")
told["left"] = len(
    client.list_experiments()["ExperimentSummaries"] + client.list_trial_components()["TrialComponentSummaries"]
)

with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file, default=str)
