"""What a user of SDK v2's ``sagemaker.lineage`` asks of the story that the test told. Run by the SDK's own interpreter with
AWS_* in the environment; writes JSON to the file TOLD."""

import json
import os

import boto3
import sagemaker
from sagemaker.lineage.action import Action
from sagemaker.lineage.artifact import Artifact, DatasetArtifact, ImageArtifact, ModelArtifact
from sagemaker.lineage.association import Association
from sagemaker.lineage.context import Context, EndpointContext, ModelPackageGroup
from sagemaker.lineage.query import (
    LineageEntityEnum,
    LineageFilter,
    LineageQuery,
    LineageQueryDirectionEnum,
    LineageSourceEnum,
)
from sagemaker.lineage.visualizer import LineageTableVisualizer

session = sagemaker.Session(boto3.Session(region_name=os.environ["AWS_REGION"]), default_bucket="unused")
arns = json.loads(os.environ["ARNS"])
with_session = {"sagemaker_session": session}
told = {}

(found,) = Context.list(source_uri=arns["endpoint"], **with_session)
endpoint = EndpointContext.load(context_name=found.context_name, **with_session)
told["endpoint_data"] = sorted(one.source.source_uri for one in endpoint.dataset_artifacts())
told["endpoint_jobs"] = endpoint.training_job_arns()
told["endpoint_components"] = [one.trial_component_name for one in endpoint.trial_components()]
told["endpoint_pipeline"] = endpoint.pipeline_execution_arn()
told["endpoint_processing"] = len(endpoint.processing_jobs())
told["endpoint_actions"] = [one.action_type for one in endpoint.actions(LineageQueryDirectionEnum.ASCENDANTS)]

(found,) = Artifact.list(source_uri=arns["model_data"], **with_session)
model = ModelArtifact.load(artifact_arn=found.artifact_arn, **with_session)
told["model_endpoints"] = [one.destination_arn for one in model.endpoints()]
told["model_contexts"] = sorted(one.context_name for one in model.endpoint_contexts())
told["model_data"] = sorted(one.source.source_uri for one in model.dataset_artifacts())
told["model_jobs"] = model.training_job_arns()

(found,) = Artifact.list(source_uri="s3://b/data/train/", **with_session)
data = DatasetArtifact.load(artifact_arn=found.artifact_arn, **with_session)
told["data_endpoints"] = sorted({one.context_name for one in data.endpoint_contexts()})
told["data_upstream"] = len(data.upstream_datasets())

(found,) = Artifact.list(source_uri=arns["image"], **with_session)
image = ImageArtifact.load(artifact_arn=found.artifact_arn, **with_session)
told["image_data"] = len(image.datasets(direction=LineageQueryDirectionEnum.DESCENDANTS))

result = LineageQuery(session).query(
    start_arns=[endpoint.context_arn], direction=LineageQueryDirectionEnum.ASCENDANTS, include_edges=True,
    query_filter=LineageFilter(entities=[LineageEntityEnum.ARTIFACT], sources=[LineageSourceEnum.DATASET]),
)  # fmt: skip
told["query"] = [len(result.vertices) > 2, len(result.edges) >= len(result.vertices)]
told["objects"] = sorted({type(one.to_lineage_object()).__name__ for one in result.vertices})

table = LineageTableVisualizer(session)
told["table"] = table.show(training_job_name="churn-fit").values.tolist()
told["endpoint_table"] = table.show(endpoint_arn=arns["endpoint"]).values.tolist()
told["package_table"] = sorted(row[1] for row in table.show(model_package_arn=arns["package"]).values.tolist())

(group,) = Context.list(context_type="ModelGroup", **with_session)
told["group"] = ModelPackageGroup.load(context_name=group.context_name, **with_session).context_type

made = Artifact.create(
    source_uri="s3://b/mine", artifact_type="DataSet", artifact_name="mine", properties={"a": "1"}, **with_session
)
made.properties = {"b": "2"}
made.save()
made.set_tag({"Key": "team", "Value": "nlp"})
step = Action.create(
    action_name="my-step", source_uri="s3://b/mine", action_type="Cleaning", status="Completed", **with_session
)
Association.create(
    source_arn=made.artifact_arn, destination_arn=step.action_arn, association_type="ContributedTo", **with_session
)
told["mine"] = Artifact.load(artifact_arn=made.artifact_arn, **with_session).properties
told["mine_out"] = [one.destination_name for one in Association.list(source_arn=made.artifact_arn, **with_session)]
made.delete(disassociate=True)
told["mine_left"] = [one.artifact_arn for one in Artifact.list(source_uri="s3://b/mine", **with_session)]
step.delete(disassociate=True)

# As the SDK's own tests do, edges from the endpoint back to its model: with them ``models`` finds it, and nothing hangs.
(deployment,) = Action.list(action_type="ModelDeployment", **with_session)
Association.create(source_arn=endpoint.context_arn, destination_arn=deployment.action_arn, **with_session)
Association.create(source_arn=deployment.action_arn, destination_arn=model.artifact_arn, **with_session)
told["models"] = [one.destination_arn == model.artifact_arn for one in endpoint.models()]
told["models_v2"] = sorted(one.source.source_uri for one in endpoint.models_v2())

with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file, default=str)
