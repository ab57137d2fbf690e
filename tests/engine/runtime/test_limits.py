"""What ends a container, and what is left of it."""

import json
import subprocess
import sys
import time

import psutil


def test_a_flood_of_output_is_cut_and_the_container_ends_well(box):
    script = "import sys\nline = 'x' * 99 + '\\n'\nfor _ in range(2000): sys.stdout.write(line * 100)\n"
    begun = time.monotonic()
    result, lines = box.run(sys.executable, "-c", script, log_limit=1_000_000)
    assert result["code"] == 0
    assert time.monotonic() - begun < 15
    kept = sum(len(line) + 1 for line in lines[:-1])
    assert kept < 1_000_000
    assert result["dropped"] == 20_000_000 - kept
    assert lines[-1] == f"The log reached its limit: {result['dropped']:,} more bytes were printed and are not kept."


def test_memory_beyond_the_limit_ends_it_and_says_so(box):
    script = "import time\nheld = bytearray(400 << 20)\nheld[::4096] = b'1' * len(held[::4096])\ntime.sleep(30)"
    result, lines = box.run(sys.executable, "-c", script, limits={"memory": 256 << 20})
    assert result["reason"] == "memory"
    assert result["code"] == 137
    assert (
        result["message"].startswith("The container used 0.4 GB of its 0.2 GB of memory")
        or "0.3 GB" in result["message"]
    )
    assert result["message"] in lines


def test_max_runtime(box):
    result, _ = box.run("sleep", "30", limits={"max_runtime": 0.3})
    assert result["reason"] == "max_runtime"
    assert result["ended"] - result["started"] < 5


def test_stop_waits_for_the_grace_and_then_kills(box):
    process = box.start("sh", "-c", "trap 'echo no' TERM; echo up; while :; do sleep 0.1; done")
    while not box.lines(process):
        time.sleep(0.01)
    begun = time.monotonic()
    process.stop(grace=0.6)
    result = box.wait(process)
    assert result["reason"] == "stopped"
    assert result["code"] == 137
    assert 0.5 < time.monotonic() - begun < 5
    assert box.lines(process) == ["up", "no"]


def test_kill_leaves_nothing(box):
    process = box.start("sh", "-c", "setsid sleep 4711 & trap '' TERM; echo up; sleep 4712")
    while not box.lines(process):
        time.sleep(0.01)
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    assert len(family) >= 4
    process.kill()
    assert not process.alive()
    assert process.result() is None
    assert not [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def test_a_killed_shim_takes_its_container_along(box):
    process = box.start("sleep", "4713")
    container = next(event["pid"] for event in _wait_for(process, "started") if event["event"] == "started")
    psutil.Process(process.pid).kill()
    deadline = time.monotonic() + 5
    while subprocess.run(["pgrep", "-f", "sleep 4713"], capture_output=True).stdout:
        assert time.monotonic() < deadline, container
        time.sleep(0.02)


def _wait_for(process, event: str) -> list[dict]:
    while event not in [line["event"] for line in process.journal()]:
        time.sleep(0.01)
    return process.journal()


def test_metrics_of_tabbed_lines(box):

    printed = r"printf '[0]\ttrain-rmse:0.5\n[1]\ttrain-rmse:0.25\nacc=1 acc=2\n'"
    process = box.start(
        "sh", "-c", printed,
        metrics=[["train:rmse", r".*\[[0-9]+\].*#011train-rmse:([0-9.]+).*"], ["acc", "acc=([0-9]+)"], ["bad", "acc"]],
    )  # fmt: skip
    box.wait(process)
    points = [json.loads(line) for line in (process.directory / "metrics.jsonl").read_text().splitlines()]
    found = [(point["name"], point["step"], point["value"]) for point in points if "Utilization" not in point["name"]]
    assert found == [("train:rmse", 0, 0.5), ("train:rmse", 1, 0.25), ("acc", None, 1.0)]
    assert box.lines(process)[0] == "[0]#011train-rmse:0.5"


def test_a_listening_socket_is_inherited(box):
    import os
    import socket

    from django.conf import settings

    script = """
import os, socket
server = socket.socket(fileno=int(os.environ["ATELIER_LISTEN_FD"]))
connection, _ = server.accept()
connection.sendall(b"hello")
"""
    process = box.start(sys.executable, "-c", script, listen="t.sock")
    _wait_for(process, "started")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(settings.RUN_DIR / "t.sock"))
        assert client.recv(5) == b"hello"
    assert box.wait(process)["code"] == 0
    assert not os.path.exists(settings.RUN_DIR / "t.sock")


def test_a_second_start_in_the_same_folder_is_refused(box):
    import pytest

    from engine.runtime import launch

    process = box.start("true")
    box.wait(process)
    with pytest.raises(FileExistsError):
        launch.start({"run": {"argv": ["true"]}}, process.directory)


def test_an_expression_that_never_ends_is_given_up(box):
    """``^(a|a)*$`` takes 2**40 steps on this line; the container's output must still be read, and its end be seen."""
    process = box.start(
        "python", "-c", "print('a' * 40 + 'b', flush=True); print('acc=3')",
        metrics=[["slow", "^(a|a)*$()"], ["acc", "acc=([0-9]+)"], ["broken", "("]],
    )  # fmt: skip
    assert box.wait(process)["reason"] == "exited"
    points = [json.loads(line) for line in (process.directory / "metrics.jsonl").read_text().splitlines()]
    assert [(one["name"], one["value"]) for one in points if "Utilization" not in one["name"]] == [("acc", 3.0)]
    said = box.lines(process)
    assert "The metric slow is not looked for: its expression took longer than 0.2 seconds on one line." in said
    assert any(
        line.startswith("The metric broken is not looked for: its expression is not one: missing )") for line in said
    )
