"""The picker of S3 addresses that create forms have: templates/areas/s3_field.html, static/areas/training/create.js."""

from django.http import HttpResponse
from django.shortcuts import render

from areas.calls import CallFailed, call


def browse(request, address: str) -> HttpResponse:
    """Folders and objects below an S3 URI: ``?uri=&field=``. ``address`` names the view that answers with this."""
    uri = request.GET.get("uri", "")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    prefix = key[: key.rfind("/") + 1]
    context = {
        "address": address,
        "field": request.GET.get("field", ""),
        "bucket": bucket,
        "prefix": prefix,
        "uri": f"s3://{bucket}/{prefix}",
    }
    try:
        if bucket:
            found = call(
                request.connection, "ListObjectsV2", service="s3", Bucket=bucket, Prefix=prefix, Delimiter="/",
                MaxKeys=200, **({"ContinuationToken": request.GET["more"]} if request.GET.get("more") else {}),
            )  # fmt: skip
            context["folders"] = [
                {"name": one["Prefix"][len(prefix) :], "uri": f"s3://{bucket}/{one['Prefix']}"}
                for one in found.get("CommonPrefixes", [])
            ]
            context["objects"] = [
                {"name": one["Key"][len(prefix) :], "uri": f"s3://{bucket}/{one['Key']}", "size": one["Size"]}
                for one in found.get("Contents", [])
                if one["Key"] != prefix
            ]
            context["more"] = found.get("NextContinuationToken", "")
            steps = prefix.strip("/").split("/") if prefix else []
            context["path"] = [
                {"name": step, "uri": f"s3://{bucket}/{'/'.join(steps[: i + 1])}/"} for i, step in enumerate(steps)
            ]
        else:
            found = call(request.connection, "ListBuckets", service="s3")["Buckets"]
            context["folders"] = [{"name": one["Name"], "uri": f"s3://{one['Name']}/"} for one in found]
    except CallFailed as failed:
        context["failed"] = failed
    return render(request, "areas/picker.html", context)
