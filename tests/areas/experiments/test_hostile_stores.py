"""Stores of MLflow's that were made to lead an import elsewhere: it takes nothing from outside of them, and comes to an end."""

import http.server
import json
import threading
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from areas.experiments.importing.folder import Folder
from areas.experiments.importing.source import CannotRead, open_source
from areas.experiments.mlflow.tables import LongTag
from catalog.models import Record, Tag
from engine.models import S3Object

SECRET = "the-secret-of-this-machine"


def store(
    root: Path, *, artifacts: str = "", run_id: str = "a" * 32, experiment: str = "1", name: str = "churn"
) -> Path:
    """A folder mlruns with one run; the secret lies beside the store's own folder."""
    (root / "secret").mkdir(parents=True)
    (root / "secret" / "secret.txt").write_text(SECRET)
    run = root / "store" / "mlruns" / "1" / ("a" * 32)
    for folder in ("tags", "params", "metrics", "artifacts"):
        (run / folder).mkdir(parents=True)
    (run / "artifacts" / "a.txt").write_text("mine")
    (run.parent / "meta.yaml").write_text(f"experiment_id: '{experiment}'\nname: {name}\nlifecycle_stage: active\n")
    uri = f"artifact_uri: {artifacts}\n" if artifacts else ""
    (run / "meta.yaml").write_text(f"run_id: {run_id}\nrun_name: first\nstatus: 3\nstart_time: 1\nend_time: 2\n{uri}")
    return run


def taken(aws, root: Path) -> str:
    out = StringIO()
    call_command(
        "import_mlflow", str(root / "store" / "mlruns"), connection=aws.connection.name, stdout=out, stderr=out
    )
    return out.getvalue()


def files(aws) -> set[str]:
    rows = S3Object.objects.filter(bucket__account=aws.number, key__startswith="mlflow/")
    return {key.rpartition("/")[2] for key in rows.values_list("key", flat=True)}


@pytest.mark.parametrize(
    "where", ["{root}/secret", "file://{root}/secret", "../../secret", "file:///", "mlflow-artifacts:/../secret"]
)
def test_files_outside_of_the_store_stay_there(aws, tmp_path, where):
    store(tmp_path, artifacts=where.format(root=tmp_path))
    said = taken(aws, tmp_path)
    assert "files of run" in said and files(aws) == set()


def test_links_are_not_followed(aws, tmp_path):
    run, secret = store(tmp_path), tmp_path / "secret" / "secret.txt"
    for place in ("tags/t", "params/p", "metrics/m", "artifacts/link.txt"):
        (run / place).symlink_to(secret)
    (run / "artifacts" / "folder").symlink_to(secret.parent)
    taken(aws, tmp_path)
    assert files(aws) == {"a.txt"}
    made = Record.objects.get(connection=aws.connection, kind="TrialComponent")
    assert SECRET not in json.dumps(made.document)
    assert not Tag.objects.filter(record=made, value__contains=SECRET).exists()
    assert not LongTag.objects.filter(record=made, value__contains=SECRET).exists()
    (run / "meta.yaml").unlink()
    (run / "meta.yaml").symlink_to(secret)
    assert "is a link" in taken(aws, tmp_path)


@pytest.mark.parametrize("run_id", ["../../secret", "..", "a/b", "'a\\b'", "x" * 300, "[1]"])
def test_an_id_is_no_path(tmp_path, run_id):
    store(tmp_path, run_id=run_id)
    source = Folder(tmp_path / "store" / "mlruns")
    assert [run for one in source.experiments() for run in source.runs(one)] == []


def test_a_small_file_does_not_fill_the_memory(tmp_path):
    run = store(tmp_path)
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]\n" for at in range(1, 30)
    )
    (run / "meta.yaml").write_text(f"{bomb}run_id: *a29\nrun_name: *a29\n")
    source = Folder(tmp_path / "store" / "mlruns")
    assert [one for each in source.experiments() for one in source.runs(each)] == []
    (run / "meta.yaml").write_text("[" * 50_000)
    assert [one for each in source.experiments() for one in source.runs(each)] == []
    assert source.told


@pytest.fixture
def server():
    """A server that answers everything with what a test gives it."""
    told = {"status": 200, "body": b"{}", "headers": {}}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(told["status"])
            for name, value in {"Content-Length": str(len(told["body"])), **told["headers"]}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told["body"])

        do_GET = do_POST

        def log_message(self, *_):
            pass

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    told["url"] = f"http://127.0.0.1:{made.server_port}"
    yield told
    made.shutdown()
    thread.join(5)


@pytest.mark.parametrize("body", ["[]", "[" * 5000, "1", '{"experiments": [], "next_page_token": "x"}',
                                  '{"experiments": [{"experiment_id": "1", "name": "a"}], "next_page_token": "x"}'])  # fmt: skip
def test_a_server_that_goes_round_in_circles(server, body):
    server["body"] = body.encode()
    with pytest.raises(CannotRead):
        list(open_source(server["url"]).experiments())


def test_a_server_that_leads_elsewhere_is_not_followed(aws, server):
    server |= {"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}}
    with pytest.raises(CommandError, match=r"refuses .*302"):
        call_command("import_mlflow", server["url"], connection=aws.connection.name, stdout=StringIO())


def test_folders_without_an_end(server):
    server["body"] = b'{"files": [{"path": "a", "is_dir": true}]}'
    with pytest.raises(CannotRead, match="nested"):
        list(open_source(server["url"]).files("mlflow-artifacts:/1/a/artifacts"))
