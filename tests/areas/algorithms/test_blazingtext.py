"""BlazingText trains word vectors and classifiers as fastText does, says what is wrong, and answers in AWS's shapes."""

import json
import re
import signal
import time

import numpy as np
import pytest

from areas.algorithms.blazingtext import words
from areas.algorithms.blazingtext.declaration import ALGORITHM
from areas.algorithms.formats.recordio import frame
from tests.areas.algorithms.stage import wait_for

TRAIN = "areas.algorithms.blazingtext.train"
SERVE = "areas.algorithms.blazingtext.serve:main"
SMALL = {"buckets": 2000, "vector_dim": 16, "epochs": 10, "learning_rate": 0.5}
GOOD, BAD = "great fun wonderful film loved every minute", "dull boring terrible film hated every minute"


def sentences(count: int = 300, seed: int = 1) -> list[str]:
    """Reviews made of good or bad words and of words that say nothing; the label is which."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        good = rng.random() < 0.5
        told = rng.choice((GOOD if good else BAD).split(), 4)
        found.append(
            f"__label__{'good' if good else 'bad'} {' '.join(told)} {' '.join(rng.choice(list('abcdefgh'), 3))}"
        )
    return found


@pytest.fixture(scope="module")
def corpus() -> str:
    """Sentences in which words of a pair stand in the same company, more so the more alike they are said to be."""
    rng, lines = np.random.default_rng(3), []
    for number, (one, other, score) in enumerate(words.PAIRS):
        for _ in range(25):
            company = f"c{number}x{rng.integers(3)}"
            mine = company if rng.random() < score / 10 else f"d{number}x{rng.integers(3)}"
            lines += [f"{one} {company} {company}", f"{other} {mine} {mine}"]
    return "\n".join(rng.permutation(lines))


def printed(job, metric: str) -> list[float]:
    pattern = dict(ALGORITHM.metrics)[metric]
    return [float(found[1]) for found in re.finditer(pattern, job.log)]


def test_a_classifier_equals_fasttexts_and_tells_its_accuracies(job):
    import floret

    job.put("train", "a.txt", "\n".join(sentences()), None)
    job.put("validation", "v.txt", "\n".join(sentences(200, 2)), "text/plain")
    assert job.train(TRAIN, mode="supervised", env={"OMP_NUM_THREADS": "1"}, **SMALL) == 0, job.log
    assert sorted(path.name for path in (job.base / "model").iterdir()) == ["model.bin"]
    (train,), (validation,) = printed(job, "train:accuracy"), printed(job, "validation:accuracy")
    mine = floret.load_model(str(job.base / "model" / "model.bin"))
    same = floret.train_supervised(
        str(job.base / "input/data/train/a.txt"), mode="fasttext", loss="softmax", epoch=10, dim=16, lr=0.5, minCount=5,
        wordNgrams=2, bucket=2000, thread=1, verbose=0,
    )  # fmt: skip
    path = str(job.base / "input/data/validation/v.txt")
    assert validation == pytest.approx(mine.test(path)[1], abs=1e-4) == same.test(path)[1]
    assert train > 0.98 and validation > 0.98
    line = "loved dull fun boring a\n"
    (one, label), (other, same_label) = (
        mine.f.predict(line, 1, 0.0, "strict")[0],
        same.f.predict(line, 1, 0.0, "strict")[0],
    )
    assert label == same_label and one == pytest.approx(other, abs=0.02)


@pytest.mark.parametrize("mode", ["skipgram", "cbow"])
def test_word_vectors_find_what_is_alike(job, corpus, mode):
    job.put("train", "text", corpus, None)
    given = {"vector_dim": 24, "epochs": 12, "min_count": 1, "negative_samples": 5, "sampling_threshold": 0.9}
    assert job.train(TRAIN, mode=mode, **given) == 0, job.log
    assert {path.name for path in (job.base / "model").iterdir()} == {"vectors.txt", "vectors.bin", "eval.json"}
    (rho,) = printed(job, "train:mean_rho")
    assert rho > 0.4, "the vectors don't tell what is alike"
    report = json.loads((job.base / "model" / "eval.json").read_text())
    assert report["mean_rho"] == pytest.approx(rho, abs=1e-4) and report["pairs_in_vocabulary"] == len(words.PAIRS)
    head, *lines = (job.base / "model" / "vectors.txt").read_text().splitlines()
    count, dimension = map(int, head.split())
    assert (len(lines), dimension) == (count, 24) and len(lines[0].split()) == 25


@pytest.mark.parametrize("pipe", [False, True])
def test_an_augmented_manifest_gives_sources_and_labels(job, pipe):
    rows = [line.split(" ", 1) for line in sentences()]
    entries = [{"source": text, "label": label.removeprefix("__label__")} for label, text in rows]
    if pipe:
        records = [frame(part.encode()) for one in entries for part in (one["source"], json.dumps(one["label"]))]
        fifo = job.base / "input" / "data" / "train_0"
        fifo.parent.mkdir(parents=True)
        fifo.write_bytes(b"".join(records))
        job.declare("train", None, mode="Pipe")
    else:
        job.put("train", "m.manifest", "\n".join(map(json.dumps, entries)), "application/jsonlines")
    assert job.train(TRAIN, mode="supervised", **SMALL) == 0, job.log
    assert printed(job, "train:accuracy")[0] > 0.98


def test_early_stopping_keeps_the_best_and_stops(job):
    job.put("train", "a.txt", "\n".join(sentences()), None)
    job.put("validation", "v.txt", "\n".join(sentences(100, 5)), None)
    given = SMALL | {"epochs": 60, "early_stopping": "True", "patience": 3, "min_epochs": 4}
    assert job.train(TRAIN, mode="supervised", **given) == 0, job.log
    told = printed(job, "validation:accuracy")
    assert 2 <= len(told) < 20 and told[-1] <= max(told[:-1])
    assert "Terminating training" in job.log


@pytest.mark.parametrize(
    ("given", "text", "sentence"),
    [
        ({"mode": "words"}, "a b", "The hyperparameter mode must be one of batch_skipgram, skipgram, cbow, supervised"),
        ({}, "a b", "'mode' is a required property"),
        ({"mode": "cbow", "colour": "red"}, "a b", "Additional properties are not allowed ('colour' was unexpected)"),
        ({"mode": "cbow", "min_char": "7"}, "a b", "max_char is 6, but must not be below min_char, which is 7"),
        ({"mode": "cbow"}, "a b", "Empty vocabulary: no word occurs 5 times"),
        ({"mode": "cbow"}, " \n", "The channel train holds no text"),
        ({"mode": "supervised"}, "a b\n" * 9, "No line of the channel train begins with a label"),
        ({"mode": "supervised", "early_stopping": "true"}, "__label__x a\n" * 9, "early_stopping needs the channel validation"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_sentence(job, given, text, sentence):
    job.put("train", "t.txt", text, None)
    assert job.train(TRAIN, **given) == 2
    assert job.failure.startswith("ClientError: ") and sentence in job.failure


def test_several_hosts_are_refused(job):
    job.put("train", "t.txt", "a b", None)
    resources = {"current_host": "algo-1", "hosts": ["algo-1", "algo-2"]}
    (job.base / "input/config/resourceconfig.json").write_text(json.dumps(resources))
    assert job.train(TRAIN, mode="cbow") == 2
    assert "a single instance only" in job.failure


def test_a_stop_ends_it_at_once(job):
    job.put("train", "t.txt", "\n".join(sentences(4000) * 60), None)
    pid = job.train(TRAIN, wait=False, mode="skipgram", epochs="60")
    wait_for(lambda: "Processing" in job.log)
    import os

    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    job.preloaded.process.stdin.flush()

    def ended() -> bool:
        try:
            return open(f"/proc/{pid}/stat").read().split(") ")[1][0] == "Z"
        except FileNotFoundError:
            return True

    wait_for(ended)
    assert time.monotonic() - began < 10
    assert not (job.base / "model" / "vectors.bin").exists()


def test_a_classifier_answers_in_both_forms(job, server):
    job.put("train", "a.txt", "\n".join(sentences()), None)
    assert job.train(TRAIN, mode="supervised", **SMALL) == 0, job.log
    served = server(SERVE)
    wait_for(lambda: served.get("/ping")[0] == 200)
    ask = {"instances": ["loved wonderful", "hated boring"], "configuration": {"k": 2}}
    status, body, kind = served.invoke(json.dumps(ask), "application/json", accept="text/csv")
    found = json.loads(body)
    assert (status, kind) == (200, "application/json")  # Accept is ignored, as on AWS
    assert [one["label"][0] for one in found] == ["__label__good", "__label__bad"]
    assert all(len(one["prob"]) == 2 and one["prob"][0] > one["prob"][1] for one in found)
    lines = b'{"source": "loved wonderful"}\n{"source": "hated boring", "k": 2}\n'
    status, body, kind = served.invoke(lines, "application/jsonlines")
    first, second = map(json.loads, body.splitlines())
    assert (status, kind, len(first["label"]), len(second["label"])) == (200, "application/jsonlines", 1, 2)
    assert served.invoke(b"", "application/json")[0] == 204
    assert served.invoke("a", "text/csv")[0] == 415
    for wrong in (b"{", b"[]", b'{"instances": [1]}', b'{"instances": ["a"], "configuration": {"k": 0}}'):
        assert served.invoke(wrong, "application/json")[0] == 400, wrong
    assert json.loads(served.get("/execution-parameters")[1])["BatchStrategy"] == "MULTI_RECORD"


def test_words_answer_with_their_vectors(job, server):
    job.put("train", "a.txt", "\n".join(sentences()), None)
    given = {"vector_dim": 8, "epochs": 1, "subwords": "True", "buckets": 500}
    assert job.train(TRAIN, mode="batch_skipgram", **given) == 0, job.log
    served = server(SERVE)
    wait_for(lambda: served.get("/ping")[0] == 200)
    _, body, _ = served.invoke(json.dumps({"instances": ["film", "filmic"]}), "application/json")
    known, unknown = json.loads(body)
    lines = (job.base / "model" / "vectors.txt").read_text().splitlines()
    written = next(line.split()[1:] for line in lines if line.startswith("film "))
    assert known["word"] == "film" and known["vector"] == pytest.approx([float(value) for value in written], abs=1e-3)
    assert any(unknown["vector"]), "subwords give unknown words a vector, too"
