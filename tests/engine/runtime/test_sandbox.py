"""What a container sees of the machine, and what it can't get at."""

import os
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces exist on Linux only")

LOOK = """
import os, sys
for path in sys.argv[1:]:
    try:
        with open(path) as file:
            print("read", len(file.read()))
    except OSError as error:
        print(error.strerror)
"""


@pytest.fixture(autouse=True)
def isolated(box):
    """Skip where the machine allows no namespaces: there the runtime says so in the log."""
    _, lines = box.run("true")
    if lines and lines[0].startswith("WARNING"):
        pytest.skip(lines[0])


@pytest.fixture
def home_outside_tmp(settings):
    """A home that private /tmp doesn't hide anyway."""
    folder = Path("/var/lib") / f"atelier-test-{uuid.uuid4().hex}"
    try:
        folder.mkdir(mode=0o700)
    except OSError:
        pytest.skip("/var/lib can't be written by this user")
    (folder / "credentials.json").write_text("{}")
    yield folder
    (folder / "credentials.json").unlink()
    folder.rmdir()


def test_opt_ml_is_the_workspace_and_opt_keeps_what_it_held(box):
    result, lines = box.run(
        "sh", "-c", "ls /opt | tr '\\n' ' '; echo; cat /opt/ml/a; echo made > /opt/ml/model/m",
        inputs=[{"kind": "text", "to": "a", "text": "hello\n"}, {"kind": "folder", "to": "model"}],
        outputs=[{"from": "model", "to": "model.tar.gz"}],
    )  # fmt: skip
    assert result["code"] == 0
    assert set(lines[0].split()) == {*os.listdir("/opt"), "ml"}
    assert lines[1] == "hello"
    assert result["outputs"]["model.tar.gz"] > 0


def test_secrets_and_other_jobs_are_not_there(box, home_outside_tmp):
    secret = settings.STUDIO_HOME / "secret.json"
    secret.write_text("{}")
    outside = home_outside_tmp / "credentials.json"
    _, lines = box.run(sys.executable, "-c", LOOK, str(secret), str(outside), hide=[str(home_outside_tmp)])
    assert lines == ["No such file or directory"] * 2


def test_nothing_of_the_machine_can_be_written(box):
    script = """
import os
for path in ("/etc/passwd", "/proc/sys/kernel/core_pattern", "/usr/bin/env", os.__file__):
    try:
        open(path, "r+")
        print("opened", path)
    except OSError as error:
        print(error.strerror)
print([name for name in os.listdir("/dev") if name.startswith(("sd", "vd", "nvme", "loop", "mem", "kmsg"))])
"""
    _, lines = box.run(sys.executable, "-c", script)
    assert all(line in ("Read-only file system", "Permission denied") for line in lines[:4]), lines
    assert lines[4] == "[]"


def test_it_has_no_capability_and_cannot_unmount(box):
    script = """
import ctypes, os
print([line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapEff", "CapPrm", "CapBnd"))])
libc = ctypes.CDLL(None, use_errno=True)
print(libc.umount2(b"/opt/ml", 2), os.strerror(ctypes.get_errno()))
"""
    _, lines = box.run(sys.executable, "-c", script)
    assert lines == ["['0000000000000000', '0000000000000000', '0000000000000000']", "-1 Operation not permitted"]


def test_it_sees_its_own_processes_only(box):
    _, lines = box.run(sys.executable, "-c", "import os; print([p for p in os.listdir('/proc') if p.isdigit()])")
    assert lines == ["['1', '2']"]


def test_no_descriptor_leads_out(box):
    script = """
import os
for pid in ("1", "self"):
    for fd in sorted(os.listdir(f"/proc/{pid}/fd")):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            continue
        if not target.startswith(("pipe:", "/dev/null", "/proc/")):
            print(pid, fd, target)
print(os.readlink("/proc/1/cwd"), os.readlink("/proc/1/root"))
"""
    for run in ({"argv": [sys.executable, "-c", script]},):
        _, lines = box.run(run=run)
        assert lines == ["/ /"]


def test_its_environment_is_its_own(box, monkeypatch):
    monkeypatch.setenv("STUDIO_ADMIN_PASSWORD", "hunter2")
    _, lines = box.run("env", env={"MINE": "1"})
    names = {line.partition("=")[0] for line in lines}
    assert "MINE" in names
    assert names <= {"MINE", "PATH", "HOME", "LANG", "TMPDIR", "PYTHONUNBUFFERED", "OMP_WAIT_POLICY"}


def test_a_link_out_of_the_workspace_is_not_followed(box):
    secret = settings.STUDIO_HOME / "secret.json"
    secret.write_text("hunter2")
    result, _ = box.run(
        "sh", "-c",
        f"rm -r /opt/ml/output; mkdir -p /opt/ml/output; ln -s {secret} /opt/ml/output/failure; "
        f"ln -s {secret} /opt/ml/model/stolen; ln -s {settings.STUDIO_HOME} /opt/ml/model/all; exit 1",
        inputs=[{"kind": "folder", "to": "model"}, {"kind": "folder", "to": "output"}],
        outputs=[{"from": "model", "to": "model.tar.gz"}], failure="output/failure",
    )  # fmt: skip
    assert result["failure"] == ""
    assert result["outputs"] == {}


def test_a_hostile_archive_stays_below_its_folder(box, tmp_path):
    import io
    import tarfile

    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        info = tarfile.TarInfo("../../../escaped")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    result, _ = box.run("true", inputs=[{"kind": "extract", "source": str(tmp_path / "evil.tar"), "to": "model"}])
    assert result["reason"] == "refused"
    assert "the archive can't be unpacked" in result["message"]


def test_the_host_is_called_as_it_is_told(box):
    _, lines = box.run(
        "python", "-c", "import socket as s; print(s.gethostname(), s.gethostbyname('algo-1'))", hostname="algo-1"
    )
    assert lines == ["algo-1 127.0.0.1"]
