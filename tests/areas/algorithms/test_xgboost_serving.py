"""The XGBoost image serves what it trained, over a real socket."""

import json
import pickle
import threading

import numpy as np
import pytest
import xgboost

from areas.algorithms.formats import recordio
from areas.algorithms.formats.table import Table
from tests.areas.algorithms.data import as_csv, as_libsvm, as_parquet

SERVE = "areas.algorithms.xgboost.serve:main"


@pytest.fixture
def model(tmp_path):
    """``model(rows, **parameters)`` trains with plain XGBoost and lays the model where a server looks for it."""
    folder = tmp_path / "ml" / "model"
    folder.mkdir(parents=True)

    def make(rows, name="xgboost-model", rounds=8, **parameters):
        booster = xgboost.train(parameters, xgboost.DMatrix(rows[:, 1:], label=rows[:, 0]), rounds)
        (folder / name).write_bytes(booster.save_raw("ubj"))
        return booster

    return make


def predictions(booster, rows):
    return booster.predict(xgboost.DMatrix(rows[:, 1:]))


def test_every_content_type_gives_what_xgboost_predicts(server, model, penguins):
    train, rows = penguins
    booster = model(train, objective="multi:softprob", num_class=3)
    wanted = predictions(booster, rows)
    whole = ~np.isnan(rows).any(axis=1)
    one = server(SERVE)
    for body, content_type, kept in (
        (as_csv(rows[:, 1:]), "text/csv", slice(None)),
        (as_csv(rows[:, 1:], ";"), "text/csv; charset=utf-8", slice(None)),
        (as_csv(rows[:, 1:]), "", slice(None)),
        (as_csv(rows[:5, 1:]), "text/csv", slice(5)),
        (as_libsvm(rows), "text/libsvm", slice(None)),
        (as_libsvm(rows).replace(b"\n", b"\n \n"), "text/x-libsvm", slice(None)),
        (as_parquet(rows[:, 1:]), "application/x-parquet", slice(None)),
        (recordio.write(Table(rows[whole][:, 1:])), "application/x-recordio-protobuf", whole),
    ):
        status, answer, kind = one.invoke(body, content_type)
        assert status == 200, answer
        assert kind == "text/csv; charset=utf-8"
        found = np.array([line.split(b",") for line in answer.splitlines()], np.float32)
        assert np.allclose(found, wanted[kept], atol=1e-6), content_type


def test_every_accept_type(server, model, cancer):
    train, rows = cancer
    wanted = predictions(model(train, objective="binary:logistic"), rows[:3])
    one = server(SERVE)
    body = as_csv(rows[:3, 1:])
    assert np.allclose([float(line) for line in one.invoke(body)[1].splitlines()], wanted)
    assert one.invoke(body)[1].count(b"\n") == 3
    status, answer, kind = one.invoke(body, accept="application/json")
    assert (status, kind) == (200, "application/json")
    assert np.allclose([row["score"] for row in json.loads(answer)["predictions"]], wanted)
    answer = one.invoke(body, accept="application/jsonlines")[1]
    assert np.allclose([json.loads(line)["score"] for line in answer.splitlines()], wanted)
    answer = one.invoke(body, accept="application/x-recordio-protobuf")[1]
    assert len(list(recordio.frames(answer))) == 3
    assert b"score" in answer
    assert np.float32(wanted[0]).tobytes() in answer


def test_the_default_accept_type_and_batch_form(server, model, cancer):
    train, rows = cancer
    wanted = predictions(model(train, objective="binary:logistic"), rows[:2])
    one = server(SERVE, SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT="application/json", SAGEMAKER_BATCH="true")
    assert b'"score"' in one.invoke(as_csv(rows[:2, 1:]), accept="*/*")[1]
    answer = one.invoke(as_csv(rows[:2, 1:]), accept="text/csv")[1].decode()
    assert answer == "".join(f"{float(value)}\n" for value in wanted)


def test_errors(server, model, cancer):
    train, rows = cancer
    model(train, objective="binary:logistic")
    one = server(SERVE)
    good = as_csv(rows[:1, 1:])
    assert one.invoke(b"")[:2] == (204, b"")
    for status, words, body, content_type, accept in (
        (415, b"Content-type text/plain not supported", good, "text/plain", ""),
        (415, b"line 2, column 1 is 'red'", good + b"red" + good[good.index(b",") :], "text/csv", ""),
        (415, b"starts with a header", b"a,b,c\n1,2,3\n", "text/csv", ""),
        (415, b"is not 'LIBSVM' format", b"1 what\n", "text/libsvm", ""),
        (415, b"Not RecordIO", b"12345678", "application/x-recordio-protobuf", ""),
        (415, b"is not 'PARQUET' format", b"12345678", "application/x-parquet", ""),
        (400, b"Feature size of csv inference data 2 is not consistent", b"1,2\n", "text/csv", ""),
        (400, b"Feature size of libsvm inference data 100", b"99:1\n", "text/libsvm", ""),
        (406, b"Accept type image/png is not supported", good, "text/csv", "image/png"),
    ):
        found = one.invoke(body, content_type, accept)
        assert found[0] == status, (found, words)
        assert words in found[1]
    assert one.get("/nowhere")[0] == 404
    assert one.get("/ping") == (200, b"")


