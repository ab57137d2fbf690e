"""A model with a script of its own: scikit-learn, from training in the test to predictions and logs over the wire."""

import io
import json
import time

import pytest
from botocore.exceptions import ClientError

from tests.areas.endpoints.stage import script_archive

SCRIPT = """
import os
import joblib
import numpy

def model_fn(folder):
    print("loading from", folder, "for", os.environ["OWNER"])
    return joblib.load(os.path.join(folder, "model.joblib"))

def predict_fn(data, model):
    data = numpy.atleast_2d(numpy.asarray(data, dtype=float))
    if data.shape[1] != 4:
        raise ValueError(f"I need 4 columns, not {data.shape[1]}")
    return model.predict_proba(data)[:, 1]
"""


@pytest.fixture(scope="module")
def trained():
    import joblib
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    table, classes = load_iris(return_X_y=True)
    model = LogisticRegression().fit(table, classes == 2)
    file = io.BytesIO()
    joblib.dump(model, file)
    return model, table, file.getvalue()


def test_script_predicts_and_its_words_are_in_the_log(host, trained):
    model, table, data = trained
    host.model(
        "m", script_archive(SCRIPT, **{"model.joblib": data}), "sagemaker-scikit-learn",
        SAGEMAKER_PROGRAM="inference.py", OWNER="Alice",
    )  # fmt: skip
    host.config("c")
    host.deploy("e", "c")
    rows = table[[0, 60, 120]]
    answer = host.invoke("e", json.dumps(rows.tolist()), "application/json", Accept="application/json")
    assert json.loads(answer["Body"]) == pytest.approx(model.predict_proba(rows)[:, 1].tolist())
    with pytest.raises(ClientError) as caught:
        host.invoke("e", json.dumps([[1, 2]]), "application/json")
    assert caught.value.response["Error"]["Code"] == "ModelError"
    assert caught.value.response["OriginalStatusCode"] == 500
    assert "I need 4 columns, not 2" in caught.value.response["OriginalMessage"]
    logs, group = host.aws.client("logs"), "/aws/sagemaker/Endpoints/e"
    (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert stream["logStreamName"] == f"AllTraffic/{host.servers('e')[0]['id']}"
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)[
        "events"
    ]
    assert "loading from /opt/ml/model for Alice" in [event["message"] for event in events]


def test_traffic_is_measured(host):
    from catalog.models import TrafficPoint

    host.model("m")
    host.config("c")
    host.deploy("e", "c")
    for _ in range(10):
        host.invoke("e")
    with pytest.raises(ClientError):
        host.invoke("e", "no number,1,2,3")
    points = TrafficPoint.objects.filter(record__connection=host.aws.connection)
    host.until(lambda: sum(points.filter(name="Invocations/AllTraffic").values_list("value", flat=True)) == 11)
    assert sum(points.filter(name="Invocation4XXErrors/AllTraffic").values_list("value", flat=True)) == 1
    latency = points.filter(name="ModelLatency.p50/AllTraffic").first()
    assert 50 < latency.value < 5_000_000  # microseconds
    assert latency.step == int(latency.time.timestamp()) // 60 and abs(time.time() - latency.time.timestamp()) < 180
