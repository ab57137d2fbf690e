"""BatchDataCaptureConfig: manifests that say which objects a job read and which it wrote.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-batch.html
"""

import json
import uuid
from datetime import UTC, datetime

from catalog.models import Record
from engine.errors import AwsError
from engine.runtime import data
from engine.runtime.drivers import JobFailed
from engine.s3 import store as s3


def write(record: Record, stored: list[tuple[str, str]]) -> None:
    """Write ``input/yyyy/mm/dd/hh/<uuid>.json`` and ``output/…`` of the same name below DestinationS3Uri, if it is asked for.

    ``stored`` are the URIs of each object and of its output. Written again after a kill, the manifests have the same names.
    """
    config = record.document.get("DataCaptureConfig")
    if not config or not stored:
        return
    connection = record.connection
    bucket, prefix = data.prefix_of(config["DestinationS3Uri"])
    hour = datetime.fromtimestamp(record.document["TransformStartTime"], UTC).strftime("%Y/%m/%d/%H")
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{record.arn}/{record.created.timestamp()}")
    for side, uris in (("input", [source for source, _ in stored]), ("output", [output for _, output in stored])):
        key = f"{prefix}{side}/{hour}/{name}.json"
        body = json.dumps(_manifest(uris)).encode()
        try:
            s3.put_bytes(connection.account, connection.region, bucket, key, body, content_type="application/json")
        except AwsError as error:
            raise JobFailed(
                f"ClientError: The capture can't be written to s3://{bucket}/{key}: {error.message}"
            ) from None


def _manifest(uris: list[str]) -> list:
    """``[{"prefix": "s3://b/in/"}, "a.csv", …]``: the folder that all have in common, and each below it."""
    first, last = min(uris), max(uris)
    same = next((place for place, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    base = first[: first.rfind("/", 0, same) + 1]
    return [{"prefix": base}, *(uri[len(base) :] for uri in uris)]
