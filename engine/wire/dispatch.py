"""Which service a request is for, and in which family of protocols it wants its answer."""

import re

from engine.errors import AwsError
from engine.wire import services

_RPC = re.compile(r"/service/(\w+)/operation/(\w+)")


def recognise(signed_for: str, method: str, path: str, headers: dict[str, str]) -> tuple[str, str]:
    """(family, botocore's name of the service) of a request. The signed service comes first: a bucket may be called
    ``endpoints``. What is neither signed nor recognisable is taken for S3. The service is "" where it is not known.

    InvalidSignatureException if it is signed for another service than the one it names.
    """
    if signed_for == "s3":
        return "s3", "s3"
    target = headers.get("x-amz-target", "").partition(".")[0]
    rpc = _RPC.fullmatch(path) if headers.get("smithy-protocol") == "rpc-v2-cbor" else None
    if target or rpc:
        service = services.TARGETS.get(rpc[1] if rpc else target, "")
        signing_name = services.SIGNING.get(service, service)
        if signed_for and service and signed_for != signing_name:
            raise AwsError(
                "InvalidSignatureException", f"Credential should be scoped to correct service: '{signing_name}'."
            )
        return ("cbor" if rpc else "json"), service
    if signed_for in services.QUERY:
        return "query", services.QUERY[signed_for]
    runtime = services.by_path(path)
    if signed_for == "sagemaker":
        return ("rest-json", runtime) if runtime else ("json", "sagemaker")
    if signed_for:
        return "json", ""
    if (
        method == "POST"
        and path == "/"
        and headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    ):
        return "query", "sts"
    if method == "POST" and path.startswith("/endpoints/"):
        return "rest-json", runtime
    return "s3", "s3"
