"""The SDK v2's Debugger runs unchanged against the engine."""

import pytest

from tests.clients.test_clients import HERE, V2, _run, environment  # noqa: F401 - a fixture

pytestmark = [pytest.mark.slow, pytest.mark.clients]


@pytest.mark.skipif(not V2.exists(), reason="SDK v2 needs an environment of its own: make .venv/sdk2.stamp")
def test_sdk_v2s_rules_hook_and_profiler(environment, aws):  # noqa: F811
    told, _ = _run([V2, HERE / "debugger_v2.py"], environment)
    rules = {name.split("-")[0]: status for name, status in told.items()}
    assert rules["Overfit"] == "IssuesFound"
    assert rules["CreateXgboostReport"] == "NoIssuesFound"
    assert rules["LossNotDecreasing"] in ("NoIssuesFound", "IssuesFound")
    assert rules["ProfilerReport"] in ("NoIssuesFound", "IssuesFound")
    s3 = aws.client("s3")
    for uri in (told["tensors"], told["samples"]):
        assert s3.list_objects_v2(Bucket=aws.bucket, Prefix=uri.split("/", 3)[3])["KeyCount"], uri
