"""How data gets into the container: prefixes, manifests, File, FastFile and Pipe mode, configuration, checkpoints."""

import gzip
import json
import struct
import time

LIST = """
import os
for folder, _, names in sorted(os.walk("/opt/ml/input/data")):
    for name in sorted(names):
        path = os.path.join(folder, name)
        print("FILE", path.removeprefix("/opt/ml/input/data/"), open(path).read().strip())
"""


def channel(uri: str, kind: str = "S3Prefix", name: str = "train", **more) -> dict:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": uri}}, **more}


def files(training, *channels, script: str = LIST, **changes) -> list[str]:
    inputs = {"InputDataConfig": list(channels)} if channels else {}
    name = training.start(script, **inputs, **changes)
    done = training.wait(name)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    return [line.removeprefix("FILE ") for line in training.lines(name) if line.startswith("FILE ")]


def test_a_prefix_is_a_plain_string_prefix(training):
    """Below a folder's name without its slash, paths begin in that folder: the SDK v3 leaves the slash out."""
    training.put("p/x/y.csv", "1")
    training.put("p/x.csv", "2")
    training.put("p/other/z.csv", "3")
    training.put("p/x/", "")
    base = f"s3://{training.aws.bucket}"
    found = files(
        training, channel(f"{base}/p/", name="all"), channel(f"{base}/p/x", name="some"),
        channel(f"{base}/p/x/y.csv", name="one"),
    )  # fmt: skip
    assert sorted(found) == [
        "all/other/z.csv 3", "all/x.csv 2", "all/x/y.csv 1", "one/y.csv 1", "some/x.csv 2", "some/y.csv 1",
    ]  # fmt: skip


def test_keys_never_leave_the_channels_folder(training):
    training.put("evil/../../../etc/../a.csv", "1")
    assert files(training, channel(f"s3://{training.aws.bucket}/evil/")) == ["train/etc/a.csv 1"]


def test_a_manifest_is_prefix_plus_suffix(training):
    training.put("m/part-1.csv", "1")
    training.put("m/deep/2.csv", "2")
    training.put("m/left-out.csv", "3")
    base = f"s3://{training.aws.bucket}/m/"
    uri = training.put("manifests/a", json.dumps([{"prefix": base}, "part-1.csv", "deep/2.csv"]))
    assert files(training, channel(uri, "ManifestFile")) == ["train/part-1.csv 1", "train/deep/2.csv 2"]


def test_a_manifest_that_names_nothing(training):
    uri = training.put("manifests/b", json.dumps([{"prefix": f"s3://{training.aws.bucket}/m/"}, "missing.csv"]))
    done = training.run(LIST, InputDataConfig=[channel(uri, "ManifestFile")])
    assert done["TrainingJobStatus"] == "Failed"
    assert done["FailureReason"].startswith("ClientError: The manifest")
    assert "m/missing.csv, which does not exist" in done["FailureReason"]


def test_file_mode_is_a_copy_that_may_be_changed(training):
    uri = training.put("data/a.csv", "before")
    script = "p = '/opt/ml/input/data/train/a.csv'\nopen(p, 'w').write('after')\nprint('FILE', open(p).read())\n"
    assert files(training, channel(uri), script=script) == ["after"]
    assert training.s3.get_object(Bucket=training.aws.bucket, Key="data/a.csv")["Body"].read() == b"before"


def test_fast_file_mode_is_read_only(training):
    uri = training.put("data/a.csv", "before")
    script = (
        "p = '/opt/ml/input/data/train/a.csv'\nprint('FILE', open(p).read())\n"
        "try:\n    open(p, 'w')\nexcept OSError as error:\n    print('FILE', error.strerror)\n"
    )
    found = files(training, channel(uri, InputMode="FastFile"), script=script)
    assert found == ["before", "Read-only file system"]
    assert training.s3.get_object(Bucket=training.aws.bucket, Key="data/a.csv")["Body"].read() == b"before"


