"""NTM finds the topics that documents were made of."""

import json
from itertools import permutations

import numpy as np
import pytest

from areas.algorithms.formats import recordio
from areas.algorithms.formats.table import Table

WORDS, TOPICS = 40, 4  # each topic has ten words of its own


def documents(count: int, seed: int):
    """(counts of words, share of each topic)."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([0.1] * TOPICS, count)
    words = np.kron(np.eye(TOPICS), np.full(WORDS // TOPICS, TOPICS / WORDS))
    return np.stack([rng.multinomial(60, share @ words) for share in shares]).astype(np.float32), shares


@pytest.fixture(scope="module")
def trained(works):
    import scipy.sparse

    work = works("documents")
    counts, _ = documents(1500, 0)
    work.put("train", "t.pbr", recordio.write(Table(scipy.sparse.csr_matrix(counts))))
    held = documents(200, 1)[0]
    rows = "\n".join(",".join(f"{value:g}" for value in row) for row in held)
    work.put("validation", "v.csv", rows, "text/csv;label_size=0")
    work.put("test", "v.csv", rows, "text/csv;label_size=0")
    work.put("auxiliary", "vocab.txt", "\n".join(f"word{at // 10}x{at}" for at in range(WORDS)) + "\n", "text/plain")
    given = {"feature_dim": WORDS, "num_topics": TOPICS, "mini_batch_size": 100}
    assert work.train("ntm", **given, epochs=40, optimizer="adam", learning_rate=0.02) == 0, work.log
    work.serve("ntm")
    return work


def test_topics_are_found_and_told_by_their_words(trained):
    lines = trained.log.partition("Topics from epoch:final")[2].splitlines()[1 : 1 + TOPICS]
    found = {tuple(sorted({word[:5] for word in line.partition("] ")[2].split()})) for line in lines}
    assert found == {(f"word{topic}",) for topic in range(TOPICS)}
    measured = trained.metrics("ntm")
    unigram = 60 * np.log(WORDS)
    assert measured["validation:total_loss"][-1] < 0.85 * unigram
    assert measured["test:total_loss"][0] == pytest.approx(measured["validation:total_loss"][-1], rel=1e-3)
    total = measured["train:kld"][-1] + measured["train:recons"][-1]
    assert measured["train:total_loss"][-1] == pytest.approx(total, rel=1e-5)


def test_the_topic_of_a_document_is_the_one_it_was_made_of(trained):
    counts, shares = documents(100, 2)
    clear = shares.max(1) > 0.9
    body = "\n".join(",".join(f"{value:g}" for value in row) for row in counts)
    status, answer = trained.invoke(body, "text/csv", "application/json")
    assert status == 200, answer
    weights = np.array([row["topic_weights"] for row in json.loads(answer)["predictions"]])
    assert np.allclose(weights.sum(1), 1, atol=1e-4)
    chosen = weights.argmax(1)[clear]
    made = shares.argmax(1)[clear]
    agree = max((np.array(order)[chosen] == made).mean() for order in permutations(range(TOPICS)))
    assert agree > 0.9


def test_sparse_json_and_recordio(trained):
    sparse = {"data": {"features": {"keys": [0, 3], "shape": [WORDS], "values": [2, 5]}}}
    dense = {"features": [2, 0, 0, 5] + [0] * (WORDS - 4)}
    one, other = trained.answers([sparse, dense])
    assert one == other
    record = recordio.write(Table(np.array([dense["features"]], np.float32)))
    status, answer = trained.invoke(record, "application/x-recordio-protobuf", "application/x-recordio-protobuf")
    assert (status, b"topic_weights" in answer) == (200, True)
    assert trained.invoke("1,2", "text/csv")[0] == 400


def test_it_ends_when_the_loss_settles_and_refuses_what_is_wrong(work):
    counts, _ = documents(60, 0)
    work.put("train", "t.pbr", recordio.write(Table(counts)))
    given = {"feature_dim": WORDS, "num_topics": 2}
    assert work.train("ntm", **given, epochs=500, optimizer="sgd", learning_rate=1e-6, batch_norm="true") == 0, work.log
    assert "Stopping early" in work.log
    assert len(work.metrics("ntm")["train:total_loss"]) < 20
    for wrong, words in {
        "num_topics": "num_topics must be an integer from 2 to 1000",
        "encoder_layers": "encoder_layers must be positive integers with commas between or auto",
        "optimizer": "optimizer must be one of",
        "feature_dim": "mismatch of the number of features",
    }.items():
        assert work.train("ntm", **{**given, wrong: 1 if wrong != "encoder_layers" else "4,x"}) == 2
        assert words in work.failure
    work.put("train", "t.pbr", recordio.write(Table(-counts)))
    assert work.train("ntm", **given) == 2
    assert "negative value" in work.failure
