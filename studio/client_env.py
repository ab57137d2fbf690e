"""Print the exports that point an AWS client at the embedded engine: ``eval "$(make -s env)"``. Standard library only."""

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
    exports = {
        "AWS_ENDPOINT_URL": os.environ.get("ENGINE_URL") or f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": keys["engine_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": keys["engine_secret_access_key"],
        "AWS_REGION": keys["region"],
        "AWS_DEFAULT_REGION": keys["region"],
        "SAGEMAKER_ROLE": keys["role_arn"],
        "SAGEMAKER_BUCKET": f"sagemaker-{keys['region']}-{keys['account']}",
    }
    print("unset AWS_PROFILE AWS_SESSION_TOKEN")
    for name, value in exports.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
