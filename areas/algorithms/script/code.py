"""Where a script's code comes from, and how it is laid down."""

import os
import shutil
import sys
import tarfile
from pathlib import Path

from areas.algorithms.container import UserError


def extract(archive: Path, folder: Path) -> None:
    """Unpack a source archive; UserError if it isn't one, or if a member would land outside the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except tarfile.FilterError as error:
        raise UserError(
            f"{archive.name} holds {error.tarinfo.name!r}, which would be written outside the code folder."
        ) from None
    except tarfile.ReadError:
        raise UserError(f"{archive.name} is not a tar archive that can be read: tar -czf makes one.") from None
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UserError(f"{archive.name} is broken: {error}.") from None


def lay_down(folder: Path, *, archive: str = "", directory: str = "", channel: Path | None = None) -> Path:
    """Bring the code to ``folder`` (``/opt/ml/code``) and return it.

    It comes from the archive that the runner downloaded, else from ``directory`` (a path or ``file://``), else from
    the ``code`` channel; else it lies in ``folder`` already.
    """
    local = Path(directory.removeprefix("file://")) if directory and not directory.startswith("s3://") else None
    if archive:
        extract(Path(archive), folder)
    elif local and local.is_file():
        extract(local, folder)
    elif local and local.is_dir():
        return local
    elif directory.startswith("s3://"):
        raise UserError(f"The source archive {directory} was not downloaded.")
    elif channel and channel.is_dir():
        archives = list(channel.glob("*.tar.gz"))
        if len(archives) == 1 and len(list(channel.iterdir())) == 1:
            extract(archives[0], folder)
        else:
            shutil.copytree(channel, folder, dirs_exist_ok=True)
    return folder


def command(folder: Path, program: str, arguments: list[str]) -> list[str]:
    """How to run an entry point: a package with ``-m``, a ``.py`` file, else a shell script.

    UserError if it isn't there.
    """
    path = folder / program
    if not path.is_file():
        held = ", ".join(sorted(entry.name for entry in folder.iterdir())[:20]) if folder.is_dir() else ""
        raise UserError(f"The entry point {program} is not in the source: it holds {held or 'nothing'}.")
    if (folder / "setup.py").exists() and program.endswith(".py"):
        return [sys.executable, "-m", Path(program).with_suffix("").as_posix().replace("/", "."), *arguments]
    if program.endswith(".py"):
        return [sys.executable, program, *arguments]
    path.chmod(path.stat().st_mode | 0o100)
    return ["/bin/sh", "-c", 'exec "./$0" "$@"', program, *arguments]


def python_path(*folders: Path) -> str:
    """PYTHONPATH for the script: its own folders only, then what its environment brought along."""
    return os.pathsep.join(str(folder) for folder in folders if folder.is_dir())
