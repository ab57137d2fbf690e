"""What a user of the SageMaker SDK v2 does with cards, unchanged. Run by its own interpreter; writes JSON to the file TOLD."""

import json
import os

import boto3
import sagemaker
from sagemaker.model_card import (
    AdditionalInformation,
    BusinessDetails,
    Environment,
    EvaluationJob,
    Function,
    IntendedUses,
    Metric,
    MetricGroup,
    ModelCard,
    ModelOverview,
    ObjectiveFunction,
    TrainingDetails,
)
from sagemaker.model_card.schema_constraints import MetricTypeEnum, ModelCardStatusEnum, RiskRatingEnum

bucket = os.environ["BUCKET"]
session = sagemaker.Session(boto3.Session(region_name=os.environ["AWS_REGION"]), default_bucket=bucket)
overview = ModelOverview(
    model_id="arn:of:a:model", model_name="churn", model_description="who leaves", model_version=1,
    model_artifact=[f"s3://{bucket}/model.tar.gz"], inference_environment=Environment(container_image=["image:1"]),
)  # fmt: skip
evaluation = EvaluationJob(name="holdout", datasets=[f"s3://{bucket}/test"], metadata={"rows": "10"})
evaluation.metric_groups.append(MetricGroup("quality", [
    Metric(name="auc", type=MetricTypeEnum.NUMBER, value=0.9, notes="good"),
    Metric(name="roc", type=MetricTypeEnum.LINEAR_GRAPH, value=[[0, 0], [1, 1]], x_axis_name="fpr", y_axis_name="tpr"),
    Metric(name="bars", type=MetricTypeEnum.BAR_CHART, value=[1, 2], x_axis_name=["a", "b"]),
    Metric(name="confusion", type=MetricTypeEnum.MATRIX, value=[[5, 1], [2, 7]]),
]))  # fmt: skip
card = ModelCard(
    name="by-sdk-v2", status=ModelCardStatusEnum.DRAFT, model_overview=overview, evaluation_details=[evaluation],
    training_details=TrainingDetails(
        objective_function=ObjectiveFunction(Function("Maximize", "AUC"), "notes"), training_observations="stopped early"
    ),
    intended_uses=IntendedUses(purpose_of_model="call first", risk_rating=RiskRatingEnum.LOW),
    business_details=BusinessDetails(business_problem="people leave"),
    additional_information=AdditionalInformation(custom_details={"key": "value"}), sagemaker_session=session,
)  # fmt: skip
told = {"arn": card.create()}
loaded = ModelCard.load("by-sdk-v2", sagemaker_session=session)
told["loaded"] = loaded.evaluation_details[0].get_metric_group("quality").metric_data[0].value
loaded.update(business_details=BusinessDetails(business_problem="more people leave"))
loaded.update(status="Approved")
told["versions"] = [one["ModelCardVersion"] for one in loaded.get_version_history()]
told["status"] = ModelCard.load("by-sdk-v2", sagemaker_session=session).status.value
told["first"] = ModelCard.load("by-sdk-v2", version=1, sagemaker_session=session).business_details.business_problem
told["pdf"] = loaded.export_pdf(s3_output_path=f"s3://{bucket}/cards", export_job_name="by-v2")
told["exports"] = [one["Status"] for one in loaded.list_export_jobs()["ModelCardExportJobSummaries"]]
loaded.delete()
with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
