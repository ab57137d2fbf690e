"""Script mode runs the user's own script as SageMaker's training toolkit does."""

import io
import json
import os
import shlex
import signal
import sys
import tarfile
import time

import pytest

from areas.algorithms.script.environment import arguments, decoded, encode
from areas.algorithms.script.train import error_words
from tests.areas.algorithms.data import as_csv
from tests.areas.algorithms.stage import wait_for

SUBMIT = '"s3://bucket/job/source/sourcedir.tar.gz"'


@pytest.fixture
def script(job, tmp_path):
    """``script(**files)`` packs the source archive that the runner downloads; returns the environment that names it."""

    def pack(main: str = "", program: str = "train.py", **files) -> dict[str, str]:
        archive = tmp_path / "sourcedir.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            for name, text in {program: main, **files}.items():
                member = tarfile.TarInfo(name)
                member.size = len(text.encode())
                tar.addfile(member, io.BytesIO(text.encode()))
        return {"ATELIER_CODE_ARCHIVE": str(archive)}

    return pack


def run(job, env, **given) -> int:
    return job.run_script(env, sagemaker_program='"train.py"', sagemaker_submit_directory=SUBMIT, **given)


def test_a_real_scikit_learn_script(job, script, cancer):
    env = script(
        "import argparse, os, joblib, numpy as np\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from helper import scale\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('-c', type=float)\n"
        "parser.add_argument('--model-dir', default=os.environ['SM_MODEL_DIR'])\n"
        "parser.add_argument('--train', default=os.environ['SM_CHANNEL_TRAIN'])\n"
        "args = parser.parse_args()\n"
        "rows = np.loadtxt(os.path.join(args.train, 't.csv'), delimiter=',')\n"
        "model = LogisticRegression(C=args.c, max_iter=1000).fit(scale(rows[:, 1:]), rows[:, 0])\n"
        "print('accuracy=%.3f;' % model.score(scale(rows[:, 1:]), rows[:, 0]))\n"
        "joblib.dump(model, os.path.join(args.model_dir, 'model.joblib'))\n",
        **{"helper.py": "def scale(rows):\n    return (rows - rows.mean(0)) / rows.std(0)\n"},
    )
    job.put("train", "t.csv", as_csv(cancer[0]))
    assert run(job, env, c="0.5") == 0, job.log
    accuracy = float(job.log.partition("accuracy=")[2].partition(";")[0])
    assert accuracy > 0.95
    assert (job.base / "model" / "model.joblib").stat().st_size > 500
    assert (job.base / "output" / "success").read_bytes() == b""
    assert not (job.base / "output" / "failure").exists()


def test_what_the_script_sees(job, script):
    job.put("train", "x", "")
    job.put("test-set", "x", "")
    env = script(
        "import json, os, sys\n"
        "json.dump({'argv': sys.argv, 'cwd': os.getcwd(), 'env': dict(os.environ)}, open('/dev/stdout', 'w'))\n"
    )
    env["TRAINING_JOB_NAME"] = "job-7"
    given = {
        "epochs": "20", "b": '"x y"', "learning-rate": "1e-3", "flag": "true", "nested": '{"b": 2, "a": 1}',
        "plain": "text", "none": "null", "_tuning_objective_metric": "loss", "sagemaker_region": '"us-east-1"',
        "sagemaker_container_log_level": "10",
    }  # fmt: skip
    assert run(job, env, **given) == 0, job.log
    seen = json.loads(job.log[job.log.index('{"argv"') :])
    arguments = [
        "-b", "x y", "--epochs", "20", "--flag", "True", "--learning-rate", "0.001", "--nested", "a=1,b=2", "--none",
        "", "--plain", "text",
    ]  # fmt: skip
    assert seen["argv"] == ["train.py", *arguments]
    base = str(job.base)
    assert seen["cwd"] == f"{base}/code"
    env = seen["env"]
    assert json.loads(env["SM_USER_ARGS"]) == arguments
    hyperparameters = {
        "b": "x y", "epochs": 20, "flag": True, "learning-rate": 0.001, "nested": {"a": 1, "b": 2}, "none": None,
        "plain": "text",
    }  # fmt: skip
    expected = {
        "SM_MODEL_DIR": f"{base}/model",
        "SM_OUTPUT_DIR": f"{base}/output",
        "SM_OUTPUT_DATA_DIR": f"{base}/output/data",
        "SM_OUTPUT_INTERMEDIATE_DIR": f"{base}/output/intermediate",
        "SM_INPUT_DIR": f"{base}/input",
        "SM_INPUT_CONFIG_DIR": f"{base}/input/config",
        "SM_CHANNELS": '["test-set","train"]',
        "SM_CHANNEL_TRAIN": f"{base}/input/data/train",
        "SM_CHANNEL_TEST-SET": f"{base}/input/data/test-set",
        "SM_HPS": json.dumps(hyperparameters, sort_keys=True, separators=(",", ":")),
        "SM_HP_EPOCHS": "20",
        "SM_HP_LEARNING-RATE": "0.001",
        "SM_HP_NESTED": '{"a":1,"b":2}',
        "SM_HP_NONE": "",
        "SM_HOSTS": '["algo-1"]',
        "SM_CURRENT_HOST": "algo-1",
        "SM_NETWORK_INTERFACE_NAME": "eth0",
        "SM_NUM_GPUS": "0",
        "SM_NUM_NEURONS": "0",
        "SM_MODULE_NAME": "train",
        "SM_MODULE_DIR": SUBMIT.strip('"'),
        "SM_USER_ENTRY_POINT": "train.py",
        "SM_FRAMEWORK_MODULE": "",
        "SM_FRAMEWORK_PARAMS": "{}",
        "SM_LOG_LEVEL": "10",
        "SM_IS_HETERO": "false",
        "SM_CURRENT_INSTANCE_GROUP": "homogeneousCluster",
        "SM_CURRENT_INSTANCE_GROUP_HOSTS": '["algo-1"]',
        "SM_INSTANCE_GROUPS": '["homogeneousCluster"]',
        "SM_DISTRIBUTION_INSTANCE_GROUPS": "[]",
        "SAGEMAKER_JOB_NAME": "job-7",
        "SAGEMAKER_REGION": "us-east-1",
        "CURRENT_HOST": "algo-1",
    }
    assert {name: env.get(name) for name in expected} == expected
    assert int(env["SM_NUM_CPUS"]) >= 1
    whole = json.loads(env["SM_TRAINING_ENV"])
    assert whole["hyperparameters"] == hyperparameters
    assert whole["channel_input_dirs"]["train"] == f"{base}/input/data/train"
    assert json.loads(env["SM_INPUT_DATA_CONFIG"]) == job.channels
    assert "ATELIER_CODE_ARCHIVE" not in env


