"""Script mode: run the user's own training script the way SageMaker's training toolkit does. Standard library only,
so that the script's first line runs a moment after the container starts."""

import os
import shlex
import signal
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path

from areas.algorithms.container import Container, UserError, container
from areas.algorithms.script import code, distribution, environment

KEPT = 64 * 1024  # bytes of stderr that are looked through for the error's words


def main() -> int:
    """Run the job's script; exit code 0, or 1 with the reason in the failure file.

    A script that wrote the failure file itself keeps it, and its own exit code.
    """
    box = container()
    try:
        given = environment.decoded(box.hyperparameters)
        program = entry_point(box, given)
        folder = code.lay_down(
            box.code, archive=os.environ.get("ATELIER_CODE_ARCHIVE", ""),
            directory=str(given.get("sagemaker_submit_directory") or ""),
            channel=box.channel("code") if "code" in box.channels else None,
        )  # fmt: skip
        if refused := distribution.refused(given):
            raise UserError(refused)
        packages = box.base / "packages"
        command = code.command(folder, program, environment.arguments(environment.of_user(given)))
        command = distribution.torchrun(command, box, given)
        if program.endswith(".py") and (folder / "requirements.txt").exists():
            from areas.algorithms.script import requirements

            packages = requirements.install_or_reuse(folder / "requirements.txt", packages)
    except UserError as error:
        return box.fail(f"UserError: {error}")
    for made in (box.model, box.output / "data", box.output / "intermediate"):
        made.mkdir(parents=True, exist_ok=True)
    variables = {
        **os.environ,
        **distribution.master(box),
        **environment.variables(box, program, given),
        "PYTHONPATH": code.python_path(folder, packages, *libraries()),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    variables.pop("ATELIER_CODE_ARCHIVE", None)
    return run(box, command, folder, variables)


def libraries() -> list[Path]:
    """Folders of modules that the engine lends to scripts, such as the debugger's."""
    return [Path(folder) for folder in os.environ.get("ATELIER_LIBRARIES", "").split(os.pathsep) if folder]


def entry_point(box: Container, given: dict) -> str:
    """The script's name: hyperparameter or variable; for code of a channel it defaults to ``train.py``."""
    program = given.get("sagemaker_program") or os.environ.get("SAGEMAKER_PROGRAM")
    if not program and (box.channel("code") / "train.py").exists():
        program = "train.py"
    if not program:
        raise UserError(
            "No script to run: this image needs the hyperparameters sagemaker_program and sagemaker_submit_directory."
        )
    return str(program)


def run(box: Container, command: list[str], folder: Path, variables: dict[str, str]) -> int:
    """Run the command, passing its output and SIGTERM through; leaves the success or the failure file."""
    stopped = False

    def stop(number, frame):
        nonlocal stopped
        stopped = True
        child.send_signal(number)

    print(f"Invoking script with the following command:\n\n{shlex.join(command)}\n", flush=True)
    child = subprocess.Popen(command, cwd=folder, env=variables, stderr=subprocess.PIPE)
    signal.signal(signal.SIGTERM, stop)
    tail = Tail(child.stderr)
    status = child.wait()
    tail.join(1)  # a process that the script left behind may hold the stream open: don't wait for it
    if status == 0:
        (box.output / "success").touch()
        return 0
    words = error_words(tail.text())
    if not words:
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with exit code {status}"
        words = f"the script {how} and printed no error"
    status = 128 - status if status < 0 else status
    if stopped:
        return status
    if (box.output / "failure").exists():
        return status
    return box.fail(
        f'ExecuteUserScriptError:\nExitCode {status}\nErrorMessage "{words}"\nCommand "{shlex.join(command)}"'
    )


def error_words(stderr: str) -> str:
    """What a script died of: the last exception of its traceback with its message, else its last line. A syntax error
    says where it is above its last line, so that goes along."""
    lines = [line for line in stderr.strip().splitlines() if line.strip()]
    start = next((at for at in range(len(lines) - 1, -1, -1) if lines[at].startswith("Traceback (most recent")), None)
    last = lines[-1] if lines else ""
    if last.startswith(("SyntaxError:", "IndentationError:", "TabError:")):
        where = next((line.strip() for line in reversed(lines) if line.strip().startswith('File "')), "")
        file, _, line = where.removeprefix('File "').partition('", line ')
        return f"{last} ({Path(file).name}, line {line})" if line else last
    if start is None:
        return last[:500]
    after = next((at for at in range(start + 1, len(lines)) if not lines[at].startswith((" ", "\t"))), len(lines) - 1)
    return "\n".join(lines[after:])[:700]


class Tail(threading.Thread):
    """Copies a stream to our own stderr until it ends, and remembers its last part."""

    def __init__(self, stream):
        super().__init__(daemon=True)
        self.stream, self.kept, self.size = stream, deque(), 0
        self.start()

    def run(self):
        out = sys.stderr.fileno()
        while chunk := self.stream.read1(65536):
            self.kept.append(chunk)
            self.size += len(chunk)
            while self.size - len(self.kept[0]) >= KEPT:
                self.size -= len(self.kept.popleft())
            view = memoryview(chunk)
            while view:
                view = view[os.write(out, view) :]

    def text(self) -> str:
        return b"".join(list(self.kept)).decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main())
