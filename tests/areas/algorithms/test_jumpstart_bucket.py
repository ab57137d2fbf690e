"""JumpStart's bucket: every account may read it, nobody may write it, and it holds what SDKs look for."""

import io
import json
import tarfile

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

NAME = "jumpstart-cache-prod-us-east-1"
IDS = {
    f"{name}-{problem}-{kind}"
    for name, kind in (("lightgbm", "model"), ("catboost", "model"), ("autogluon", "ensemble"))
    for problem in ("classification", "regression")
}


def refused(call, **request) -> str:
    with pytest.raises(ClientError) as found:
        call(**request)
    return found.value.response["Error"]["Code"]


def read(s3, key: str) -> bytes:
    return s3.get_object(Bucket=NAME, Key=key)["Body"].read()


def test_the_manifest_leads_to_specs_sources_and_images(aws):
    from areas.images import find

    s3 = aws.client("s3")
    headers = json.loads(read(s3, "models_manifest.json"))
    assert {header["model_id"] for header in headers} >= IDS
    for header in headers:
        specs = json.loads(read(s3, header["spec_key"]))
        assert (specs["model_id"], specs["version"]) == (header["model_id"], header["version"])
        for name, program in (("training", "transfer_learning.py"), ("hosting", "inference.py")):
            with tarfile.open(fileobj=io.BytesIO(read(s3, specs[f"{name}_script_key"]))) as tar:
                assert program in tar.getnames()
            image = specs[f"{name}_instance_type_variants"]["regional_aliases"]["us-east-1"]["alias_ecr_uri"]
            assert find(image), image
        s3.head_object(Bucket=NAME, Key=specs["training_artifact_key"])
    manifest = s3.head_object(Bucket=NAME, Key="models_manifest.json")
    assert manifest["ETag"] == s3.get_object(Bucket=NAME, Key="models_manifest.json")["ETag"]


def test_specs_hold_the_algorithms_own_hyperparameters(aws):
    from areas.algorithms.tabular import lightgbm

    specs = json.loads(read(aws.client("s3"), "community_models_specs/lightgbm-regression-model/specs_v2.0.0.json"))
    told = {one["name"]: one for one in specs["hyperparameters"] if one["scope"] == "algorithm"}
    assert set(told) == {item.name for item in lightgbm.PARAMETERS}
    assert told["learning_rate"] == {
        "name": "learning_rate", "default": "0.1", "scope": "algorithm", "type": "float", "exclusive_min": 0, "max": 1,
    }  # fmt: skip
    assert told["is_unbalance"]["type"] == "bool"
    assert "auto" in told["metric"]["options"]


def test_whoever_has_no_key_may_read_it_and_nothing_else(aws):
    s3 = boto3.client(
        "s3", endpoint_url=aws.engine.url, region_name="us-east-1",
        config=Config(signature_version=UNSIGNED, retries={"max_attempts": 1}),
    )  # fmt: skip
    assert json.loads(read(s3, "models_manifest.json"))
    assert s3.list_objects_v2(Bucket=NAME, Prefix="community_models_specs/", MaxKeys=2)["KeyCount"] == 2
    assert refused(s3.put_object, Bucket=NAME, Key="models_manifest.json", Body=b"[]") == "AccessDenied"
    assert refused(s3.get_object, Bucket=aws.bucket, Key="x") == "AccessDenied"
    assert refused(s3.list_objects_v2, Bucket=aws.bucket) == "AccessDenied"
    assert refused(s3.list_buckets) == "AccessDenied"


def test_nobody_may_change_it(aws):
    s3 = aws.client("s3")
    before = read(s3, "models_manifest.json")
    key = {"Bucket": NAME, "Key": "models_manifest.json"}
    assert refused(s3.put_object, **key, Body=b"[]") == "AccessDenied"
    assert refused(s3.delete_object, **key) == "AccessDenied"
    assert refused(s3.delete_objects, Bucket=NAME, Delete={"Objects": [{"Key": key["Key"]}]}) == "AccessDenied"
    assert refused(s3.put_object_tagging, **key, Tagging={"TagSet": []}) == "AccessDenied"
    assert refused(s3.create_multipart_upload, **key) == "AccessDenied"
    assert refused(s3.copy_object, **key, CopySource={"Bucket": NAME, "Key": key["Key"]}) == "AccessDenied"
    assert refused(s3.delete_bucket, Bucket=NAME) == "AccessDenied"
    assert refused(s3.create_bucket, Bucket=NAME) == "BucketAlreadyExists"
    assert refused(s3.create_bucket, Bucket="jumpstart-cache-prod-eu-west-1") == "BucketAlreadyExists"
    assert read(s3, "models_manifest.json") == before
    assert NAME not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_it_can_be_copied_from_and_is_there_in_each_region(aws):
    s3 = aws.client("s3")
    s3.copy_object(Bucket=aws.bucket, Key="copy", CopySource={"Bucket": NAME, "Key": "models_manifest.json"})
    assert s3.get_object(Bucket=aws.bucket, Key="copy")["Body"].read() == read(s3, "models_manifest.json")
    assert s3.head_bucket(Bucket="jumpstart-cache-prod-us-gov-west-1")["BucketRegion"] == "us-gov-west-1"
    assert refused(s3.head_bucket, Bucket="jumpstart-cache-prod-nowhere") == "404"


def test_a_role_that_sees_little_still_reads_it(aws, cast, django_db_blocker):
    with django_db_blocker.unblock():
        vera, charlie = cast.vera.client("s3"), cast.charlie.client("s3")
    assert json.loads(read(vera, "models_manifest.json"))
    # Charlie has no role here at all, and reads what anybody reads without a key.
    assert json.loads(read(charlie, "models_manifest.json"))
    assert refused(charlie.list_objects_v2, Bucket=aws.bucket) == "AccessDenied"


def test_what_was_lost_or_is_old_is_made_anew(aws, django_db_blocker):
    from engine.models import S3Object
    from engine.s3 import shared

    s3 = aws.client("s3")
    before = read(s3, "models_manifest.json")
    with django_db_blocker.unblock():
        row = S3Object.objects.get(bucket__name=NAME, key="models_manifest.json")
        S3Object.objects.filter(id=row.id).update(etag="of an older version")
        S3Object.objects.create(
            bucket=row.bucket, key="no longer there", blob="x", size=1, etag="x", modified=row.modified
        )
    shared._fresh.discard(NAME)
    assert read(s3, "models_manifest.json") == before
    assert refused(s3.head_object, Bucket=NAME, Key="no longer there") == "404"
