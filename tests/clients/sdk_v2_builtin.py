"""What a user of the SDK v2's own estimators does, unchanged: record sets, fit, deploy, predict, transform.

Run by its own interpreter with AWS_* and SAGEMAKER_ROLE, BUCKET, DATA in the environment; writes JSON to the file TOLD.
"""

import json
import os
import time

import boto3
import numpy as np
import sagemaker
from sagemaker.amazon.amazon_estimator import RecordSet
from sagemaker.inputs import TrainingInput

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = sagemaker.Session(boto3.Session(region_name=region), default_bucket=bucket)
table = np.loadtxt(os.environ["DATA"], delimiter=",", dtype="float32")
labels, rows = table[:, 0], table[:, 1:]
rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
counts = np.rint(np.abs(rows) * 3).astype("float32")
options = {
    "role": role, "instance_count": 1, "instance_type": "ml.m5.large", "sagemaker_session": session,
    "output_path": f"s3://{bucket}/builtin",
}  # fmt: skip

estimators = {
    "linear-learner": sagemaker.LinearLearner(predictor_type="binary_classifier", epochs=5, **options),
    "kmeans": sagemaker.KMeans(k=2, eval_metrics=["msd"], **options),
    "pca": sagemaker.PCA(num_components=3, **options),
    "knn": sagemaker.KNN(k=5, sample_size=500, predictor_type="classifier", **options),
    "factorization-machines": sagemaker.FactorizationMachines(
        num_factors=4, predictor_type="binary_classifier", epochs=20, factors_lr=0.01, linear_lr=0.05, **options
    ),
    "randomcutforest": sagemaker.RandomCutForest(num_trees=50, num_samples_per_tree=128, **options),
    "lda": sagemaker.LDA(num_topics=3, max_iterations=10, **options),
}
batches = {"linear-learner": 50, "factorization-machines": 50, "lda": len(rows)}
stamp = str(int(time.time()))
for name, estimator in estimators.items():
    data = counts if name == "lda" else rows
    labeled = name in ("linear-learner", "knn", "factorization-machines")
    records = [estimator.record_set(data, labels=labels if labeled else None)]
    if name in ("kmeans", "lda"):
        records.append(estimator.record_set(data, channel="test"))
    estimator.fit(records, mini_batch_size=batches.get(name), wait=False, logs=False, job_name=f"{name}-{stamp}")

pairs = "".join(f"user{number % 9},10.{number % 9}.0.{number % 200}\n" for number in range(900))
session.boto_session.resource("s3").Object(bucket, "pairs/train.csv").put(Body=pairs.encode())
insights = sagemaker.IPInsights(num_entity_vectors=50, vector_dim=8, epochs=5, learning_rate=0.05, **options)


class CsvRecords(RecordSet):
    """How the SDK's users hand CSV to IPInsights.fit: a record set whose channel is another input."""

    def records_s3_input(self):
        return TrainingInput(self.s3_data, content_type="text/csv")


insights.fit(
    CsvRecords(f"s3://{bucket}/pairs/", num_records=900, feature_dim=2, s3_data_type="S3Prefix", channel="train"),
    mini_batch_size=100, wait=False, logs=False, job_name=f"ipinsights-{stamp}",
)  # fmt: skip
estimators["ipinsights"] = insights

for estimator in estimators.values():
    estimator.latest_training_job.wait(logs=False)
predictors = {
    name: estimator.deploy(1, "ml.m5.large", endpoint_name=f"{name}-{stamp}", wait=False)
    for name, estimator in estimators.items()
}
body = "".join(",".join(map(repr, map(float, row))) + "\n" for row in rows[:100])
session.boto_session.resource("s3").Object(bucket, "batch/rows.csv").put(Body=body.encode())
transformer = estimators["kmeans"].transformer(
    1, "ml.m5.large", accept="application/jsonlines", assemble_with="Line", output_path=f"s3://{bucket}/batch-out"
)
transformer.transform(f"s3://{bucket}/batch/", content_type="text/csv", split_type="Line", wait=True, logs=False)
out = session.boto_session.resource("s3").Object(bucket, "batch-out/rows.csv.out").get()["Body"].read()
told = {"metrics": {}, "answers": {}, "transformed": [json.loads(line) for line in out.splitlines()]}
for name, predictor in predictors.items():
    session.wait_for_endpoint(predictor.endpoint_name, poll=1)
    job = estimators[name].latest_training_job.describe()
    told["metrics"][name] = {metric["MetricName"]: metric["Value"] for metric in job.get("FinalMetricDataList", ())}
    if name == "ipinsights":
        told["answers"][name] = predictor.predict(np.array([["user1", "10.1.0.7"], ["user1", "10.2.0.7"]]))
    else:
        answers = predictor.predict((counts if name == "lda" else rows)[:5])
        told["answers"][name] = [
            {key: list(value.float32_tensor.values) for key, value in record.label.items()} for record in answers
        ]
    predictor.delete_endpoint()

with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
