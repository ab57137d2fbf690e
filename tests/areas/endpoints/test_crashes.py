"""What is killed comes back, or says why it doesn't."""

import os
import signal
import socket
import time

import psutil
import pytest
from botocore.exceptions import ClientError
from django.conf import settings

SILENT = """
import time
def model_fn(folder):
    time.sleep(600)
"""
RAISES = """
raise RuntimeError("the weights of this model are cursed")
"""


def kill(instance: dict) -> None:
    """SIGKILL everything of a model server."""
    from engine.hosting import servers

    shim = psutil.Process(servers.process(instance).pid)
    family = [*shim.children(recursive=True), shim]
    for process in family:
        process.send_signal(signal.SIGKILL)
    psutil.wait_procs(family, timeout=5)


def test_killed_server_comes_back(host):
    host.model("m")
    host.config("c")
    host.deploy("e", "c")
    host.invoke("e")
    (before,) = host.servers("e")
    kill(before)
    deadline = time.monotonic() + 15
    while True:  # it is waited for, or refused in honest words; then it is back
        try:
            host.invoke("e")
            break
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ModelError"
            assert time.monotonic() < deadline
    (after,) = host.servers("e")
    assert after["id"] == before["id"] and after["attempt"] == before["attempt"] + 1
    host.until(lambda: host.describe("e")["ProductionVariants"][0]["CurrentInstanceCount"] == 1)
    text = host.log("e", f"AllTraffic/{before['id']}")
    assert "[atelier] Down: " in text


def test_clients_that_hang_up_are_survived(host):
    from engine.hosting import servers

    host.until(lambda: (settings.RUN_DIR / "forkserver.sock").exists())  # a fork keeps what Python sets at its start
    host.model("m")
    host.config("c")
    host.deploy("e", "c")
    rows = b"0.1,0.2,0.3,0.4\n" * 20000
    head = b"POST /invocations HTTP/1.1\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n" % len(rows)
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(servers.socket_path(host.servers("e")[0]))
            client.sendall(head + rows)
    host.invoke("e", rows)
    assert host.servers("e")[0]["attempt"] == 1


def test_others_answer_while_one_is_down(host):
    host.model("m")
    host.config("c", {"InitialInstanceCount": 2})
    host.deploy("e", "c")
    for _ in range(4):
        host.invoke("e")
    kill(host.servers("e")[0])
    for _ in range(30):
        host.invoke("e")


def test_servers_outlive_the_runner(host, runner):
    host.model("m")
    host.config("c")
    host.deploy("e", "c")
    (before,) = host.servers("e")
    runner.kill()
    try:
        host.invoke("e")
    finally:
        runner.start()
    host.config("d")
    host.sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d")
    assert "FailureReason" not in host.wait("e", "InService")
    host.until(lambda: len(host.servers("e")) == 1)
    assert host.servers("e")[0]["id"] != before["id"]
    host.invoke("e")


def test_server_that_died_while_nobody_looked(host, runner):
    host.model("m")
    host.config("c")
    host.deploy("e", "c")
    runner.kill()
    try:
        kill(host.servers("e")[0])
    finally:
        runner.start()
    host.until(lambda: host.servers("e")[0]["attempt"] == 2 and host.servers("e")[0]["state"] == "healthy")
    host.invoke("e")


def test_studio_that_is_shut_down_and_started(host, runner):
    from engine.hosting import servers

    host.model("m")
    host.config("c")
    host.deploy("e", "c")
    process = servers.process(host.servers("e")[0])
    try:
        runner.stop()
        assert not process.alive()
    finally:
        runner.start()
    host.until(lambda: host.servers("e")[0]["attempt"] == 2 and host.servers("e")[0]["state"] == "healthy")
    host.invoke("e")


def test_data_that_can_not_be_unpacked(host):
    host.model("m", b"this is no archive")
    host.config("c")
    found = host.deploy("e", "c", "Failed")
    assert "The primary container for production variant AllTraffic did not pass the ping" in found["FailureReason"]
    assert "archive can't be unpacked" in found["FailureReason"]


def test_script_that_raises_at_import(host):
    host.script("m", RAISES)
    host.config("c")
    found = host.deploy("e", "c", "Failed")
    assert "RuntimeError: the weights of this model are cursed" in found["FailureReason"]
    with pytest.raises(ClientError, match=r"Endpoint e of account .* not found"):
        host.invoke("e")
    with pytest.raises(ClientError, match="in status Failed: it can only be deleted"):
        host.sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="c")
    host.sagemaker.delete_endpoint(EndpointName="e")
    host.until_gone("e")


@pytest.fixture
def impatient(runner):
    """The runner gives a model server 4 seconds."""
    runner.kill()
    runner.start(ENGINE_PING_SECONDS="4")
    yield
    runner.kill()
    runner.start()


def test_server_that_never_answers_ping(host, impatient):
    from engine.hosting import servers

    host.script("m", SILENT)
    host.config("c")
    host.sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    host.until(lambda: host.servers("e") and servers.process(host.servers("e")[0]))
    process = servers.process(host.servers("e")[0])
    found = host.wait("e", "Failed")
    assert "did not pass the ping health check" in found["FailureReason"]
    assert "It had 4 seconds to answer /ping with 200." in found["FailureReason"]
    assert not process.alive() and not os.path.exists(process.directory)


def test_deleted_endpoint_is_gone_and_its_model_stays(host):
    from engine.hosting import servers

    host.model("m")
    host.config("c")
    host.deploy("e", "c")
    process = servers.process(host.servers("e")[0])
    host.sagemaker.delete_endpoint(EndpointName="e")
    host.until_gone("e")
    assert not process.alive() and not process.directory.exists()
    with pytest.raises(ClientError, match="not found"):
        host.invoke("e")
    assert host.sagemaker.describe_model(ModelName="m")["ModelName"] == "m"
    assert host.sagemaker.describe_endpoint_config(EndpointConfigName="c")["EndpointConfigName"] == "c"


def test_server_of_a_deleted_record_is_ended(host, runner):
    from catalog.models import Record
    from engine.hosting import servers

    host.model("m")
    host.config("c")
    host.deploy("e", "c")
    process = servers.process(host.servers("e")[0])
    runner.kill()
    try:
        Record.objects.get(connection=host.aws.connection, kind="Endpoint", name="e").delete()
    finally:
        runner.start()
    host.until(lambda: not process.alive() and not process.directory.exists())
    with pytest.raises(ClientError, match="not found"):
        host.invoke("e")


def test_deleting_twice(host):
    with pytest.raises(ClientError, match='Could not find endpoint "arn:'):
        host.sagemaker.delete_endpoint(EndpointName="e")


@pytest.mark.slow
def test_server_that_hangs_is_started_again(host):
    """Stopped, not dead: the kernel still takes connections for it."""
    from engine.hosting import servers

    host.model("m")
    host.config("c")
    host.deploy("e", "c")
    (before,) = host.servers("e")
    shim = psutil.Process(servers.process(before).pid)
    for process in shim.children(recursive=True):
        process.send_signal(signal.SIGSTOP)
    host.until(lambda: host.servers("e")[0]["attempt"] == 2 and host.servers("e")[0]["state"] == "healthy", 75)
    assert "did not answer /ping with 200 for half a minute" in host.log("e", f"AllTraffic/{before['id']}")
    host.invoke("e")