def test_pipe_mode_gives_a_fifo_for_each_epoch(training):
    training.put("pipe/1", gzip.compress(b"one\n"))
    training.put("pipe/2", gzip.compress(b"two\n"))
    script = (
        "import os, stat, time\n"
        "for epoch in range(2):\n"
        "    p = f'/opt/ml/input/data/train_{epoch}'\n"
        "    while not os.path.exists(p): time.sleep(0.01)\n"
        "    print('FILE', stat.S_ISFIFO(os.stat(p).st_mode), open(p).read().split())\n"
    )
    uri = f"s3://{training.aws.bucket}/pipe/"
    found = files(training, channel(uri, InputMode="Pipe", CompressionType="Gzip"), script=script)
    assert found == ["True ['one', 'two']"] * 2


def test_pipe_mode_wraps_records(training):
    uri = training.put("rec/1", b"abcde")
    script = "print('FILE', open('/opt/ml/input/data/train_0', 'rb').read().hex())\n"
    found = files(training, channel(uri, InputMode="Pipe", RecordWrapperType="RecordIO"), script=script)
    assert bytes.fromhex(found[0]) == struct.pack("<II", 0xCED7230A, 5) + b"abcde\0\0\0"


def test_the_configuration_files(training):
    uri = training.put("data/a.csv", "1")
    script = (
        "for n in ('hyperparameters', 'inputdataconfig', 'resourceconfig'):\n"
        "    print('FILE', open(f'/opt/ml/input/config/{n}.json').read())\n"
    )
    found = files(
        training, channel(uri, name="plain"), channel(uri, name="typed", ContentType="text/csv"),
        script=script, hyperparameters={"epochs": "3", "text": "a b"},
    )  # fmt: skip
    hyperparameters, inputs, resources = map(json.loads, found)
    code = {name: hyperparameters.pop(name) for name in ("sagemaker_program", "sagemaker_submit_directory")}
    assert hyperparameters == {"epochs": "3", "text": "a b"}  # the request's map, nothing added
    assert code["sagemaker_program"] == '"train.py"'
    plain = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    assert inputs == {"plain": plain, "typed": {**plain, "ContentType": "text/csv"}}
    assert resources["current_host"] == "algo-1"
    assert resources["hosts"] == ["algo-1"]
    assert resources["instance_groups"][0]["instance_type"] == "ml.m5.large"


def test_checkpoints_pass_from_job_to_job(training):
    script = """
from pathlib import Path
folder = Path("/opt/ml/checkpoints")
print("FILE", sorted(p.name for p in folder.iterdir()))
(folder / f"step-{len(list(folder.iterdir()))}").write_text("x")
"""
    config = {"S3Uri": f"s3://{training.aws.bucket}/checkpoints/{time.time()}/"}
    assert files(training, script=script, CheckpointConfig=config) == ["[]"]
    assert files(training, script=script, CheckpointConfig=config) == ["['step-0']"]
    assert files(training, script=script, CheckpointConfig=config) == ["['step-0', 'step-1']"]


def test_a_script_may_use_boto3_as_the_jobs_role(training):
    script = (
        "import boto3\n"
        "print('FILE', boto3.client('sts').get_caller_identity()['Arn'])\n"
        f"boto3.client('s3').put_object(Bucket='{training.aws.bucket}', Key='from-inside', Body=b'hi')\n"
    )
    (arn,) = files(training, script=script)
    assert arn == f"arn:aws:sts::{training.aws.number}:assumed-role/AtelierExecutionRole/SageMaker"
    assert training.s3.get_object(Bucket=training.aws.bucket, Key="from-inside")["Body"].read() == b"hi"


def test_network_isolation(training):
    script = (
        "import os, socket\nprint('FILE', 'AWS_ACCESS_KEY_ID' in os.environ)\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname())\nprint('FILE loopback works')\n"
        f"try:\n    socket.create_connection(('127.0.0.1', {training.aws.engine.port}), 2)\n"
        "except OSError:\n    print('FILE nobody there')\n"
    )
    found = files(training, script=script, EnableNetworkIsolation=True)
    assert found == ["False", "loopback works", "nobody there"]
