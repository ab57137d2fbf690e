"""What a processing container does first: become the job's own command. Standard library only, and no Django.

The command sees an environment of its own on top of the image's, so that ``pip install`` has a place to write to: the
image's packages stay visible and stay as they are. https://docs.python.org/3/library/venv.html
"""

import json
import os
import shutil
import signal
import stat
import sys
from importlib.util import find_spec
from pathlib import Path

OPT_ML = Path("/opt/ml")
NOT_FOUND = 127  # a shell's exit code for a command that isn't there
# pip waits for servers as long as it is told to: without a network a job shall say so soon.
PIP = {
    "PIP_RETRIES": "1", "PIP_DEFAULT_TIMEOUT": "30", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1",
}  # fmt: skip


def main() -> int:
    """Run entrypoint and arguments, and nothing else. Returns only if they can't be started: 127."""
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR") or OPT_ML)
    job = json.loads((base / "config" / "processingjobconfig.json").read_text())
    asked = job["AppSpecification"]
    command = [*(asked["ContainerEntrypoint"] or ()), *(asked["ContainerArguments"] or ())]
    if base != OPT_ML:
        command = [part.replace(str(OPT_ML), str(base)) for part in command]
    variables = {**PIP, **os.environ, **layered(Path(os.environ["TMPDIR"]) / ".python")}
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # of a fork of the preloaded process, and exec would pass it on
    try:
        os.execvpe(command[0], command, variables)  # noqa: S606
    except OSError as error:
        message = f"{command[0]} could not be started: {error.strerror}."
        (base / "output" / "message").write_text(message)
        print(message, file=sys.stderr)
        return NOT_FOUND


def layered(folder: Path) -> dict[str, str]:
    """Make a virtual environment in ``folder`` that sees the packages of the image's; the variables that lead to it."""
    python = Path(shutil.which("python3"))
    below = python.parent.parent
    version = next(below.glob("lib/python3.*")).name
    packages = folder / "lib" / version / "site-packages"
    for made in (packages, folder / "bin"):
        made.mkdir(parents=True)
    for name in ("python", "python3", version):
        (folder / "bin" / name).symlink_to(python)
    shutil.copyfile(below / "pyvenv.cfg", folder / "pyvenv.cfg")
    beneath = below / "lib" / version / "site-packages"
    # By addsitedir, so that the .pth files of the environment below count as well.
    (packages / "image.pth").write_text(f"import site; site.addsitedir({str(beneath)!r})\n")
    if not (beneath / "pip").exists():
        (packages / "pip").symlink_to(Path(find_spec("pip").origin).parent)
    for name in ("pip", "pip3"):
        _write_command(folder / "bin" / name, folder / "bin" / "python3")
    return {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "VIRTUAL_ENV": str(folder)}


def _write_command(path: Path, python: Path) -> None:
    path.write_text(f"#!{python}\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
