"""boto3 sends other bytes over TLS (aws-chunked with a trailing checksum); the same object must come of it."""

import os
import shutil
import subprocess
import threading
import time

import boto3
import pytest
import uvicorn
from botocore.config import Config

from tests.stage import free_port

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")


@pytest.fixture(scope="module")
def tls_port(engine, tmp_path_factory):
    from engine.asgi import application

    folder = tmp_path_factory.mktemp("tls")
    key, certificate = str(folder / "key"), str(folder / "certificate")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(application, port=port, loop="uvloop", http="httptools", log_level="warning",
                       lifespan="off", ssl_keyfile=key, ssl_certfile=certificate)
    )  # fmt: skip
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield port, certificate
    server.force_exit = server.should_exit = True  # boto3 keeps its connections open
    thread.join(5)


@pytest.mark.parametrize("size", [0, 10, 3_000_000, 20 << 20])
def test_over_both(aws, s3, tls_port, tmp_path, size):
    port, certificate = tls_port
    secure = boto3.client(
        "s3", endpoint_url=f"https://127.0.0.1:{port}", region_name=aws.region, verify=certificate,
        aws_access_key_id=aws.key.key_id, aws_secret_access_key=aws.key.secret, config=Config(retries={"max_attempts": 1}),
    )  # fmt: skip
    sent = []
    secure.meta.events.register("before-send.s3.*", lambda request, **_: sent.append(dict(request.headers)))
    path = tmp_path / "file"
    path.write_bytes(os.urandom(size))
    secure.upload_file(str(path), aws.bucket, "tls")
    s3.upload_file(str(path), aws.bucket, "plain")
    assert any(b"STREAMING-UNSIGNED-PAYLOAD-TRAILER" in headers.values() or
               "STREAMING-UNSIGNED-PAYLOAD-TRAILER" in headers.values() for headers in sent)  # fmt: skip
    heads = [s3.head_object(Bucket=aws.bucket, Key=key, ChecksumMode="ENABLED") for key in ("tls", "plain")]
    assert heads[0]["ETag"] == heads[1]["ETag"] and heads[0]["ChecksumCRC32"] == heads[1]["ChecksumCRC32"]
    assert "ContentEncoding" not in heads[0]
    assert secure.get_object(Bucket=aws.bucket, Key="plain")["Body"].read() == path.read_bytes()
    assert s3.get_object(Bucket=aws.bucket, Key="tls")["Body"].read() == path.read_bytes()
