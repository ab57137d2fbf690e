"""Presigned URLs: a plain HTTP client reads and writes with nothing but the URL."""

import urllib.error
import urllib.request

import pytest


def fetch(method, url, body=None, headers=None):
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.fixture(params=["s3", "s3v4"])
def signer(aws, request):
    return aws.client("s3", signature_version=request.param)


def test_get_and_put(aws, s3, signer):
    request = {"Bucket": aws.bucket, "Key": "dir/ключ a+b"}
    put = signer.generate_presigned_url("put_object", Params=request, ExpiresIn=60)
    assert fetch("PUT", put, b"by url", {"Content-Type": ""})[0] == 200
    assert s3.get_object(**request)["Body"].read() == b"by url"
    get = signer.generate_presigned_url(
        "get_object", Params=request | {"ResponseContentType": "text/plain"}, ExpiresIn=60
    )
    status, headers, body = fetch("GET", get)
    assert (status, body, headers["content-type"]) == (200, b"by url", "text/plain")
    assert fetch("GET", get.replace("dir", "other"))[0] == 403
    assert fetch("DELETE", get)[0] == 403


def test_range(aws, s3, signer):
    s3.put_object(Bucket=aws.bucket, Key="k", Body=b"0123456789")
    url = signer.generate_presigned_url("get_object", Params={"Bucket": aws.bucket, "Key": "k"})
    assert fetch("GET", url, headers={"Range": "bytes=3-5"})[2] == b"345"
