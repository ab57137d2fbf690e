"""What a user of the SageMaker SDK v2 does with the registry, unchanged: register twice into a new group, approve, deploy.

Run with AWS_* and SAGEMAKER_ROLE, BUCKET, DATA (a model.tar.gz in S3), IMAGE in the environment; writes JSON to the file TOLD.
"""

import json
import os

import boto3
import sagemaker
from sagemaker import ModelPackage, Predictor
from sagemaker.deserializers import CSVDeserializer
from sagemaker.drift_check_baselines import DriftCheckBaselines
from sagemaker.metadata_properties import MetadataProperties
from sagemaker.model import Model
from sagemaker.model_life_cycle import ModelLifeCycle
from sagemaker.model_metrics import MetricsSource, ModelMetrics
from sagemaker.serializers import CSVSerializer

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = sagemaker.Session(boto3.Session(region_name=region), default_bucket=bucket)
told = {"sdk": sagemaker.__version__}
source = MetricsSource(content_type="application/json", s3_uri=f"s3://{bucket}/evaluation.json")


def register(**more):
    model = Model(image_uri=os.environ["IMAGE"], model_data=os.environ["DATA"], role=role, sagemaker_session=session)
    return model.register(
        content_types=["text/csv"], response_types=["text/csv"], inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"], model_package_group_name="v2-group", **more,
    )  # fmt: skip


first = register(
    model_metrics=ModelMetrics(model_statistics=source), metadata_properties=MetadataProperties(commit_id="abc"),
    drift_check_baselines=DriftCheckBaselines(model_statistics=source), customer_metadata_properties={"a": "1"},
    model_life_cycle=ModelLifeCycle(stage="Development", stage_status="PendingApproval"),
)  # fmt: skip
second = register(source_uri="https://example.org/run/2")
told["arns"] = [first.model_package_arn, second.model_package_arn]
told["source"] = session.sagemaker_client.describe_model_package(ModelPackageName=second.model_package_arn)["SourceUri"]
first.update_approval_status("Rejected", approval_description="no")
second.update_approval_status("Approved", approval_description="yes")
first.update_customer_metadata({"b": "2"})
first.remove_customer_metadata_properties(["a"])
first.update_model_life_cycle({"Stage": "Staging", "StageStatus": "Approved"})
first.add_inference_specification(
    "big", image_uris=[os.environ["IMAGE"]], content_types=["text/csv"], response_types=["text/csv"]
)
described = session.sagemaker_client.describe_model_package(ModelPackageName=first.model_package_arn)
told["properties"], told["rejected"] = described["CustomerMetadataProperties"], described["ModelApprovalStatus"]
told["latest"] = session.get_most_recently_created_approved_model_package("v2-group").model_package_arn
package = ModelPackage(role=role, model_package_arn=second.model_package_arn, sagemaker_session=session)
package.deploy(1, "ml.m5.large", endpoint_name="v2-registry")
predictor = Predictor("v2-registry", session, CSVSerializer(), CSVDeserializer())
told["answer"] = [float(row[0]) for row in predictor.predict([[0.9, 0.1, 0.2, 0.3], [0.1, 0.1, 0.2, 0.3]])]
predictor.delete_endpoint()
with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
