"""Which function answers which S3 request, as a list that reads aloud."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import AwsError
from engine.s3 import buckets, copying, listing, multipart, objects, tagging
from engine.s3.request import Request


@dataclass(frozen=True)
class Route:
    """The first route fits whose method is the request's and whose query parameters and headers are all there."""

    methods: str
    answer: Callable
    needs: tuple[str, ...] = ()  # query parameters
    header: str = ""
    reads: str = ""  # "document": the body is read first; "stream": the function is asynchronous and reads it itself


SERVICE = (Route("GET", buckets.list_buckets),)

BUCKET = (
    Route("GET HEAD", buckets.get_location, ("location",)),
    Route("GET", listing.list_uploads, ("uploads",)),
    Route("GET", listing.list_versions, ("versions",)),
    Route("GET", buckets.get_acl, ("acl",)),
    *(Route("GET", buckets.get_unset, (name,)) for name in buckets.PROBES),
    Route("GET", listing.list_objects_v2, ("list-type",)),
    Route("GET", listing.list_objects),
    Route("HEAD", buckets.head_bucket),
    Route("PUT", buckets.create_bucket, reads="document"),
    Route("DELETE", buckets.delete_bucket),
    Route("POST", objects.delete_objects, ("delete",), reads="document"),
)

OBJECT = (
    Route("GET", tagging.get_tagging, ("tagging",)),
    Route("PUT", tagging.put_tagging, ("tagging",), reads="document"),
    Route("DELETE", tagging.delete_tagging, ("tagging",)),
    Route("GET", buckets.get_acl, ("acl",)),
    Route("GET", multipart.list_parts, ("uploadId",)),
    Route("POST", multipart.create_upload, ("uploads",)),
    Route("PUT", multipart.copy_part, ("partNumber", "uploadId"), header="x-amz-copy-source"),
    Route("PUT", multipart.upload_part, ("partNumber", "uploadId"), reads="stream"),
    Route("POST", multipart.complete_upload, ("uploadId",), reads="document"),
    Route("DELETE", multipart.abort_upload, ("uploadId",)),
    Route("GET HEAD", objects.get_object),
    Route("PUT", copying.copy_object, header="x-amz-copy-source"),
    Route("PUT", objects.put_object, reads="stream"),
    Route("DELETE", objects.delete_object),
)

# Query parameters that make a request another one. Those that no route names are not built, whatever the method.
SUBRESOURCES = {
    "accelerate", "acl", "analytics", "append", "attributes", "cors", "delete", "encryption", "intelligent-tiering",
    "inventory", "legal-hold", "lifecycle", "location", "logging", "metadataTable", "metrics", "notification",
    "object-lock", "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "renameObject", "replication",
    "requestPayment", "restore", "retention", "select", "session", "tagging", "torrent", "uploadId", "uploads",
    "versioning", "versions", "website",
}  # fmt: skip


def route_of(request: Request) -> Route:
    """The route of a request; NotImplemented for what S3 has and the engine hasn't; MethodNotAllowed for what no S3 has."""
    asked = SUBRESOURCES & request.query.keys()
    table = OBJECT if request.key else BUCKET if request.bucket else SERVICE
    for route in table:
        if (
            request.method in route.methods.split()
            and all(name in request.query for name in route.needs)
            and (not route.header or route.header in request.headers)
            and asked <= set(route.needs)
        ):
            return route
    if asked or request.method == "POST":
        what = f"{request.method} of {', '.join(sorted(asked)) or 'a form'}"
        raise AwsError("NotImplemented", f"{what} is not supported by the embedded engine yet.", 501)
    raise AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
