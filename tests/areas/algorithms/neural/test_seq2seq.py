"""Seq2Seq learns a rule (the words of the source backwards), and writes by it."""

import json

import numpy as np
import pytest

from areas.algorithms.formats import recordio
from areas.algorithms.seq2seq.search import bleu

LETTERS = "abcdef"
SOURCE = {"<pad>": 0, "<unk>": 1, "<s>": 2, "</s>": 3} | {letter: at for at, letter in enumerate(LETTERS, 4)}
TARGET = {"<pad>": 0, "<unk>": 1, "<s>": 2, "</s>": 3} | {letter.upper(): at for at, letter in enumerate(LETTERS, 4)}
SMALL = {
    "rnn_num_hidden": 48, "num_embed_source": 16, "num_embed_target": 16, "batch_size": 32, "learning_rate": 0.01,
    "max_seq_len_source": 8, "max_seq_len_target": 8, "checkpoint_frequency_num_batches": 50,
}  # fmt: skip


def pairs(count: int, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    rows = [rng.integers(4, 10, size=rng.integers(2, 6)).tolist() for _ in range(count)]
    return b"".join(recordio.write_named({"source": row, "target": row[::-1]}) for row in rows)


def put(work, vocabulary=SOURCE) -> None:
    work.put("train", "train.rec", pairs(1200, 0))
    work.put("validation", "val.rec", pairs(50, 1))
    work.put("vocab", "vocab.src.json", json.dumps(vocabulary))
    work.put("vocab", "vocab.trg.json", json.dumps(TARGET))


@pytest.fixture(scope="module")
def trained(works):
    work = works("reversed")
    put(work)
    assert work.train("seq2seq", **SMALL, max_num_epochs=5, bleu_sample_size=8) == 0, work.log
    work.serve("seq2seq")
    return work


def test_it_learns_to_write_backwards(trained):
    found = trained.metrics("seq2seq")
    assert found["validation:accuracy"][-1] > 0.9
    assert found["validation:perplexity"][-1] < 1.5
    assert found["validation:bleu"][-1] > 0.7
    rows = trained.answers([{"data": "a b c d"}, {"data": "f e a"}])
    assert rows == [{"target": "D C B A"}, {"target": "A E F"}]


def test_the_attention_matrix_follows_what_is_written(trained):
    asking = {"data": "a b c d e", "configuration": {"attention_matrix": "true"}}
    [row] = trained.answers([asking])
    matrix = np.array(row["matrix"])
    assert matrix.shape == (len(row["target"].split()), 5)
    assert np.allclose(matrix.sum(1), 1, atol=1e-3)


def test_json_lines_and_recordio(trained):
    status, answer = trained.invoke('{"source": "a b"}\n{"source": "zzz a"}\n', "application/jsonlines")
    assert status == 200, answer
    lines = [json.loads(line) for line in answer.splitlines()]
    assert lines[0] == {"target": "B A"}
    kind = "application/x-recordio-protobuf"
    status, answer = trained.invoke(recordio.write_named({"source": [4, 5, 6]}), kind, kind)
    assert status == 200, answer
    # Results are labels: the same bytes as a record whose label 'target' is the int32 tensor.
    assert answer == recordio.write_named({"target": [6, 5, 4]}, label=True)
    assert trained.invoke(b"x", kind, kind)[0] == 415
    assert trained.invoke({"instances": [{"data": ""}]})[0] == 400
    assert trained.invoke({"instances": [{"data": "a"}]}, accept=kind)[0] == 406


@pytest.mark.parametrize(
    "given",
    [
        {
            "rnn_cell_type": "gru",
            "rnn_attention_type": "dot",
            "num_layers_encoder": 2,
            "rnn_residual_connections": "true",
        },
        {"rnn_attention_type": "bilinear", "rnn_decoder_state_init": "avg", "optimizer_type": "rmsprop"},
        {"rnn_attention_type": "fixed", "num_layers_decoder": 2, "lr_scheduler_type": "fixed_rate_inv_t"},
    ],
)
def test_every_kind_of_network_learns(work, given):
    put(work)
    given = {**SMALL, "rnn_num_hidden": 32, "checkpoint_frequency_num_batches": 20, "max_num_batches": 40, **given}
    assert work.train("seq2seq", **given) == 0, work.log
    found = work.metrics("seq2seq")["validation:perplexity"]
    assert len(found) == 2
    assert found[-1] < 0.8 * found[0]
    work.serve("seq2seq")
    assert set(work.answers([{"data": "a b"}])[0]) == {"target"}


def test_what_is_wrong_is_said(work):
    put(work)
    for words, given in {
        "encoder_type cnn is not supported": {"encoder_type": "cnn"},
        "must be a multiple of 2": {"rnn_num_hidden": 33},
        "optimized_metric must be one of perplexity, accuracy, bleu": {"optimized_metric": "loss"},
    }.items():
        assert work.train("seq2seq", **{**SMALL, **given}) == 2
        assert words in work.failure
    put(work, {"a": 0})
    assert work.train("seq2seq", **SMALL) == 2
    assert "vocab.src.json must begin with <pad>, <unk>, <s>, </s> as 0 to 3" in work.failure
    put(work, dict(list(SOURCE.items())[:6]))
    assert work.train("seq2seq", **SMALL) == 2
    assert "has a token that isn't one of the vocabulary's 6" in work.failure
    del work.channels["vocab"]
    assert work.train("seq2seq", **SMALL) == 2
    assert "'vocab' is a required property" in work.failure


def test_bleu_of_known_sentences():
    assert bleu([[1, 2, 3, 4, 5]], [[1, 2, 3, 4, 5]]) == 1
    assert bleu([[9]], [[1, 2, 3]]) == 0
    # Precisions 5/6, 3/5, 1/4 and none of 3, no brevity penalty.
    assert bleu([[1, 2, 3, 8, 5, 6]], [[1, 2, 3, 4, 5, 6]]) == pytest.approx((5 / 6 * 3 / 5 * 1 / 4 * 0.5 / 3) ** 0.25)
