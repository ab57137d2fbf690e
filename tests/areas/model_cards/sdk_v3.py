"""What a user of the SageMaker SDK v3 does with cards, unchanged. Writes JSON to the file TOLD."""

import json
import os

from sagemaker.core.resources import ModelCard, ModelCardExportJob
from sagemaker.core.shapes import ModelCardExportOutputConfig
from sagemaker.core.shapes.model_card_shapes import IntendedUses, ModelCardContent, ModelOverview

content = ModelCardContent(
    model_overview=ModelOverview(model_creator="growth", model_artifact=["s3://b/model.tar.gz"]),
    intended_uses=IntendedUses(purpose_of_model="call first", risk_rating="Low"),
)
card = ModelCard.create(
    model_card_name="by-sdk-v3", content=content.model_dump_json(exclude_none=True), model_card_status="Draft"
)
told = {"arn": card.model_card_arn, "version": card.model_card_version}
card.update(content=json.dumps({"business_details": {"business_problem": "people leave"}}))
told["newer"] = ModelCard.get("by-sdk-v3").model_card_version
told["all"] = [one.model_card_name for one in ModelCard.get_all()]
job = ModelCardExportJob.create(
    model_card_name="by-sdk-v3", model_card_export_job_name="by-v3",
    output_config=ModelCardExportOutputConfig(s3_output_path=f"s3://{os.environ['BUCKET']}/cards"),
)  # fmt: skip
job.wait(poll=1, timeout=60)
told["job"] = job.status
told["pdf"] = job.export_artifacts.s3_export_artifacts
card.delete()
with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