def test_a_script_that_raises(job, script):
    env = script("import sys\nprint('before')\nraise ValueError('the data is \"bad\"')\n")
    assert run(job, env, x="1") == 1
    command = shlex.join([sys.executable, "train.py", "-x", "1"])
    assert job.failure == (
        f'ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: the data is "bad""\nCommand "{command}"'
    )
    assert "Traceback (most recent call last)" in job.log
    assert job.log.index("before") < job.log.index("Traceback")


def test_a_script_that_exits_or_is_killed(job, script):
    assert run(job, script("import sys; print('no file', file=sys.stderr); sys.exit(3)")) == 1
    assert job.failure.startswith('ExecuteUserScriptError:\nExitCode 3\nErrorMessage "no file"\n')
    (job.base / "output" / "failure").unlink()
    assert run(job, script("import os; os.kill(os.getpid(), 9)")) == 1
    assert job.failure.startswith("ExecuteUserScriptError:\nExitCode 137\n")


def test_a_failure_file_of_the_scripts_own_is_kept_with_its_exit_code(job, script):
    env = script("import os, sys; open(os.environ['SM_OUTPUT_DIR'] + '/failure', 'w').write('mine'); sys.exit(3)")
    assert run(job, env) == 3
    assert job.failure == "mine"


def test_sigterm_reaches_the_script(job, script):
    env = script(
        "import signal, sys, time\n"
        "def stop(*_):\n    print('saving', flush=True)\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop)\nprint('ready')\ntime.sleep(60)\n"
    )
    process = job.start_script(env, sagemaker_program="train.py", sagemaker_submit_directory=SUBMIT)
    wait_for(lambda: "ready" in job.log)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert "saving" in job.log


def test_stopped_without_a_handler_leaves_no_failure(job, script):
    env = script("import time\nprint('ready')\ntime.sleep(60)\n")
    process = job.start_script(env, sagemaker_program="train.py", sagemaker_submit_directory=SUBMIT)
    wait_for(lambda: "ready" in job.log)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 143
    assert not (job.base / "output" / "failure").exists()


def test_output_is_streamed_and_a_process_left_behind_is_not_waited_for(job, script):
    env = script(
        "import os, sys, time\nprint('first')\ntime.sleep(0.5)\nprint('last')\nsys.stdout.flush()\n"
        "if not os.fork():\n    time.sleep(20)\n"
    )
    start = time.monotonic()
    process = job.start_script(env, sagemaker_program="train.py", sagemaker_submit_directory=SUBMIT)
    wait_for(lambda: "first" in job.log)
    assert "last" not in job.log
    assert process.wait(10) == 0
    assert time.monotonic() - start < 10


