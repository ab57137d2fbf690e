"""Jobs with several instances: a container for each host, names that resolve, shares of the data, one ending."""

import json

import pytest

from catalog import metrics
from catalog.models import Record
from tests.areas.training.conftest import wait_for

TWO = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
WHO = """
import json, os, socket
about = json.load(open("/opt/ml/input/config/resourceconfig.json"))
me = about["current_host"]
"""
MEET = (
    WHO
    + """
if me == "algo-2":
    server = socket.create_server(("algo-2", 7777))
    peer, _ = server.accept()
    peer.sendall(b"hello of " + me.encode())
    peer.close()
else:
    import time
    for attempt in range(200):
        try:
            peer = socket.create_connection(("algo-2", 7777), timeout=5)
            break
        except OSError:
            time.sleep(0.05)
    print("HEARD", peer.recv(64).decode())
print("SEEN", me, sorted(os.listdir("/opt/ml/input/data/train")), sorted(os.listdir("/opt/ml/input/data/all")))
for folder in ("model", "output/data"):
    open(f"/opt/ml/{folder}/{me}.txt", "w").write(me)
    open(f"/opt/ml/{folder}/same.txt", "w").write(me)
print("loss=1.5;")
"""
)


def channel(training, name: str, distribution: str) -> dict:
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": f"s3://{training.aws.bucket}/shards/",
        "S3DataDistributionType": distribution,
    }
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def test_two_hosts_meet_share_the_data_and_leave_one_model(training):
    for number in range(3):
        training.put(f"shards/{number}.csv", "1")
    name = training.start(
        MEET, ResourceConfig=TWO, metrics=[("loss", "loss=([0-9.]+);")],
        InputDataConfig=[channel(training, "train", "ShardedByS3Key"), channel(training, "all", "FullyReplicated")],
    )  # fmt: skip
    done = training.wait(name)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    assert [one["Status"] for one in done["SecondaryStatusTransitions"]] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed",
    ]  # fmt: skip
    lines = training.lines(name)
    assert "HEARD hello of algo-2" in lines
    everything = "['0.csv', '1.csv', '2.csv']"
    assert f"SEEN algo-1 ['0.csv', '2.csv'] {everything}" in lines
    assert f"SEEN algo-2 ['1.csv'] {everything}" in lines
    assert [(one["MetricName"], one["Value"]) for one in done["FinalMetricDataList"]] == [("loss", 1.5)]
    expected = {"algo-1.txt": b"algo-1", "algo-2.txt": b"algo-2", "same.txt": b"algo-1"}
    assert training.model(done) == expected
    assert training.tar(f"s3://{training.aws.bucket}/out/{name}/output/output.tar.gz") == expected


def test_each_host_knows_the_others_and_has_a_log_of_its_own(training):
    name = training.start(WHO + "print(me, json.dumps(about), socket.gethostname())", ResourceConfig=TWO)
    training.wait(name)
    streams = training.aws.client("logs").describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{name}/"
    )["logStreams"]
    assert [stream["logStreamName"].rpartition("-")[0] for stream in streams] == [f"{name}/algo-1", f"{name}/algo-2"]
    said = [line.split(" ", 1) for line in training.lines(name) if line.startswith("algo-")]
    for me, rest in said:
        about, _, hostname = rest.rpartition(" ")
        assert json.loads(about)["hosts"] == ["algo-1", "algo-2"] and hostname == me
    assert sorted(me for me, _ in said) == ["algo-1", "algo-2"]


def test_one_host_that_fails_ends_the_others(training):
    script = (
        WHO
        + """
import sys, time
if me == "algo-2":
    open("/opt/ml/output/failure", "w").write("no luck")
    sys.exit(3)
time.sleep(60)
"""
    )
    done = training.wait(training.start(script, ResourceConfig=TWO))
    assert (done["TrainingJobStatus"], done["FailureReason"]) == ("Failed", "AlgorithmError: no luck, exit code: 3")


def test_a_stop_ends_every_host(training):
    name = training.start(WHO + "print('UP', flush=True)\nimport time\ntime.sleep(60)", ResourceConfig=TWO)
    wait_for(lambda: training.lines(name).count("UP") == 2)
    training.sagemaker.stop_training_job(TrainingJobName=name)
    assert training.wait(name)["TrainingJobStatus"] == "Stopped"


def test_more_hosts_than_the_machine_carries(training):
    with pytest.raises(
        training.sagemaker.exceptions.ClientError, match=r"ResourceLimitExceeded.*delta of 21 Instances"
    ):
        training.start(WHO, ResourceConfig={**TWO, "InstanceCount": 21})


def test_steps_count_on_over_hosts_and_attempts(training):
    """Lines that don't say their step: two hosts' points don't share steps, so that a curve doesn't zigzag."""
    script = WHO + "for number in range(3):\n    print(f'loss={number}.5;')"
    name = training.start(script, ResourceConfig=TWO, metrics=[("loss", "loss=([0-9.]+);")])
    training.wait(name)
    record = Record.objects.get(connection=training.aws.connection, kind="TrainingJob", name=name)
    series = metrics.series_of([record.id], ["loss"]).values()
    (curve,) = metrics.read(series).values()
    assert list(curve.step) == list(range(6))
