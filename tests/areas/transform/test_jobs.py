"""A transform job from Create to its end, as boto3 sees it: splitting, packing, joining, naming, environment."""

import gzip
import json
import re

# Answers each request with one line: which request it was, how many bytes it had, and what the container was told.
COUNT = """
import itertools, json, os
calls = itertools.count(1)
def transform_fn(model, data, content_type, accept):
    told = {name: value for name, value in os.environ.items() if name.startswith("SAGEMAKER_")}
    return json.dumps({"call": next(calls), "size": len(data), "env": told}), "application/json"
"""
# Answers each row with the sum of its numbers.
SUMS = """
def transform_fn(model, data, content_type, accept):
    return "".join(f"{sum(map(float, row.split(',')))}\\n" for row in data.splitlines() if row), "text/csv"
"""
ROWS = "".join(f"{number},{number / 10},0,1\n" for number in range(20))


def good(done: dict) -> dict:
    assert done["TransformJobStatus"] == "Completed", done.get("FailureReason")
    return done


def test_rows_keep_their_order_and_the_object_its_name(transform):
    """Behaviour 12, and what Describe answers."""
    uri = transform.put("in/data.csv", ROWS)
    done, found = transform.run(transform.script(SUMS), uri, output={"AssembleWith": "Line"})
    good(done)
    assert list(found) == ["data.csv.out"]
    assert found["data.csv.out"].decode().split() == [str(number + number / 10 + 1) for number in range(20)]
    assert done["CreationTime"] <= done["TransformStartTime"] <= done["TransformEndTime"]
    assert done["TransformInput"]["CompressionType"] == "None"
    assert done["DataProcessing"] == {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}
    assert "Tags" not in done


def test_each_object_below_a_prefix_keeps_its_place(transform):
    transform.put("pre/d/a.csv", "1\n")
    transform.put("pre/b.csv", "2\n")
    transform.put("pre/empty.csv", "")
    uri = transform.put("pre/c.csv.gz", gzip.compress(b"3\n"))
    folder = uri.rpartition("/")[0] + "/"
    done, found = transform.run(transform.script(SUMS), folder + "d/")
    assert good(done) and found == {"a.csv.out": b"1.0\n"}
    done, found = transform.run(transform.script(SUMS), uri, input={"CompressionType": "Gzip"})
    assert good(done) and found == {"c.csv.gz.out": b"3.0\n"}
    transform.s3.delete_object(Bucket=transform.aws.bucket, Key="pre/c.csv.gz")
    done, found = transform.run(transform.script(SUMS), folder)
    assert good(done) and found == {"d/a.csv.out": b"1.0\n", "b.csv.out": b"2.0\n", "empty.csv.out": b""}


def test_a_manifest_names_the_objects(transform):
    transform.put("m/a.csv", "1\n")
    transform.put("m/deep/b.csv", "2\n")
    transform.put("m/left-out.csv", "3\n")
    base = f"s3://{transform.aws.bucket}/m/"
    uri = transform.put("manifest", json.dumps([{"prefix": base}, "a.csv", "deep/b.csv"]))
    done, found = transform.run(transform.script(SUMS), uri, kind="ManifestFile")
    assert good(done) and found == {"a.csv.out": b"1.0\n", "deep/b.csv.out": b"2.0\n"}


def test_single_records_are_as_many_requests_as_rows(transform):
    """Behaviours 10 and 15: and the container is told what was asked for."""
    uri = transform.put("single.csv", ROWS)
    done, found = transform.run(
        transform.script(COUNT, SAGEMAKER_OWN="model's", SAGEMAKER_MINE="model's"), uri, BatchStrategy="SingleRecord",
        MaxPayloadInMB=2, MaxConcurrentTransforms=3, Environment={"SAGEMAKER_MINE": "job's"},
        output={"AssembleWith": "Line"},
    )  # fmt: skip
    good(done)
    answers = [json.loads(line) for line in found["single.csv.out"].splitlines()]
    assert sorted(answer["call"] for answer in answers) == list(range(1, 21))
    assert [answer["size"] for answer in answers] == [len(row) for row in ROWS.splitlines()]
    env = answers[0]["env"]
    assert env["SAGEMAKER_BATCH"] == "true"
    assert env["SAGEMAKER_BATCH_STRATEGY"] == "SINGLE_RECORD"
    assert env["SAGEMAKER_MAX_PAYLOAD_IN_MB"] == "2"
    assert env["SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"] == "3"
    assert (env["SAGEMAKER_OWN"], env["SAGEMAKER_MINE"]) == ("model's", "job's")
    said = transform.lines(done["TransformJobName"], data=True)
    assert "MaxConcurrentTransforms=3, MaxPayloadInMB=2, BatchStrategy=SINGLE_RECORD" in said[0]


def test_many_records_never_exceed_the_payload(transform):
    """Behaviour 11."""
    row = "1," * 499 + "1\n"
    uri = transform.put("many.csv", row * 2500)
    done, found = transform.run(transform.script(COUNT), uri, MaxPayloadInMB=1, output={"AssembleWith": "Line"})
    good(done)
    sizes = [json.loads(line)["size"] for line in found["many.csv.out"].splitlines()]
    assert sum(sizes) == len(row) * 2500
    assert all(size <= 1 << 20 and size % len(row) == 0 for size in sizes)
    assert len(sizes) == 3
    assert "SAGEMAKER_BATCH_STRATEGY" not in json.loads(found["many.csv.out"].splitlines()[0])["env"]


