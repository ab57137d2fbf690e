"""How data comes in and goes out: single objects, manifests, Pipe mode, shards over hosts, Continuous outputs."""

import gzip
import json

from tests.areas.processing.conftest import OUT, s3_input, s3_output, wait_for

FOLDER = "/opt/ml/processing/data"
LIST = """
import json, sys
from pathlib import Path
host = json.loads(Path("/opt/ml/config/resourceconfig.json").read_text())
folder = Path("/opt/ml/processing/data")
names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
Path(f"/opt/ml/processing/output/{host['current_host']}.json").write_text(json.dumps([names, host["hosts"]]))
print("on", host["current_host"])
"""


def test_a_single_object_and_a_manifest(processing):
    bucket = processing.aws.bucket
    for key in ("d/one.csv", "d/sub/two.csv", "d/three.csv"):
        processing.put(key)
    manifest = processing.put("m.json", json.dumps([{"prefix": f"s3://{bucket}/d/"}, "sub/two.csv", "three.csv"]))
    inputs = [
        s3_input("single", f"s3://{bucket}/d/one.csv", f"{FOLDER}/single"),
        s3_input("manifest", manifest, f"{FOLDER}/manifest", S3DataType="ManifestFile"),
    ]
    done = processing.run(LIST, inputs=inputs)
    names, hosts = json.loads(processing.read(f"s3://{bucket}/{done['ProcessingJobName']}/out/algo-1.json"))
    assert names == ["manifest/sub/two.csv", "manifest/three.csv", "single/one.csv"]
    assert hosts == ["algo-1"]


def test_shards_go_to_hosts_that_each_have_a_log(processing):
    bucket = processing.aws.bucket
    for number in range(5):
        processing.put(f"s/{number}.csv")
    inputs = [
        s3_input("shards", f"s3://{bucket}/s/", f"{FOLDER}/shards", S3DataDistributionType="ShardedByS3Key"),
        s3_input("whole", f"s3://{bucket}/s/0.csv", f"{FOLDER}/whole"),
    ]
    done = processing.run(LIST, inputs=inputs, cluster={"InstanceCount": 2})
    name = done["ProcessingJobName"]
    assert done["ProcessingJobStatus"] == "Completed", processing.lines(name)
    told = [json.loads(processing.read(f"s3://{bucket}/{name}/out/algo-{n}.json")) for n in (1, 2)]
    shards = [[one for one in names if one.startswith("shards/")] for names, _ in told]
    assert sorted(shards[0] + shards[1]) == [f"shards/{number}.csv" for number in range(5)]
    assert all(shards)
    assert all("whole/0.csv" in names and hosts == ["algo-1", "algo-2"] for names, hosts in told)
    streams = processing.streams(name)
    assert [stream.rpartition("-")[0] for stream in streams] == [f"{name}/algo-1", f"{name}/algo-2"]
    assert {"on algo-1", "on algo-2"} <= set(processing.lines(name))


def test_one_host_that_fails_fails_the_job(processing):
    script = """
import json, sys, time
host = json.load(open("/opt/ml/config/resourceconfig.json"))["current_host"]
if host == "algo-2":
    sys.exit(3)
time.sleep(60)
"""
    done = processing.run(script, cluster={"InstanceCount": 2})
    assert done["ProcessingJobStatus"] == "Failed"
    assert done["FailureReason"].endswith("exit code: 3")


def test_pipe_mode_streams_objects_one_after_another_and_unpacks_gzip(processing):
    bucket = processing.aws.bucket
    processing.put("p/1.csv.gz", gzip.compress(b"1,2\n"))
    processing.put("p/2.csv.gz", gzip.compress(b"3,4\n"))
    inputs = [s3_input("data", f"s3://{bucket}/p/", FOLDER, S3InputMode="Pipe", S3CompressionType="Gzip")]
    done = processing.run(app={"ContainerEntrypoint": ["sh", "-c", f"cat {FOLDER}_0 > {OUT}/all"]}, inputs=inputs)
    assert processing.read(f"s3://{bucket}/{done['ProcessingJobName']}/out/all") == b"1,2\n3,4\n"


def test_a_continuous_output_is_in_s3_before_the_job_ends(processing):
    script = """
import signal, sys, time
from pathlib import Path
out = Path("/opt/ml/processing/output")
def leave(*_):
    (out / "late.txt").write_text("late")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
(out / "sub").mkdir(); (out / "sub" / "early.txt").write_text("early")
(out / "link").symlink_to("/etc/passwd")
time.sleep(60)
"""
    uri = f"s3://{processing.aws.bucket}/live"
    name = processing.start(script, outputs=[s3_output("out", uri, mode="Continuous")])
    wait_for(lambda: "live/sub/early.txt" in processing.keys("live/"))
    assert processing.describe(name)["ProcessingJobStatus"] == "InProgress"
    processing.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert processing.wait(name)["ProcessingJobStatus"] == "Stopped"
    assert processing.keys("live/") == ["live/late.txt", "live/sub/early.txt"]
    assert processing.read(f"{uri}/late.txt") == b"late"
