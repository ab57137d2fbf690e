"""What a user of the SDK v2 does with PyTorch and the algorithms built on it, unchanged: a script with requirements.txt, its
model deployed with inference.py and as TorchScript alone; NTM, Object2Vec and DeepAR by their estimators.

Run by its own interpreter with AWS_* and SAGEMAKER_ROLE, BUCKET, DATA in the environment; writes JSON to the file TOLD.
"""

import json
import os
import shutil
import tempfile
import time
import zipfile

import boto3
import numpy as np
import sagemaker
from sagemaker import image_uris
from sagemaker.deserializers import JSONDeserializer
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.model import Model
from sagemaker.predictor import Predictor
from sagemaker.pytorch import PyTorch
from sagemaker.serializers import JSONSerializer

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = sagemaker.Session(boto3.Session(region_name=region), default_bucket=bucket)
s3 = session.boto_session.resource("s3")
options = {
    "role": role, "instance_count": 1, "instance_type": "ml.m5.large", "sagemaker_session": session,
    "output_path": f"s3://{bucket}/torch",
}  # fmt: skip
stamp = str(int(time.time()))
rng = np.random.default_rng(0)


def source() -> str:
    """The scripts' folder, with a package of its own that requirements.txt names."""
    folder = tempfile.mkdtemp()
    shutil.copytree(
        os.path.join(os.path.dirname(os.path.abspath(__file__)), "source_torch"), folder, dirs_exist_ok=True
    )
    wheel = "atelier_helper-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, wheel), "w") as archive:
        archive.writestr("atelier_helper.py", "def scaled(rows):\n    return (rows - rows.mean(0)) / rows.std(0)\n")
        info = "atelier_helper-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: atelier-helper\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    with open(os.path.join(folder, "requirements.txt"), "w") as file:
        file.write(f"numpy\n./{wheel}\n")
    return folder


def put(key: str, rows: list[dict]) -> str:
    s3.Object(bucket, key).put(Body="".join(json.dumps(row) + "\n" for row in rows).encode())
    return f"s3://{bucket}/{os.path.dirname(key)}/"


code = source()
script = PyTorch(
    "train.py", source_dir=code, framework_version="2.3", py_version="py311", hyperparameters={"epochs": 40},
    metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}], **options,
)  # fmt: skip
data = session.upload_data(os.environ["DATA"], bucket, "v2/torch")
script.fit({"train": data}, wait=False, logs=False, job_name=f"script-{stamp}")

words = rng.poisson(np.kron(np.eye(2), np.full(5, 4)).repeat(100, 0)).astype("float32")
ntm = sagemaker.NTM(num_topics=2, epochs=30, optimizer="adam", learning_rate=0.05, **options)
ntm.fit(ntm.record_set(words), mini_batch_size=50, wait=False, logs=False, job_name=f"ntm-{stamp}")

pairs = [{"label": int(at % 2), "in0": [at % 5], "in1": [at % 5 + 5 * (at % 2)]} for at in range(300)]
object2vec = sagemaker.Object2Vec(
    enc0_max_seq_len=5, enc0_vocab_size=10, enc_dim=8, mlp_dim=8, epochs=10, learning_rate=0.02, mini_batch_size=20,
    enc0_network="pooled_embedding", enc0_token_embedding_dim=8, mlp_activation="relu", **options,
)  # fmt: skip
train = TrainingInput(put("pairs/train.jsonl", pairs), content_type="application/jsonlines")
# The SDK's Object2Vec.fit takes record sets only, and no record set holds JSON Lines: its users train by the generic class.
generic = Estimator(object2vec.training_image_uri(), hyperparameters=object2vec.hyperparameters(), **options)
generic.fit({"train": train}, wait=False, logs=False, job_name=f"object2vec-{stamp}")

season = [10, 20, 30, 20]
series = [{"start": "2024-01-01 00:00:00", "target": [value * (1 + at) for value in season * 20]} for at in range(3)]
deepar = Estimator(
    image_uris.retrieve("forecasting-deepar", region),
    hyperparameters={
        "time_freq": "6H", "context_length": 8, "prediction_length": 4, "epochs": 20, "num_layers": 1,
        "learning_rate": 0.02, "mini_batch_size": 32,
    },
    **options,
)  # fmt: skip
put("series/train.json", series)
deepar.fit({"train": f"s3://{bucket}/series/train.json"}, wait=False, logs=False, job_name=f"deepar-{stamp}")

told = {"metrics": {}}
for estimator in (script, ntm, generic, deepar):
    estimator.latest_training_job.wait(logs=False)
    job = estimator.latest_training_job.describe()
    found = {metric["MetricName"]: metric["Value"] for metric in job.get("FinalMetricDataList", ())}
    told["metrics"][job["TrainingJobName"].rpartition("-")[0]] = found

json_form = {"serializer": JSONSerializer(), "deserializer": JSONDeserializer()}
one = {"initial_instance_count": 1, "instance_type": "ml.m5.large", "wait": False}
alone = Model(
    image_uris.retrieve("pytorch", region, "2.3", py_version="py311", image_scope="inference", instance_type="ml.m5.large"),
    model_data=script.model_data, role=role, sagemaker_session=session, predictor_cls=Predictor,
)  # fmt: skip
predictors = {
    "script": script.deploy(
        endpoint_name=f"script-{stamp}", entry_point="inference.py", source_dir=code, **one
    ),
    "torchscript": alone.deploy(endpoint_name=f"torchscript-{stamp}", **one, **json_form),
    "ntm": ntm.deploy(endpoint_name=f"ntm-{stamp}", **one),
    "object2vec": generic.deploy(endpoint_name=f"object2vec-{stamp}", **one, **json_form),
    "deepar": deepar.deploy(endpoint_name=f"deepar-{stamp}", **one, **json_form),
}  # fmt: skip
table = np.loadtxt(os.environ["DATA"], delimiter=",", dtype="float32")
scaled = (table[:, 1:] - table[:, 1:].mean(0)) / table[:, 1:].std(0)
asked = {
    "script": table[:5, 1:],
    "torchscript": scaled[:5].tolist(),
    "ntm": words[[0, 199]],
    "object2vec": {"instances": [{"in0": [1], "in1": [1]}, {"in0": [1], "in1": [6]}]},
    "deepar": {"instances": series[:1], "configuration": {"output_types": ["quantiles"], "quantiles": ["0.5"]}},
}
for name, predictor in predictors.items():
    session.wait_for_endpoint(predictor.endpoint_name, poll=1)
    answer = predictor.predict(asked[name])
    if name == "ntm":
        answer = [list(record.label["topic_weights"].float32_tensor.values) for record in answer]
    told[name] = np.asarray(answer).tolist() if name == "script" else answer
    predictor.delete_endpoint()

with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