def test_execution_parameters(server, model, cancer):
    model(cancer[0])
    status, answer = server(SERVE, OMP_NUM_THREADS="3").get("/execution-parameters")
    assert status == 200
    assert json.loads(answer) == {"MaxConcurrentTransforms": 3, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}


def test_several_models_answer_as_one(server, model, diabetes, penguins):
    train, rows = diabetes
    wanted = [predictions(model(train, f"xgboost-model-{seed}", seed=seed, subsample=0.5), rows) for seed in range(3)]
    found = [float(line) for line in server(SERVE).invoke(as_csv(rows[:, 1:]))[1].splitlines()]
    assert np.allclose(found, np.mean(wanted, axis=0), rtol=1e-5)


def test_an_ensemble_can_be_switched_off(server, model, diabetes):
    train, rows = diabetes
    first, _ = model(train, "a", seed=1, subsample=0.5), model(train, "b", seed=2, subsample=0.5)
    one = server(SERVE, SAGEMAKER_INFERENCE_ENSEMBLE="false")
    found = [float(line) for line in one.invoke(as_csv(rows[:, 1:]))[1].splitlines()]
    assert np.allclose(found, predictions(first, rows), rtol=1e-5)


def test_classes_vote(server, model, penguins):
    train, rows = penguins
    options = {"objective": "multi:softmax", "num_class": 3, "max_depth": 1, "rounds": 1}
    votes = np.stack([predictions(model(train[seed::3], f"m{seed}", **options), rows) for seed in range(3)])
    assert (votes[0] != votes[1]).any(), "the models agree, so the vote is not tested"
    found = [float(line) for line in server(SERVE).invoke(as_csv(rows[:, 1:]))[1].splitlines()]
    assert found == [np.bincount(column.astype(int)).argmax() for column in votes.T]


def test_selected_output(server, model, cancer, tmp_path):
    train, rows = cancer
    chance = predictions(model(train, objective="binary:logistic"), rows[:2])
    keys = "predicted_label, probabilities,labels,predicted_score"
    one = server(SERVE, SAGEMAKER_INFERENCE_OUTPUT=keys)
    body = as_csv(rows[:2, 1:])
    found = json.loads(one.invoke(body, accept="application/json")[1])["predictions"]
    assert [row["predicted_label"] for row in found] == [int(value > 0.5) for value in chance]
    assert np.allclose([row["probabilities"][1] for row in found], chance)
    assert found[0]["labels"] == [0, 1]
    assert found[0]["predicted_score"] is None
    line = one.invoke(body)[1].decode().splitlines()[0]
    assert line.startswith(f'{int(chance[0] > 0.5)},"[')
    assert line.endswith('"[0, 1]",nan')


def test_linear_models_and_pickles(server, tmp_path, diabetes):
    train, rows = diabetes
    folder = tmp_path / "ml" / "model"
    folder.mkdir(parents=True)
    booster = xgboost.train({"booster": "gblinear"}, xgboost.DMatrix(train[:, 1:], label=train[:, 0]), 5)
    (folder / "xgboost-model").write_bytes(pickle.dumps(booster))
    found = [float(line) for line in server(SERVE).invoke(as_csv(rows[:, 1:]))[1].splitlines()]
    assert np.allclose(found, predictions(booster, rows), rtol=1e-5)


@pytest.mark.parametrize(("name", "words"), [("xgboost-model", "cannot be loaded"), (".hidden", "No model file in")])
def test_a_model_that_is_none_ends_the_server_with_a_sentence(server, tmp_path, name, words):
    folder = tmp_path / "ml" / "model"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"this is not a model")
    one = server(SERVE)
    assert one.process.wait(20) == 1
    assert one.log.startswith("UserError: ")
    assert words in one.log
    assert "Traceback" not in one.log


def test_many_at_once_get_their_own_answers(server, model, diabetes):
    train, rows = diabetes
    wanted = predictions(model(train), rows)
    one = server(SERVE)
    wrong = []

    def ask(first: int):
        for at in range(first, len(rows), 8):
            few = float(one.invoke(as_csv(rows[at : at + 1, 1:]))[1])
            many = one.invoke(as_csv(np.tile(rows[at : at + 1, 1:], (400, 1))))[1].split()
            if not np.allclose([few, *map(float, many)], wanted[at], rtol=1e-5):
                wrong.append(at)

    threads = [threading.Thread(target=ask, args=(first,)) for first in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
