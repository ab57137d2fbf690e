"""Buckets over HTTP, and what clients ask about a bucket that has nothing special."""

import re

from django.db import IntegrityError, transaction

from engine.errors import AwsError
from engine.models import Bucket, Part, S3Object, Upload
from engine.s3 import blobs, shared, xml
from engine.s3.headers import check_supported
from engine.s3.objects import owned_bucket, readable_bucket
from engine.s3.request import Reply, Request

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_LIKE_AN_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3")


def check_name(name: str) -> None:
    if (
        not _NAME.fullmatch(name) or ".." in name or _LIKE_AN_ADDRESS.fullmatch(name)
        or name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS)
    ):  # fmt: skip
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.", BucketName=name)


def create_bucket(request: Request) -> Reply:
    check_name(request.bucket)
    check_supported(request)
    region = _wanted_region(request)
    shared.bucket(request.bucket)  # so that nobody takes the name of one that AWS shares
    try:
        with transaction.atomic():
            Bucket.objects.create(name=request.bucket, account=request.account, region=region)
    except IntegrityError:
        if Bucket.objects.filter(name=request.bucket, account=request.account).exists():
            raise AwsError(
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
                409, BucketName=request.bucket,
            ) from None  # fmt: skip
        raise AwsError(
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
            "Please select a different name and try again.",
            409, BucketName=request.bucket,
        ) from None  # fmt: skip
    return Reply(headers={"location": f"/{request.bucket}"})


def _wanted_region(request: Request) -> str:
    here = request.context.region
    wanted = ""
    if request.body.strip():
        wanted = xml.read(request.body, "CreateBucketConfiguration").findtext("LocationConstraint") or ""
    if here == "us-east-1":
        return wanted or here
    if wanted != here:
        raise AwsError(
            "IllegalLocationConstraintException",
            f"The {wanted or 'unspecified'} location constraint is incompatible for the region specific endpoint "
            "this request was sent to.",
        )
    return wanted


def head_bucket(request: Request) -> Reply:
    return Reply(headers={"x-amz-bucket-region": readable_bucket(request).region, "x-amz-access-point-alias": "false"})


@transaction.atomic
def delete_bucket(request: Request) -> Reply:
    bucket = Bucket.objects.select_for_update().get(id=owned_bucket(request).id)
    if S3Object.objects.filter(bucket=bucket).exists():
        raise AwsError("BucketNotEmpty", "The bucket you tried to delete is not empty", 409, BucketName=bucket.name)
    parts = list(Part.objects.filter(upload__bucket=bucket).values_list("blob", flat=True))
    Upload.objects.filter(bucket=bucket).delete()
    bucket.delete()
    transaction.on_commit(lambda: blobs.remove(*parts))
    return Reply(204)


def list_buckets(request: Request) -> Reply:
    rows = Bucket.objects.filter(account=request.account).order_by("name")
    prefix, token = request.query.get("prefix", ""), request.query.get("continuation-token", "")
    if prefix:
        rows = rows.filter(name__startswith=prefix)
    if region := request.query.get("bucket-region"):
        rows = rows.filter(region=region)
    if token:
        rows = rows.filter(name__gt=token)
    limit = request.number("max-buckets", 10_000, 1, 10_000)
    found = list(rows[: limit + 1])
    listed = "".join(
        "<Bucket>"
        + xml.tags(Name=row.name, CreationDate=xml.moment(row.created), BucketRegion=row.region)
        + "</Bucket>"
        for row in found[:limit]
    )
    owner = "<Owner>" + xml.tags(ID=request.account, DisplayName=request.account) + "</Owner>"
    more = xml.tags(ContinuationToken=found[limit - 1].name if len(found) > limit else None, Prefix=prefix or None)
    return Reply(body=xml.document("ListAllMyBucketsResult", f"{owner}<Buckets>{listed}</Buckets>{more}"))


def get_location(request: Request) -> Reply:
    region = readable_bucket(request).region
    return Reply(body=xml.document("LocationConstraint", "" if region == "us-east-1" else xml.text(region)))


def _owner_acl(request: Request) -> str:
    owner = xml.tags(ID=request.account, DisplayName=request.account)
    grantee = (
        f'<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">{owner}</Grantee>'
    )
    return (
        f"<Owner>{owner}</Owner><AccessControlList><Grant>{grantee}<Permission>FULL_CONTROL</Permission></Grant>"
        "</AccessControlList>"
    )


def get_acl(request: Request) -> Reply:
    """The only ACL there is: everything to the owner."""
    owned_bucket(request)
    return Reply(body=xml.document("AccessControlPolicy", _owner_acl(request)))


# What a bucket that was never configured answers: a document, or the code and words of its absence.
_UNSET = {
    "versioning": ("VersioningConfiguration", ""),
    "notification": ("NotificationConfiguration", ""),
    "logging": ("BucketLoggingStatus", ""),
    "accelerate": ("AccelerateConfiguration", ""),
    "requestPayment": ("RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>"),
}
_ABSENT = {
    "policy": ("NoSuchBucketPolicy", "The bucket policy does not exist"),
    "policyStatus": ("NoSuchBucketPolicy", "The bucket policy does not exist"),
    "tagging": ("NoSuchTagSet", "The TagSet does not exist"),
    "cors": ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    "lifecycle": ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    "encryption": (
        "ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found",
    ),
    "replication": ("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
    "website": ("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
    "publicAccessBlock": ("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"),
    "ownershipControls": ("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
    "object-lock": ("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"),
}  # fmt: skip
PROBES = (*_UNSET, *_ABSENT)


def get_unset(request: Request) -> Reply:
    """The truth about settings that can't be made here: none was ever made."""
    bucket = owned_bucket(request)
    name = next(name for name in PROBES if name in request.query)
    if name in _UNSET:
        return Reply(body=xml.document(*_UNSET[name]))
    code, message = _ABSENT[name]
    raise AwsError(code, message, 404, BucketName=bucket.name)
