"""What a user of SDK v3's resources and of the AWS CLI does with experiments; writes JSON to the file TOLD."""

import json
import os
import subprocess

import boto3
from sagemaker.core.resources import Experiment, Trial, TrialComponent
from sagemaker.core.shapes import TrialComponentParameterValue, TrialComponentStatus

session = {"session": boto3.Session(region_name=os.environ["AWS_REGION"]), "region": os.environ["AWS_REGION"]}
told = {}

experiment = Experiment.create(experiment_name="churn", description="why they leave", **session)
trial = Trial.create(trial_name="deep", experiment_name="churn", **session)
run = TrialComponent.create(
    trial_component_name="run", parameters={"depth": TrialComponentParameterValue(number_value=6)},
    status=TrialComponentStatus(primary_status="InProgress"), **session,
)  # fmt: skip
run.associate_trail(trial_name="deep")
run.update(display_name="Better", status=TrialComponentStatus(primary_status="Completed"))
run.refresh()
told["run"] = [run.display_name, run.status.primary_status, run.parameters["depth"].number_value]
told["listed"] = [one.trial_component_name for one in TrialComponent.get_all(trial_name="deep", **session)]
told["trials"] = [one.trial_name for one in Trial.get_all(experiment_name="churn", **session)]


def aws(*words: str) -> dict:
    done = subprocess.run(["aws", "sagemaker", *words], capture_output=True, text=True, check=True)
    return json.loads(done.stdout or "{}")


expression = {"Filters": [{"Name": "Parents.ExperimentName", "Operator": "Equals", "Value": "churn"}]}
found = aws("search", "--resource", "ExperimentTrialComponent", "--search-expression", json.dumps(expression))
told["found"] = [one["TrialComponent"]["DisplayName"] for one in found["Results"]]
run.disassociate_trail(trial_name="deep")
run.delete()
trial.delete()
aws("delete-experiment", "--experiment-name", "churn")
told["left"] = [one.experiment_name for one in Experiment.get_all(**session)]

with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
