"""MLflow's clients: its own, run in an environment of its own (``make .venv/mlflow.stamp``), and its REST API alone."""

import base64
import json
import os
import subprocess
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from django.conf import settings

PYTHON = settings.BASE_DIR / ".venv" / "mlflow" / "bin" / "python"
CLIENT = Path(__file__).with_name("mlflow_client.py")


def run_client(tracking_uri: str, *, script: Path = CLIENT, seconds: float = 240, **environment: str) -> dict:
    """What a script that speaks to a tracking server prints, as JSON."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "AWS", "DJANGO"))},
        "MLFLOW_TRACKING_URI": tracking_uri, "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "OMP_NUM_THREADS": "1",
        **environment,
    }  # fmt: skip
    done = subprocess.run([PYTHON, script], env=env, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def tracking_uri(aws) -> str:
    return f"{aws.engine.url}/mlflow/{aws.connection.name}"


class Raw:
    """MLflow's REST API without its client: ``raw("POST", "runs/create", {...})`` is (status, answer)."""

    def __init__(self, aws, authorization: str | None = None, connection: str | None = None):
        name = connection or aws.connection.name
        self.base = f"{aws.engine.url}/mlflow/{name}/api/2.0/"
        basic = base64.b64encode(f"{aws.key.key_id}:{aws.key.secret}".encode()).decode()
        self.authorization = f"Basic {basic}" if authorization is None else authorization

    def __call__(self, method: str, path: str, given: dict | None = None, /, **query) -> tuple[int, dict]:
        status, body, _ = self.send(
            method, f"mlflow/{path}", None if given is None else json.dumps(given).encode(), query
        )
        return status, json.loads(body or b"{}")

    def send(self, method: str, path: str, body: bytes | None = None, query: dict | None = None, **headers: str):
        """(status, body, headers) of any path below ``/api/2.0/``, or of an address."""
        url = path if path.startswith("http") else self.base + quote(path, safe="/%")
        url += f"?{urlencode(query, doseq=True)}" if query else ""
        headers = {**({"Authorization": self.authorization} if self.authorization else {}), **headers}
        request = Request(url, data=body, method=method, headers=headers)
        try:
            with urlopen(request, timeout=30) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except HTTPError as error:
            return error.code, error.read(), dict(error.headers)

    def experiment(self, name: str = "churn") -> str:
        return self("POST", "experiments/create", {"name": name})[1]["experiment_id"]

    def run(self, experiment: str, **given) -> str:
        return self("POST", "runs/create", {"experiment_id": experiment, **given})[1]["run"]["info"]["run_id"]

    def whole(self, run: str) -> dict:
        return self("GET", "runs/get", run_id=run)[1]["run"]
