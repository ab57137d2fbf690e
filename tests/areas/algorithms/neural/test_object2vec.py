"""Object2Vec learns which sequences belong together, and gives their embeddings."""

import json

import numpy as np
import pytest

SIZES = {"enc0_max_seq_len": 6, "enc0_vocab_size": 20, "enc_dim": 16, "enc0_token_embedding_dim": 8, "mlp_dim": 16}


def pairs(count: int, seed: int) -> list[dict]:
    """Label 1 where both sides are of the same half of the vocabulary."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(count):
        halves = rng.integers(2, size=2)
        left, right = (rng.integers(10, size=rng.integers(2, 9)) + 10 * half for half in halves)
        found.append({"label": int(halves[0] == halves[1]), "in0": left.tolist(), "in1": right.tolist()})
    return found


def lines(rows: list[dict]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture(scope="module", params=["hcnn", "bilstm", "pooled_embedding"])
def trained(request, works):
    work = works(request.param)
    work.put("train", "t.jsonl", lines(pairs(400, 0)), "application/jsonlines")
    work.put("validation", "v.jsonl", lines(pairs(100, 1)), "application/jsonlines")
    work.put("test", "v.jsonl", lines(pairs(100, 1)), "application/jsonlines")
    given = {**SIZES, "enc0_network": request.param, "epochs": 8, "learning_rate": 0.02, "mlp_activation": "relu"}
    assert work.train("object2vec", **given, bucket_width=3) == 0, work.log
    work.serve("object2vec")
    return work


def test_it_tells_what_belongs_together(trained):
    found = trained.metrics("object2vec")
    assert found["test:accuracy"][0] > 0.9
    assert found["test:cross_entropy"][0] == pytest.approx(min(found["validation:cross_entropy"]), rel=1e-3)
    rows = pairs(40, 2)
    scores = np.array([row["scores"] for row in trained.answers([{k: r[k] for k in ("in0", "in1")} for r in rows])])
    assert scores.shape == (40, 2)
    assert np.allclose(scores.sum(1), 1, atol=1e-5)
    assert (scores.argmax(1) == [row["label"] for row in rows]).mean() > 0.85


def test_embeddings_of_one_side(trained):
    asking = "application/json; infer_max_seqlens=6,6"
    status, answer = trained.invoke({"instances": [{"in0": [1, 2]}, {"in0": [1, 2] + [15] * 5}]}, asking)
    assert status == 200, answer
    one, other = [row["embeddings"] for row in json.loads(answer)["predictions"]]
    assert len(one) == len(other) == 16
    assert one != other
    status, answer = trained.invoke('{"in1": [11]}\n', "application/jsonlines; infer_max_seqlens=1,1", "")
    assert (status, len(json.loads(answer)["embeddings"])) == (200, 16)
    shorter = trained.invoke({"instances": [{"in0": [1, 2] + [15] * 5}]}, "application/json; infer_max_seqlens=2,6")[1]
    assert np.allclose(json.loads(shorter)["predictions"][0]["embeddings"], one, atol=1e-5)
    for words, body, content in (
        ("needs the Content-Type", {"instances": [{"in0": [1]}]}, "application/json"),
        ("must be two integers", {"instances": [{"in0": [1]}]}, "application/json; infer_max_seqlens=0"),
        ("has the token 20", {"instances": [{"in0": [20], "in1": [1]}]}, "application/json"),
        ("all instances must have", {"instances": [{"in0": [2], "in1": [1]}, {"in0": [1]}]}, "application/json"),
    ):
        status, answer = trained.invoke(body, content)
        assert (status, words in answer.decode()) == (400, True), answer


def test_regression_with_negatives_and_pretrained_embeddings(work):
    rows = [row | {"label": 2.5} for row in pairs(400, 0) if row["label"]]
    work.put("train", "t.jsonl", lines(rows))
    halves = {f"w{at}": at for at in range(20)}
    work.put("auxiliary", "vocab.json", json.dumps(halves), "text/plain")
    work.put("auxiliary", "words.txt", "".join(f"w{at} {float(at < 10)} {float(at >= 10)}\n" for at in range(20)))
    given = {**SIZES, "enc0_token_embedding_dim": 2, "enc0_network": "pooled_embedding", "mlp_activation": "relu"}
    given |= {"output_layer": "mean_squared_error", "negative_sampling_rate": 1, "tied_token_embedding_weight": "True"}
    given |= {"enc0_pretrained_embedding_file": "words.txt", "enc0_vocab_file": "vocab.json"}
    assert work.train("object2vec", **given, epochs=15, learning_rate=0.02, optimizer="rmsprop") == 0, work.log
    assert "20 of 20 tokens of enc0 have a pretrained embedding" in work.log
    losses = work.metrics("object2vec")["train:mean_squared_error"]
    assert min(losses) < 0.8 * losses[0]
    work.serve("object2vec")
    same, other = (row["scores"] for row in work.answers([{"in0": [1], "in1": [2]}, {"in0": [1], "in1": [12]}]))
    assert len(same) == 1
    assert same[0] > other[0] + 0.8  # right pairs are 2.5, made ones 0, and half of those are of the same half


def test_what_is_wrong_is_said(work):
    def failure(row: dict, **given) -> str:
        work.put("train", "t.jsonl", lines([row]))
        assert work.train("object2vec", **{**SIZES, **given}) == 2
        return work.failure

    good = {"label": 1, "in0": [1], "in1": [2]}
    assert "has the token 20, but enc0_vocab_size is 20" in failure(good | {"in0": [20]})
    assert "must be 0 to 1" in failure(good | {"label": 2})
    assert "not a list of whole numbers" in failure(good | {"in1": []})
    assert "'enc1_max_seq_len' is a required property" in failure(good, enc1_network="bilstm")
    assert "enc_dim must be an integer from 4 to 10000" in failure(good, enc_dim=2)
    assert "comparator_list must be a list of hadamard" in failure(good, comparator_list="minus")
    assert "given together" in failure(good, enc0_vocab_file="v.json")
