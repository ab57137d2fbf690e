"""Print the exports that point AWS's and MLflow's clients at the engine: ``eval "$(make -s env)"``. Standard library only."""

import json
import os
import shlex
import sys
from pathlib import Path


def main() -> int:
    home = Path(os.environ.get("STUDIO_HOME") or Path(__file__).resolve().parent.parent / "var")
    try:
        keys = json.loads((home / "credentials.json").read_text())
    except OSError as error:
        print(f"{error.filename}: {error.strerror}. Start the Studio once with: make run", file=sys.stderr)
        return 1
    port = os.environ.get("ENGINE_PORT") or "8001"
    url = os.environ.get("ENGINE_URL") or f"http://127.0.0.1:{port}"
    print("unset AWS_PROFILE AWS_SESSION_TOKEN")
    print(
        exports(
            url, keys["engine_access_key_id"], keys["engine_secret_access_key"], keys["region"], keys["role_arn"],
            keys["account"], keys.get("connection", ""), keys.get("rest_token", ""),
        )
    )  # fmt: skip
    return 0


def exports(
    url: str, key_id: str, secret: str, region: str, role: str, account: str, connection: str = "", token: str = ""
) -> str:  # fmt: skip
    """The lines that point a client at the engine; MLflow's clients too, with a connection and a personal token."""
    values = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": key_id,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "SAGEMAKER_ROLE": role,
        "SAGEMAKER_BUCKET": f"sagemaker-{region}-{account}",
        **(mlflow_values(url, connection, token) if connection and token else {}),
    }
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in values.items())


def mlflow_values(url: str, connection: str, token: str) -> dict[str, str]:
    """What MLflow's clients read from the environment to log into a connection's experiments."""
    return {"MLFLOW_TRACKING_URI": f"{url}/mlflow/{connection}", "MLFLOW_TRACKING_TOKEN": token}


if __name__ == "__main__":
    sys.exit(main())
