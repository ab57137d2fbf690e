"""IP Insights learns whose addresses are whose."""

import json

import numpy as np
import pytest

GIVEN = {"num_entity_vectors": 200, "vector_dim": 16, "mini_batch_size": 200, "learning_rate": 0.01}


def rows(count: int, seed: int) -> str:
    """40 users in 8 networks."""
    random = np.random.default_rng(seed)
    lines = []
    for user, host in zip(random.integers(0, 40, count), random.integers(0, 65536, count), strict=True):
        lines.append(f"user_{user},{10 + user % 8}.{user % 8 * 7}.{host >> 8}.{host & 255}\n")
    return "".join(lines)


def test_it_tells_usual_addresses_from_others(trained):
    insights = trained("ip_insights")
    insights.job.put("train", "pairs.csv", rows(3000, 0))
    insights.job.put("validation", "pairs.csv", rows(500, 1))
    found = insights.fit(epochs=10, batch_metrics_publish_interval=5, **GIVEN)
    assert found["validation:discriminator_auc"] > 0.93  # an address of the network of 1/8 of the users can't be told
    assert found["train:binary_classification_accuracy:epoch"] > 0.9
    assert {"train:binary_classification_accuracy", "train:binary_classification_cross_entropy"} <= found.keys()
    answer = json.loads(insights.post("user_1,11.7.3.4\nuser_1,200.21.3.4\n").body)["predictions"]
    assert answer[0]["dot_product"] > 0 > answer[1]["dot_product"]
    body = '{"instances": [{"features": ["user_1", "11.7.3.4"]}]}'
    verbose = json.loads(insights.post(body, "application/json", "application/json; verbose=True").body)["predictions"][
        0
    ]
    assert np.dot(verbose["entity_embedding"], verbose["ip_embedding"]) == pytest.approx(
        verbose["dot_product"], rel=1e-4
    )
    lines = b'{"data": {"features": {"values": ["user_1", "11.7.3.4"]}}}\n'
    told = json.loads(insights.post(lines, "application/jsonlines", "application/jsonlines").body)
    assert told["dot_product"] == pytest.approx(answer[0]["dot_product"], rel=1e-5)
    assert insights.post("user_1,11.7.3").status == 415
    assert insights.post("user_1,11.7.3.4", "application/x-recordio-protobuf").status == 415
    assert insights.post("user_1,11.7.3.4", accept="text/csv").status == 406


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,1.2.3.4\nb,1.2.3\n", "Row 2 of file 'pairs.csv' has '1.2.3', which is not an IPv4 address"),
        ("a,1.2.3.4,x\n", "has 3 columns"),
    ],
)
def test_rows_that_are_no_pairs_are_named(trained, text, words):
    insights = trained("ip_insights")
    insights.job.put("train", "pairs.csv", text)
    assert insights.train(**GIVEN) == 2
    assert words in insights.job.failure
