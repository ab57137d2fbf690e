"""Our S3 through boto3, against what the machine can write and hash, and against ``rclone serve s3``."""

import hashlib
import os
import subprocess
import tempfile
import time
from pathlib import Path

from bench.report import Row, median
from bench.stage import free_port, peer, process, studio, wait_for

LARGE, SMALL, COUNT = 256 * 1024 * 1024, 10 * 1024, 300


def compare() -> list[Row]:
    data, small = os.urandom(LARGE), os.urandom(SMALL)
    with tempfile.TemporaryDirectory() as folder, studio() as ours:
        client = ours.client("s3")
        client.create_bucket(Bucket="bench")
        pid = _engine_pid(ours)
        before = _memory(pid)
        put, get, limit = [], [], []
        for _ in range(3):
            limit.append(_limit(Path(folder) / "limit", data))
            put.append(_seconds(lambda: client.put_object(Bucket="bench", Key="large", Body=data)))
            get.append(_seconds(lambda: _drain(client.get_object(Bucket="bench", Key="large")["Body"])))
        growth = (_memory(pid) - before) / 1e6
        port = free_port()
        (Path(folder) / "rclone" / "bench").mkdir(parents=True)
        serve = [
            peer("rclone"),
            "serve",
            "s3",
            f"{folder}/rclone",
            "--addr",
            f"127.0.0.1:{port}",
            "--auth-key",
            "key,secret",
        ]
        with process(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            wait_for(f"http://127.0.0.1:{port}/", ok=(200, 403, 400))
            theirs = _small(_rclone(port), small)
            own = _small(client, small)
            theirs = [max(pair) for pair in zip(theirs, _small(_rclone(port), small), strict=True)]
            own = [max(pair) for pair in zip(own, _small(client, small), strict=True)]
    megabytes = LARGE / 1e6
    return [
        Row(
            "put 256 MB",
            "write and hash, one after the other",
            megabytes / median(limit),
            megabytes / median(put),
            "MB/s",
            "≥ 0.6",
            False,
        ),
        Row("get 256 MB", "limit of 400 MB/s", 400, megabytes / median(get), "MB/s", "≥ 1", False),
        Row("memory grown by 3 × 256 MB", "limit of 64 MB", 64, max(growth, 0.1), "MB", "≤ 1"),
        Row("put 10 KB, one thread", "rclone serve s3", theirs[0], own[0], "obj/s", "≥ 1", False),
        Row("get 10 KB, one thread", "rclone serve s3", theirs[1], own[1], "obj/s", "≥ 1", False),
    ]


def _limit(path: Path, data: bytes) -> float:
    """Writing the bytes and hashing them (MD5 for the ETag, SHA-256 for the signature), one after the other."""

    def work():
        path.write_bytes(data)
        hashlib.md5(data, usedforsecurity=False)
        hashlib.sha256(data)

    return _seconds(work)


def _seconds(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _drain(body) -> None:
    while body.read(1 << 20):
        pass


def _small(client, data: bytes) -> tuple[float, float]:
    put = _seconds(lambda: [client.put_object(Bucket="bench", Key=f"small/{n}", Body=data) for n in range(COUNT)])
    get = _seconds(lambda: [client.get_object(Bucket="bench", Key=f"small/{n}")["Body"].read() for n in range(COUNT)])
    return COUNT / put, COUNT / get


def _rclone(port: int):
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1", aws_access_key_id="key",
        aws_secret_access_key="secret", config=Config(response_checksum_validation="when_required"),
    )  # fmt: skip


def _engine_pid(ours) -> int:
    import psutil

    return next(
        child.pid
        for child in psutil.Process(ours.pid).children(recursive=True)
        if "engine.asgi:application" in child.cmdline()
    )


def _memory(pid: int) -> int:
    import psutil

    return psutil.Process(pid).memory_full_info().uss
