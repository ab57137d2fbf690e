"""What a user of the SageMaker SDK v3 does with the registry, unchanged: register twice into a new group, approve, list.

Run with AWS_* and SAGEMAKER_ROLE, BUCKET, DATA (a model.tar.gz in S3), IMAGE in the environment; writes JSON to the file TOLD.
"""

import json
import os
from importlib.metadata import version

import boto3
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.model_registry import create_model_package_from_containers, get_model_package_args
from sagemaker.core.resources import Endpoint, EndpointConfig, Model, ModelPackage, ModelPackageGroup
from sagemaker.core.shapes import (
    ContainerDefinition,
    ProductionVariant,
)

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = Session(boto3.Session(region_name=region), default_bucket=bucket)
boto = session.boto_session
told = {"sdk": version("sagemaker")}

container = {"Image": os.environ["IMAGE"], "ModelDataUrl": os.environ["DATA"]}
told["arns"] = []
for _ in range(2):
    arguments = get_model_package_args(
        content_types=["text/csv"], response_types=["text/csv"], inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"], model_package_group_name="v3-group", container_def_list=[container],
    )  # fmt: skip
    told["arns"].append(create_model_package_from_containers(session, **arguments)["ModelPackageArn"])

group = ModelPackageGroup.create(model_package_group_name="v3-other", session=boto)
told["group"] = group.model_package_group_status
# ModelPackage.create of SDK 3.20 looks for a name in an answer that, on AWS as here, has only the ARN.
package = ModelPackage.get(model_package_name=told["arns"][0], session=boto)
told["status"], told["version"] = package.model_package_status, package.model_package_version
package.update(model_approval_status="Approved", approval_description="yes")
package.refresh()
told["approval"] = package.model_approval_status
told["listed"] = [
    one.model_package_arn for one in ModelPackage.get_all(model_package_group_name="v3-group", session=boto)
]
again = ModelPackage.get(model_package_name=package.model_package_arn, session=boto)
told["approved_by"] = again.last_modified_by.iam_identity.arn

name = "v3-registry"
primary = ContainerDefinition(model_package_name=package.model_package_arn)
Model.create(model_name=name, primary_container=primary, execution_role_arn=role, session=boto)
variant = ProductionVariant(
    variant_name="AllTraffic", model_name=name, initial_instance_count=1, instance_type="ml.m5.large"
)
EndpointConfig.create(endpoint_config_name=name, production_variants=[variant], session=boto)
endpoint = Endpoint.create(endpoint_name=name, endpoint_config_name=name, session=boto)
endpoint.wait_for_status("InService", poll=1)
answer = endpoint.invoke(body="0.9,0.1,0.2,0.3\n0.1,0.1,0.2,0.3", content_type="text/csv", accept="text/csv")
told["answer"] = [float(value) for value in answer.body.read().decode().split()]
endpoint.delete()
# package.delete() asks by a name that a version has not, on AWS as here.
session.sagemaker_client.delete_model_package(ModelPackageName=package.model_package_arn)
with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
