"""Large artifacts in parts, as MLflow's clients send them where MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD says so.

Each part goes to an address of this server, with the client's own Authorization header: no address opens anything by itself.
"""

from urllib.parse import quote, urlencode

from areas.experiments.mlflow.artifacts import Place, ensure_bucket, place_of, s3_request
from areas.experiments.mlflow.asked import Asked
from areas.experiments.mlflow.errors import invalid
from engine.s3 import multipart, xml
from engine.s3.request import Reply
from engine.s3.threads import run_orm

MOST_PARTS = multipart.MOST_PARTS


def create(asked: Asked, headers: dict[str, str]) -> dict:
    """Begin an upload: its id, and an address for each part."""
    place = _file(asked)
    parts = asked.whole("num_parts", 1, low=1, high=MOST_PARTS)
    ensure_bucket(asked)
    request = s3_request(asked, "POST", place.key, {}, None, uploads="")
    upload = xml.read(multipart.create_upload(request).body, "InitiateMultipartUploadResult").findtext("UploadId")
    base = f"http://{headers.get('host', '')}/mlflow/{quote(asked.connection.name)}/api/2.0/mlflow-artifacts/mpu/part/"
    base += quote(place.folder + place.path)
    return {
        "upload_id": upload,
        "credentials": [
            {
                "url": f"{base}?{urlencode({'upload_id': upload, 'part_number': number})}", "part_number": number,
                "headers": {"Authorization": headers["authorization"]},
            }
            for number in range(1, parts + 1)
        ],
    }  # fmt: skip


async def put_part(asked: Asked, headers: dict[str, str], receive) -> Reply:
    place = await run_orm(place_of, asked, asked.labels["path"], "update")
    number = str(asked.whole("part_number", low=1, high=MOST_PARTS) or "")
    request = s3_request(asked, "PUT", place.key, headers, receive, uploadId=asked.text("upload_id"), partNumber=number)
    return await multipart.upload_part(request)


def complete(asked: Asked) -> dict:
    place = _file(asked)
    request = s3_request(asked, "POST", place.key, {}, None, uploadId=asked.text("upload_id"))
    listed = "".join(
        f"<Part>{xml.tags(PartNumber=_number(one), ETag=str(one.get('etag') or ''))}</Part>"
        for one in asked.items("parts")
    )
    request.body, request.body_read = xml.document("CompleteMultipartUpload", listed), True
    multipart.complete_upload(request)
    return {}


def abort(asked: Asked) -> dict:
    place = _file(asked)
    multipart.abort_upload(s3_request(asked, "DELETE", place.key, {}, None, uploadId=asked.text("upload_id")))
    return {}


def _file(asked: Asked) -> Place:
    """The path of the address is the folder; ``path`` names the file, as the client has it on its disk."""
    name = asked.text("path").replace("\\", "/").rpartition("/")[2]
    place = place_of(asked, f"{asked.labels['path'].rstrip('/')}/{name}", "update")
    if not name or not place.path:
        raise invalid("Invalid path: the name of the file is missing.")
    return place


def _number(part: dict) -> int:
    number = part.get("part_number")
    if not isinstance(number, int):
        raise invalid("Each part needs its part_number.")
    return number
