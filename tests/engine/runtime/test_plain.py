"""Where the machine allows no namespaces: the container runs for all that, and says so."""

import json
import os
import subprocess
import sys
import uuid

from django.conf import settings

from engine.logs.format import parse

SHIM = """
import sys
from pathlib import Path
from engine.runtime import sandbox, shim

def refuse(network):
    raise sandbox.Refused("unshare: Operation not permitted")

sandbox.isolate = refuse
shim.main(Path(sys.argv[1]))
"""


def run(tmp_path, **spec) -> tuple[dict, list[str]]:
    given = {"run_dir": str(tmp_path), "log": str(tmp_path / "log"), **spec}
    (tmp_path / "spec.json").write_text(json.dumps(given))
    env = {**os.environ, "PYTHONPATH": str(settings.BASE_DIR)}
    subprocess.run([sys.executable, "-c", SHIM, str(tmp_path)], check=True, env=env, timeout=20)
    lines = [text for _, _, text in parse((tmp_path / "log").read_bytes())] if (tmp_path / "log").exists() else []
    return json.loads((tmp_path / "result.json").read_text()), lines


def test_it_runs_in_its_folder_with_a_warning_and_leaves_no_process(tmp_path):
    mark = uuid.uuid4().int % 10**9
    (tmp_path / "bound").write_text("whole")
    result, lines = run(
        tmp_path,
        run={"argv": ["sh", "-c", f"cat /opt/ml/data; echo; pwd; echo m > /opt/ml/model/m; (setsid sleep 4{mark} &)"]},
        inputs=[{"kind": "folder", "to": "model"}, {"kind": "bind", "source": str(tmp_path / "bound"), "to": "data"}],
        outputs=[{"from": "model", "to": "model.tar.gz"}],
    )
    assert result["code"] == 0
    assert result["outputs"]["model.tar.gz"] > 0
    assert lines[0].startswith("WARNING: this machine allows no namespaces")
    assert lines[1:] == ["whole", str(tmp_path / "ml")]
    assert subprocess.run(["pgrep", "-f", f"sleep 4{mark}"], capture_output=True).stdout == b""


def test_isolation_from_the_network_is_not_pretended(tmp_path):
    result, _ = run(tmp_path, run={"argv": ["true"]}, network=False)
    assert result["reason"] == "refused"
    assert "can't keep a container off the network" in result["message"]
