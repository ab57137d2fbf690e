"""Instance groups, augmented manifests and TensorBoard folders: what each host is told and given."""

import json
import struct

import pytest

from tests.areas.training.conftest import wait_for
from tests.areas.training.test_create import channel, refusal

GROUPS = [
    {"InstanceGroupName": "big", "InstanceType": "ml.m5.large", "InstanceCount": 2},
    {"InstanceGroupName": "small", "InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
]
TELL = """
import json, os
from pathlib import Path
config = Path("/opt/ml/input/config")
told = json.loads((config / "resourceconfig.json").read_text())
data = Path("/opt/ml/input/data")
seen = {one.name: sorted(file.name for file in one.iterdir()) for one in data.iterdir()} if data.exists() else {}
Path("/opt/ml/output/data", told["current_host"] + ".json").write_text(json.dumps({
    **told, "seen": seen, "channels": sorted(json.loads((config / "inputdataconfig.json").read_text())),
    "hetero": os.environ["SM_IS_HETERO"], "group": os.environ["SM_CURRENT_INSTANCE_GROUP"],
}))
"""


def test_each_group_has_its_hosts_and_channels(training):
    for name in ("a", "b", "c"):
        training.put(f"shared/{name}")
    shared = channel(f"s3://{training.aws.bucket}/shared/", name="shared")
    sharded = channel(f"s3://{training.aws.bucket}/shared/", name="sharded")
    sharded["DataSource"]["S3DataSource"] |= {
        "S3DataDistributionType": "ShardedByS3Key", "InstanceGroupNames": ["big"],
    }  # fmt: skip
    resources = {"InstanceGroups": GROUPS, "VolumeSizeInGB": 1}
    done = training.run(TELL, ResourceConfig=resources, InputDataConfig=[shared, sharded])
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    output = done["ModelArtifacts"]["S3ModelArtifacts"].replace("model.tar.gz", "output.tar.gz")
    told = {name.removesuffix(".json"): json.loads(body) for name, body in training.tar(output).items()}
    assert sorted(told) == ["algo-1", "algo-2", "algo-3"]
    assert {host: one["current_group_name"] for host, one in told.items()} == {
        "algo-1": "big", "algo-2": "big", "algo-3": "small"
    }  # fmt: skip
    assert told["algo-3"]["current_instance_type"] == "ml.c5.xlarge"
    assert told["algo-1"]["instance_groups"] == [
        {"instance_group_name": "big", "instance_type": "ml.m5.large", "hosts": ["algo-1", "algo-2"]},
        {"instance_group_name": "small", "instance_type": "ml.c5.xlarge", "hosts": ["algo-3"]},
    ]
    assert told["algo-1"]["hetero"] == "true"
    assert told["algo-3"]["channels"] == ["shared"]
    assert "sharded" not in told["algo-3"]["seen"]
    parts = [told[host]["seen"]["sharded"] for host in ("algo-1", "algo-2")]
    assert sorted(parts[0] + parts[1]) == ["a", "b", "c"]
    assert parts[0] and parts[1]
    assert told["algo-3"]["seen"]["shared"] == ["a", "b", "c"]


@pytest.mark.parametrize(("resources", "words"), [
    ({"InstanceGroups": [GROUPS[0], GROUPS[0]], "VolumeSizeInGB": 1}, "must differ"),
    ({"InstanceGroups": GROUPS, "InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}, "not both"),
    ({"InstanceGroups": GROUPS, "VolumeSizeInGB": 1, "KeepAlivePeriodInSeconds": 60}, "Warm pools"),
])  # fmt: skip
def test_groups_that_can_not_be_are_refused(training, resources, words):
    assert words in refusal(training, ResourceConfig=resources)


def test_a_channel_names_groups_that_there_are(training):
    uri = training.put("data/one.csv")
    one = channel(uri)
    one["DataSource"]["S3DataSource"]["InstanceGroupNames"] = ["huge"]
    assert "names huge, which" in refusal(training, InputDataConfig=[one])


class TestAugmentedManifests:
    READ = """
from pathlib import Path
for epoch in range(2):
    Path(f"/opt/ml/model/{epoch}").write_bytes(open(f"/opt/ml/input/data/train_{epoch}", "rb").read())
"""

    def manifest(self, training, lines) -> dict:
        uri = training.put("manifest.jsonl", "\n".join(json.dumps(line) for line in lines))
        made = channel(uri, "AugmentedManifestFile", InputMode="Pipe")
        made["DataSource"]["S3DataSource"]["AttributeNames"] = ["source-ref", "label"]
        return made

    def test_attributes_are_streamed_as_records_in_order(self, training):
        first, second = training.put("pictures/1", b"one"), training.put("pictures/2", b"second")
        lines = [{"source-ref": first, "label": 7, "more": 1}, {"label": {"a": [1]}, "source-ref": second}]
        made = self.manifest(training, lines) | {"RecordWrapperType": "RecordIO"}
        model = training.model(training.run(self.READ, InputDataConfig=[made]))
        records, rest = [], model["0"]
        while rest:
            magic, length = struct.unpack("<II", rest[:8])
            assert magic == 0xCED7230A
            records.append(rest[8 : 8 + length])
            rest = rest[8 + length + -length % 4 :]
        assert records == [b"one", b"7", b"second", b'{"a": [1]}']
        assert model["1"] == model["0"]

    def test_lines_are_shuffled_whole_and_differently_each_epoch(self, training):
        picture = training.put("pictures/1", b"p")
        made = self.manifest(training, [{"source-ref": picture, "label": f"<{n}>"} for n in range(30)])
        model = training.model(training.run(self.READ, InputDataConfig=[made | {"ShuffleConfig": {"Seed": 3}}]))
        parts = [model[epoch].decode().split("p")[1:] for epoch in ("0", "1")]
        assert parts[0] != parts[1]
        assert sorted(parts[0]) == sorted(parts[1]) == sorted(f"<{n}>" for n in range(30))

    @pytest.mark.parametrize(("lines", "words"), [
        ([{"label": 1}], "Line 1 of the manifest"),
        ([{"source-ref": "s3://nowhere/at-all", "label": 1}], "does not exist"),
        ([[1]], "is no JSON object"),
    ])  # fmt: skip
    def test_a_broken_manifest_fails_the_job_and_says_where(self, training, lines, words):
        done = training.run(self.READ, InputDataConfig=[self.manifest(training, lines)])
        assert done["FailureReason"].startswith("ClientError: ")
        assert words in done["FailureReason"]

    def test_attributes_must_be_named(self, training):
        uri = training.put("manifest.jsonl", "{}")
        made = channel(uri, "AugmentedManifestFile", InputMode="Pipe")
        assert "AttributeNames of channel train" in refusal(training, InputDataConfig=[made])


def test_tensorboards_folder_is_stored_while_the_job_runs(training):
    script = """
import time
from pathlib import Path
folder = Path("/opt/ml/output/tensorboard/run")
folder.mkdir(parents=True)
(folder / "events.out.tfevents.1").write_bytes(b"scalars")
print("written", flush=True)
time.sleep(30)
"""
    board = {"S3OutputPath": f"s3://{training.aws.bucket}/boards"}
    name = training.start(script, TensorBoardOutputConfig=board)
    training.wait_for_line(name, "written")
    key = f"boards/{name}/tensorboard-output/run/events.out.tfevents.1"
    wait_for(lambda: training.s3.list_objects_v2(Bucket=training.aws.bucket, Prefix=key).get("Contents"))
    assert training.describe(name)["TrainingJobStatus"] == "InProgress"
    training.sagemaker.stop_training_job(TrainingJobName=name)
    training.wait(name)
