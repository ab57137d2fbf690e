"""Serving with the user's own functions: one function for each framework's image."""

import os
import sys
import traceback
from pathlib import Path

from areas.algorithms.container import Container, UserError, container
from areas.algorithms.script import code
from areas.algorithms.script.defaults import Framework, PyTorch, ScikitLearn, XGBoost
from areas.algorithms.script.handlers import Handler, import_script
from areas.algorithms.server import serve

DEFAULT_PROGRAM = "inference.py"


def scikit_learn() -> int:
    return main(ScikitLearn())


def xgboost() -> int:
    return main(XGBoost())


def pytorch() -> int:
    return main(PyTorch())


def main(framework: Framework | None = None) -> int:
    """Load the user's script and model, then answer until SIGTERM; exit code 1 with the reason if they can't be loaded.

    One request is answered at a time, since a script need not be safe for threads.
    """
    sys.stdout.reconfigure(line_buffering=True)
    box = container()
    if os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS", "1") != "1":
        print("SAGEMAKER_MODEL_SERVER_WORKERS has no effect: each instance is one worker.", flush=True)
    try:
        script = find_script(box)
        module = import_script(script) if script else None
        handler = Handler(module, framework or Framework(), str(box.model))
    except UserError as error:
        print(f"UserError: {error}", file=sys.stderr, flush=True)
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    return serve(handler)


def find_script(box: Container) -> Path | None:
    """The script's path, its requirements installed; None if the model brings none. UserError if the named one is missing."""
    directory = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
    own = box.model / "code"
    archive = os.environ.get("ATELIER_CODE_ARCHIVE", "")
    if directory.startswith("s3://") and not archive:
        directory = ""  # SDKs repack the code into the model
    folder = code.lay_down(box.code, archive=archive, directory=directory) if archive or directory else own
    program = os.environ.get("SAGEMAKER_PROGRAM")
    script = folder / (program or DEFAULT_PROGRAM)
    if not script.is_file():
        if program:
            raise UserError(f"The script {program} is not in {folder}.")
        return None
    if (folder / "requirements.txt").exists():
        from areas.algorithms.script import requirements

        packages = box.base / "packages"
        requirements.install(folder / "requirements.txt", packages)
        sys.path.insert(0, str(packages))
    return script


if __name__ == "__main__":
    sys.exit(main())
