"""Script mode serves with the user's functions, and the framework's where there are none."""

import io
import json

import joblib
import numpy as np
import pytest
import xgboost
from sklearn.linear_model import LogisticRegression

from tests.areas.algorithms.data import as_csv

SKLEARN = "areas.algorithms.script.serve:scikit_learn"
LOAD = "import joblib, os\ndef model_fn(model_dir):\n    return joblib.load(os.path.join(model_dir, 'model.joblib'))\n"


@pytest.fixture
def code(tmp_path):
    """``code(text)`` lays an inference script into the model; further files by name."""
    folder = tmp_path / "ml" / "model" / "code"
    folder.mkdir(parents=True)

    def write(text: str, name: str = "inference.py", **files):
        for at, content in {name: text, **files}.items():
            (folder / at).write_text(content)

    return write


@pytest.fixture
def model(tmp_path, code, cancer):
    train, _ = cancer
    model = LogisticRegression(max_iter=5000).fit(train[:, 1:], train[:, 0])
    joblib.dump(model, tmp_path / "ml" / "model" / "model.joblib")
    return model


def test_defaults_of_scikit_learn(server, code, model, cancer):
    code(LOAD)
    one = server(SKLEARN)
    rows = cancer[1][:4, 1:]
    wanted = model.predict(rows)
    assert one.get("/ping") == (200, b"")
    status, answer, kind = one.invoke(as_csv(rows))
    assert (status, kind) == (200, "application/json")
    assert json.loads(answer) == wanted.tolist()
    answer = one.invoke(json.dumps(rows.tolist()), "application/json", "text/csv")[1]
    assert [float(line) for line in answer.splitlines()] == wanted.tolist()
    body = io.BytesIO()
    np.save(body, rows)
    answer = one.invoke(body.getvalue(), "application/x-npy", "application/x-npy")[1]
    assert np.load(io.BytesIO(answer)).tolist() == wanted.tolist()
    assert one.invoke(b"x", "image/png")[0] == 415
    assert one.invoke(as_csv(rows), accept="image/png")[0] == 406
    assert one.get("/execution-parameters")[0] == 404


def test_own_functions_with_context_and_content_type(server, code):
    code(
        "def model_fn(model_dir, context):\n    return context.system_properties['model_dir']\n"
        "def input_fn(data, content_type):\n    return [data, content_type]\n"
        "def predict_fn(data, model, context=None):\n"
        "    return [*data, model, context.get_request_header(0, 'X-Amzn-SageMaker-Custom-Attributes')]\n"
        "def output_fn(prediction, accept):\n    return repr(prediction), 'text/' + accept.split('/')[1]\n",
        name="serving.py",
    )
    one = server(SKLEARN, SAGEMAKER_PROGRAM="serving.py")
    headers = {"X-Amzn-SageMaker-Custom-Attributes": "trace=1"}
    status, answer, kind = one.invoke("ä".encode(), "text/csv; charset=utf-8", "some/thing", **headers)
    assert (status, kind) == (200, "text/thing")
    received = eval(answer)
    assert received[:2] == ["ä", "text/csv; charset=utf-8"]
    assert received[2].endswith("/ml/model")
    assert received[3] == "trace=1"
    assert eval(one.invoke(b"\xff\x00", "application/octet-stream")[1])[0] == b"\xff\x00"
    assert one.invoke(b"\xff", "text/csv")[0] == 415


def test_transform_fn(server, code):
    code(
        "def model_fn(model_dir): return 3\n"
        "def transform_fn(model, data, content_type, accept): return [model * int(data), accept]\n"
    )
    one = server(SKLEARN, SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT="application/json")
    assert json.loads(one.invoke(b"7", accept="*/*")[1]) == [21, "application/json"]


def test_the_code_may_lie_elsewhere_with_modules_of_its_own(server, tmp_path, code, model):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "mine.py").write_text(
        "from part import answer\ndef model_fn(d): return 1\ndef predict_fn(data, m): return answer\n"
    )
    (folder / "part.py").write_text("answer = [42]\n")
    one = server(SKLEARN, SAGEMAKER_PROGRAM="mine.py", SAGEMAKER_SUBMIT_DIRECTORY=f"file://{folder}")
    assert one.invoke(b"1,2")[1] == b"[42]"


def test_an_error_of_the_script_is_500_with_its_traceback(server, code):
    code("def model_fn(d): return 1\ndef predict_fn(data, model):\n    raise KeyError('age')\n")
    one = server(SKLEARN)
    status, answer, _ = one.invoke(b"1,2")
    assert status == 500
    assert b"'age'" in answer
    assert b"in predict_fn" in answer
    assert one.get("/ping")[0] == 200


FATAL = {
    "import": ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
    "syntax": ("def model_fn(d) return 1\n", "SyntaxError"),
    "load": ("def model_fn(d):\n    raise OSError('weights are missing')\n", "OSError: weights are missing"),
    "none": ("x = 1\n", "UserError: The script has no model_fn(model_dir)"),
    "both": (
        "def model_fn(d): pass\ndef transform_fn(m, d, c, a): pass\ndef predict_fn(d, m): pass\n",
        "UserError: The script defines transform_fn and also predict_fn",
    ),
    "arguments": ("def model_fn(): pass\n", "UserError: model_fn of the script takes 0 arguments, but must take 1"),
}


@pytest.mark.parametrize("case", FATAL)
def test_what_cannot_serve_ends_with_its_own_words(server, code, case):
    text, words = FATAL[case]
    code(text)
    one = server(SKLEARN)
    assert one.process.wait(20) == 1
    assert words in one.log
    assert ("Traceback" in one.log) == (not words.startswith("UserError"))


def test_a_missing_program_and_requirement(server, code):
    code("def model_fn(d): pass", **{"requirements.txt": "no-such-package-of-atelier\n"})
    one = server(SKLEARN, SAGEMAKER_PROGRAM="other.py")
    assert one.process.wait(20) == 1
    assert "UserError: The script other.py is not in" in one.log


def test_a_requirement_that_cannot_be_had(server, code):
    code("def model_fn(d): pass", **{"requirements.txt": "no-such-package-of-atelier\n"})
    one = server(SKLEARN, PIP_NO_INDEX="1")
    assert one.process.wait(20) == 1
    assert "UserError: The requirement no-such-package-of-atelier of requirements.txt could not be installed" in one.log


def test_xgboost_with_a_script_has_a_default_model_fn(server, code, tmp_path, diabetes):
    train, rows = diabetes
    booster = xgboost.train({}, xgboost.DMatrix(train[:, 1:], label=train[:, 0]), 5)
    (tmp_path / "ml" / "model" / "xgboost-model").write_bytes(booster.save_raw("ubj"))
    code(
        "def output_fn(prediction, accept):\n    return '|'.join(str(round(float(value), 3)) for value in prediction)\n"
    )
    one = server("areas.algorithms.xgboost.serve:main")
    wanted = booster.predict(xgboost.DMatrix(rows[:3, 1:]))
    answer = one.invoke(as_csv(rows[:3, 1:]))[1].decode()
    assert np.allclose([float(value) for value in answer.split("|")], wanted, atol=1e-2)
    assert one.invoke(b"x", "image/png")[0] == 415