def test_the_first_line_comes_quickly(job, script):
    """From main() to the script: a few tens of milliseconds of our own besides the interpreter's start."""
    env = script("import time; print('at', time.time(), flush=True)")
    begun = time.time()
    assert job.run_script(env, sagemaker_program="train.py", sagemaker_submit_directory=SUBMIT) == 0
    assert float(job.log.partition("at ")[2].split()[0]) - begun < 3.0  # two interpreters, on a machine that is busy


def test_requirements_that_are_met_are_not_installed(job, script):
    met = "numpy>=1.20  # for arrays\nscikit-learn\nsomething-else; python_version < '3'\n\n# comment\n"
    assert run(job, script("print('ran')", **{"requirements.txt": met})) == 0, job.log
    assert "Installing" not in job.log


def test_requirements_install_from_what_is_given(job, script, tmp_path):
    """A local source tree is a requirement that pip can meet without network."""
    package = tmp_path / "tiny_thing-1.2-py3-none-any.whl"
    import zipfile

    with zipfile.ZipFile(package, "w") as wheel:
        wheel.writestr("tiny_thing.py", "WORD = 'installed'\n")
        wheel.writestr("tiny_thing-1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-thing\nVersion: 1.2\n")
        wheel.writestr(
            "tiny_thing-1.2.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr("tiny_thing-1.2.dist-info/RECORD", "")
    env = script("import tiny_thing; print(tiny_thing.WORD)", **{"requirements.txt": f"numpy\n{package}\n"})
    assert run(job, env) == 0, job.log
    assert "installed" in job.log
    assert (job.base / "packages" / "tiny_thing.py").exists()


def test_a_requirement_that_cannot_be_had_is_named(job, script):
    env = script("print('never')", **{"requirements.txt": "no-such-package-of-atelier==9\n"})
    env |= {"PIP_NO_INDEX": "1"}
    assert run(job, env) == 1
    assert job.failure.startswith(
        "UserError: The requirement no-such-package-of-atelier==9 of requirements.txt could not be installed: "
    )
    assert "never" not in job.log


@pytest.mark.parametrize("name", ["../evil.py", "/tmp/x-evil.py"])
def test_an_archive_writes_nothing_outside_the_code_folder(job, script, tmp_path, name):
    env = script("print('ran')", **{name: "print('evil')"})
    status = run(job, env)
    assert not (job.base / "evil.py").exists()
    assert not os.path.exists("/tmp/x-evil.py")
    if status:
        assert "outside the code folder" in job.failure


def test_bad_sources_are_one_sentence(job, script, tmp_path):
    assert run(job, script("", program="other.py")) == 1
    assert job.failure == "UserError: The entry point train.py is not in the source: it holds other.py."
    (tmp_path / "sourcedir.tar.gz").write_bytes(b"not a tar")
    assert run(job, {"ATELIER_CODE_ARCHIVE": str(tmp_path / "sourcedir.tar.gz")}) == 1
    assert job.failure.startswith("UserError: sourcedir.tar.gz is not a tar archive that can be read")
    assert run(job, {}) == 1
    assert "s3://bucket/job/source/sourcedir.tar.gz was not downloaded" in job.failure
    assert job.run_script() == 1
    assert job.failure.startswith("UserError: No script to run")


def test_shell_scripts_packages_and_the_code_channel(job, script):
    env = script('echo "got $1 $2"; exit 0\n', program="run.sh")
    assert job.run_script(env, sagemaker_program="run.sh", sagemaker_submit_directory=SUBMIT, name='"a; b"') == 0, (
        job.log
    )
    assert "got --name a; b" in job.log
    env = script("print(__name__, __spec__.name)", **{"setup.py": ""})
    assert run(job, env) == 0, job.log
    assert "__main__ train" in job.log
    job.put("code", "train.py", "print('from the channel')", None)
    assert job.run_script() == 0, job.log
    assert "from the channel" in job.log


def test_the_xgboost_image_runs_scripts_too(job, script):
    env = script(
        "from importlib.util import find_spec; print('found', find_spec('xgboost').name, find_spec('pandas').name)"
    )
    assert job.train(env=env.items(), sagemaker_program='"train.py"', sagemaker_submit_directory=SUBMIT) == 0, job.log
    assert "found xgboost pandas" in job.log


def test_values_are_encoded_as_the_toolkit_does():
    assert decoded({"a": '"x"', "b": "1.5", "c": "word"}) == {"a": "x", "b": 1.5, "c": "word"}
    assert arguments({"zeta": [1, 2], "a": None}) == ["-a", "", "--zeta", "[1, 2]"]
    assert encode({"b": 1, "a": [True]}) == '{"a":[true],"b":1}'


def test_the_words_of_an_error():
    head = "Traceback (most recent call last):"
    chained = f"{head}\n  x\nKeyError: 1\n\nDuring …\n\n{head}\n  y\nMine: two\nlines\n"
    assert error_words(chained) == "Mine: two\nlines"
    assert error_words("just\nwords\n") == "words"
    assert error_words("") == ""