def test_an_object_as_it_is_and_as_a_stream(transform):
    uri = transform.put("whole.csv", ROWS)
    for size in (1, 0):
        done, found = transform.run(transform.script(COUNT), uri, MaxPayloadInMB=size, input={"SplitType": "None"})
        assert good(done) and json.loads(found["whole.csv.out"])["size"] == len(ROWS)


def test_xgboost_answers_with_its_own_parameters_and_is_joined(transform):
    """Behaviour 13 on a built-in model: /execution-parameters decides, ids come back beside the predictions."""
    uri = transform.put("ids.csv", "".join(f"row-{number},0.{number},0.1,0.2,0.3\n" for number in range(10)))
    done, found = transform.run(
        transform.xgboost(), uri, output={"AssembleWith": "Line", "Accept": "text/csv"},
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
    )  # fmt: skip
    good(done)
    rows = [line.split(",") for line in found["ids.csv.out"].decode().splitlines()]
    assert [row[0] for row in rows] == [f"row-{number}" for number in range(10)]
    assert all(0 < float(row[1]) < 1 for row in rows)
    said = transform.lines(done["TransformJobName"], data=True)[0]
    assert re.search(r"MaxConcurrentTransforms=[12], MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD", said)


def test_json_lines_are_joined(transform):
    """Behaviour 14 over the wire."""
    script = """
import json
def transform_fn(model, data, content_type, accept):
    assert (content_type, accept) == ("application/jsonlines",) * 2
    return "".join(json.dumps({"label": len(row)}) + "\\n" for row in data.splitlines()), accept
"""
    uri = transform.put("rows.jsonl", '{"key":1}\n[1,2]\n')
    kind = "application/jsonlines"
    done, found = transform.run(
        transform.script(script), uri, input={"ContentType": kind}, output={"Accept": kind, "AssembleWith": "Line"},
        DataProcessing={"JoinSource": "Input"},
    )  # fmt: skip
    assert good(done) and found["rows.jsonl.out"] == (
        b'{"key":1,"SageMakerOutput":{"label":9}}\n{"SageMakerInput":[1,2],"SageMakerOutput":{"label":5}}\n'
    )


def test_recordio_goes_to_the_model_in_frames(transform):
    import numpy

    from areas.algorithms.formats import recordio
    from areas.algorithms.formats.table import Table

    rows = numpy.array([[0.9, 0.1, 0.2, 0.3], [0.1, 0.1, 0.2, 0.3]], dtype="float32")
    uri = transform.put("rows.pbr", recordio.write(Table(rows)))
    kind = "application/x-recordio-protobuf"
    done, found = transform.run(transform.xgboost(), uri, input={"ContentType": kind, "SplitType": "RecordIO"})
    assert good(done) and len(found["rows.pbr.out"].split()) == 2


def test_several_instances_share_the_objects(transform):
    names = [f"shared/{number}.csv" for number in range(5)]
    for name in names:
        uri = transform.put(name, "1,2\n")
    script = f"import os\nprint('instance starts', flush=True)\n{SUMS}"
    done, found = transform.run(transform.script(script), uri.rpartition("/")[0] + "/", count=2)
    assert good(done) and found == {f"{number}.csv.out": b"3.0\n" for number in range(5)}
    assert transform.lines(done["TransformJobName"]).count("instance starts") == 2


def test_captured_data_and_inference_ids(transform):
    """Behaviour 18."""
    transform.put("cap/a.csv", "1\n2\n")
    uri = transform.put("cap/b.csv", "3\n")
    where = f"s3://{transform.aws.bucket}/captured"
    done, found = transform.run(
        transform.script(SUMS), uri.rpartition("/")[0] + "/", output={"Accept": "text/csv", "AssembleWith": "Line"},
        DataCaptureConfig={"DestinationS3Uri": where, "GenerateInferenceId": True},
    )  # fmt: skip
    good(done)
    rows = found["a.csv.out"].decode().splitlines()
    assert [len(row.split(",")) for row in rows] == [3, 3]
    listed = transform.s3.list_objects_v2(Bucket=transform.aws.bucket, Prefix="captured/")["Contents"]
    keys = [item["Key"] for item in listed]
    hour = done["TransformStartTime"].strftime("%Y/%m/%d/%H")
    assert [key.rpartition("/")[0] for key in keys] == [f"captured/input/{hour}", f"captured/output/{hour}"]
    read, written = (
        json.loads(transform.s3.get_object(Bucket=transform.aws.bucket, Key=key)["Body"].read()) for key in keys
    )
    assert read == [{"prefix": uri.rpartition("/")[0] + "/"}, "a.csv", "b.csv"]
    assert written == [{"prefix": done["TransformOutput"]["S3OutputPath"] + "/"}, "a.csv.out", "b.csv.out"]
