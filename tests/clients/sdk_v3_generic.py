"""What a user of the SageMaker SDK v3 does with Image Classification, unchanged: ModelTrainer, a model, an endpoint, a picture.

Run with AWS_* and SAGEMAKER_ROLE, BUCKET in the environment, after ``sdk_v2_generic.py`` put its pictures there; writes JSON to
the file TOLD.
"""

import io
import json
import os
import time

import boto3
from PIL import Image
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import Endpoint, EndpointConfig, Model
from sagemaker.core.shapes import ContainerDefinition, OutputDataConfig, ProductionVariant
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = Session(boto3.Session(region_name=region), default_bucket=bucket)
image = image_uris.retrieve("image-classification", region)
trainer = ModelTrainer(
    sagemaker_session=session, role=role, base_job_name="v3-pictures", training_image=image,
    compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=10),
    output_data_config=OutputDataConfig(s3_output_path=f"s3://{bucket}/v3-pictures"),
    hyperparameters={
        "num_classes": 2, "num_training_samples": 64, "num_layers": 20, "image_shape": "3,16,16", "epochs": 4,
        "mini_batch_size": 16, "optimizer": "adam", "learning_rate": 0.003,
    },
)  # fmt: skip
trainer.train(
    input_data_config=[
        InputData(channel_name=name, data_source=f"s3://{bucket}/records/{name}/", content_type="application/x-recordio")
        for name in ("train", "validation")
    ],
    wait=True, logs=False,
)  # fmt: skip
job = trainer._latest_training_job
job.refresh()
name, boto = f"v3-pictures-{int(time.time())}", session.boto_session
container = ContainerDefinition(image=image, model_data_url=job.model_artifacts.s3_model_artifacts)
Model.create(model_name=name, primary_container=container, execution_role_arn=role, session=boto)
variant = ProductionVariant(
    variant_name="AllTraffic", model_name=name, initial_instance_count=1, instance_type="ml.m5.large"
)
EndpointConfig.create(endpoint_config_name=name, production_variants=[variant], session=boto)
endpoint = Endpoint.create(endpoint_name=name, endpoint_config_name=name, session=boto)
endpoint.wait_for_status("InService", poll=1)
answers = []
for colour in ((220, 60, 60), (60, 60, 220)):
    picture, file = Image.new("RGB", (32, 32), (20, 20, 20)), io.BytesIO()
    picture.paste(colour, (8, 8, 22, 22))
    picture.save(file, "PNG")
    body = endpoint.invoke(body=file.getvalue(), content_type="image/png").body.read()
    answers.append(json.loads(body))
endpoint.delete()

with open(os.environ["TOLD"], "w") as file:
    json.dump({"answers": answers}, file)
