"""What a processing container finds and is run as: files of /opt/ml/config, command, environment, folders."""

import importlib.util
import io
import json
import zipfile
from types import SimpleNamespace

from tests.areas.processing.conftest import OUT, s3_input, s3_output

LOOK = """
import json, os, sys
from pathlib import Path
out = Path("/opt/ml/processing/output")
told = {"argv": sys.argv, "env": dict(os.environ), "cwd": os.getcwd(), "made": Path("/opt/ml/processing/other").is_dir()}
for name in ("processingjobconfig", "resourceconfig"):
    told[name] = json.loads(Path(f"/opt/ml/config/{name}.json").read_text())
told["input"] = sorted(str(p.relative_to("/opt/ml/processing/data")) for p in Path("/opt/ml/processing/data").rglob("*.csv"))
(out / "told.json").write_text(json.dumps(told))
(out / "a").mkdir(); (out / "a" / "b.txt").write_text("deep")
(out / "link").symlink_to("/etc/passwd")
Path("/opt/ml/output/message").write_text("all is well")
"""


def test_a_container_finds_its_job_and_leaves_outputs_and_a_message(processing):
    bucket = processing.aws.bucket
    for key in ("in/x.csv", "in/deep/y.csv"):
        processing.put(key)
    outputs = [
        s3_output("out", f"s3://{bucket}/one/"),
        s3_output("other", f"s3://{bucket}/two", "/opt/ml/processing/other"),
    ]
    done = processing.run(
        LOOK, inputs=[s3_input("data", f"s3://{bucket}/in/", "/opt/ml/processing/data")], outputs=outputs,
        app={"ContainerArguments": ["--rate", "0.5", "two words", "$HOME"]}, Environment={"COLOUR": "red"},
    )  # fmt: skip
    assert done["ProcessingJobStatus"] == "Completed", processing.lines(done["ProcessingJobName"])
    assert done["ExitMessage"] == "all is well"
    assert done["CreationTime"] <= done["ProcessingStartTime"] <= done["ProcessingEndTime"]
    told = json.loads(processing.read(f"s3://{bucket}/one/told.json"))
    assert told["argv"] == ["/opt/ml/processing/input/code/script.py", "--rate", "0.5", "two words", "$HOME"]
    assert told["env"]["COLOUR"] == "red"
    assert told["env"]["PROCESSING_JOB_NAME"] == done["ProcessingJobName"]
    assert told["env"]["PROCESSING_JOB_ARN"] == done["ProcessingJobArn"]
    assert told["env"]["AWS_REGION"] == told["env"]["AWS_DEFAULT_REGION"] == "us-east-1"
    assert told["input"] == ["deep/y.csv", "x.csv"]
    assert told["made"], "the folder of an output exists before the start"
    assert processing.read(f"s3://{bucket}/one/a/b.txt") == b"deep"
    assert processing.keys("one/") == ["one/a/b.txt", "one/told.json"], "links are not followed"
    job = told["processingjobconfig"]
    assert job["ProcessingJobArn"] == done["ProcessingJobArn"]
    assert job["AppSpecification"]["ContainerArguments"] == ["--rate", "0.5", "two words", "$HOME"]
    assert job["ProcessingOutputConfig"]["KmsKeyId"] is None
    assert job["ProcessingInputs"][0]["S3Input"]["S3DownloadMode"] == "StartOfJob"
    assert told["resourceconfig"]["current_host"] == "algo-1"
    assert told["resourceconfig"]["hosts"] == ["algo-1"]


def test_arguments_that_are_not_given_are_null_and_nothing_is_appended(processing):
    uri = f"s3://{processing.aws.bucket}/plain"
    command = ["sh", "-c", f'cp /opt/ml/config/processingjobconfig.json {OUT}; echo "$#:$0" > {OUT}/seen', "zero"]
    done = processing.run(app={"ContainerEntrypoint": command}, outputs=[s3_output("out", uri)])
    assert done["ProcessingJobStatus"] == "Completed"
    job = json.loads(processing.read(f"{uri}/processingjobconfig.json"))
    assert job["AppSpecification"]["ContainerArguments"] is None
    assert job["AppSpecification"]["ContainerEntrypoint"] == command
    assert processing.read(f"{uri}/seen") == b"0:zero\n"
    assert "ExitMessage" not in done


def test_a_script_uses_the_images_libraries_and_boto3_as_the_job(processing):
    script = """
import boto3, sklearn, sys
print("prefix", sys.prefix, "sklearn", sklearn.__version__)
print("I am", boto3.client("sts").get_caller_identity()["Arn"])
"""
    uri = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
    name = processing.start(script, app={"ImageUri": uri})
    assert processing.wait(name)["ProcessingJobStatus"] == "Completed", processing.lines(name)
    assert any(":assumed-role/AtelierExecutionRole/" in line for line in processing.lines(name))


def test_network_isolation_cuts_the_job_off(processing):
    script = f"import socket; socket.create_connection(('127.0.0.1', {processing.aws.engine.port}), 2)"
    done = processing.run(script, NetworkConfig={"EnableNetworkIsolation": True})
    assert done["ProcessingJobStatus"] == "Failed"
    assert processing.run(script)["ProcessingJobStatus"] == "Completed"


def test_an_entrypoint_that_is_not_given_is_null():
    from areas.processing.engine.driver import _configuration

    document = {
        "AppSpecification": {"ImageUri": "python:3.11"}, "ProcessingInputs": [], "RoleArn": "r",
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large"}}, "StoppingCondition": {},
    }  # fmt: skip
    job, _ = _configuration(SimpleNamespace(document=document, arn="a", name="n"), ["algo-1"], "algo-1")
    assert job["to"] == "config/processingjobconfig.json"
    told = json.loads(job["text"])["AppSpecification"]
    assert told == {"ImageUri": "python:3.11", "ContainerEntrypoint": None, "ContainerArguments": None}


def test_pip_installs_beside_the_images_packages_and_leaves_them_alone(processing):
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("tinytool.py", "WORD = 'installed'\n")
        about = "Metadata-Version: 2.1\nName: tinytool\nVersion: 1.0\nRequires-Dist: numpy\n"
        file.writestr("tinytool-1.0.dist-info/METADATA", about)
        file.writestr("tinytool-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("tinytool-1.0.dist-info/RECORD", "")
    uri = processing.put("wheels/tinytool-1.0-py3-none-any.whl", wheel.getvalue())
    folder = "/opt/ml/processing/wheels"
    script = f"""
set -e
python -m pip install --no-index --find-links {folder} tinytool
python3 -c "import tinytool, numpy; print(tinytool.WORD, tinytool.__file__)"
"""
    command = ["bash", "-c", script]
    name = processing.start(app={"ContainerEntrypoint": command}, inputs=[s3_input("wheels", uri, folder)])
    assert processing.wait(name, 90)["ProcessingJobStatus"] == "Completed", processing.lines(name)
    assert any(line.startswith("installed /tmp/") for line in processing.lines(name))
    assert importlib.util.find_spec("tinytool") is None


def test_a_requirement_that_cannot_be_had_is_named_soon(processing):
    command = ["bash", "-c", "pip install --no-index no-such-thing==1"]
    done = processing.run(app={"ContainerEntrypoint": command})
    assert done["ProcessingJobStatus"] == "Failed"
    lines = processing.lines(done["ProcessingJobName"])
    assert any("No matching distribution found for no-such-thing==1" in line for line in lines)
