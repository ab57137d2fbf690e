"""A script's ``requirements.txt``: what is there already is not installed again, so it works offline too."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from areas.algorithms.container import UserError

TIMEOUT = 30  # seconds that pip waits for a server
RETRIES = 1
UNREACHABLE = (
    "NewConnectionError",
    "NameResolutionError",
    "Failed to establish a new connection",
    "Network is unreachable",
)


CACHE = "SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY"  # the folder that a warm pool keeps from job to job
WHOLE = ".installed"  # file in a folder of packages that are all there


def install_or_reuse(file: Path, target: Path) -> Path:
    """As ``install``; in a warm pool the packages stay, and the next job with the same requirements and interpreter takes them as
    they are. Returns the folder that they are in."""
    if CACHE not in os.environ:
        install(file, target)
        return target
    texts = b"\n".join(path.read_bytes() for path in sorted(file.parent.glob("*.txt")))  # "-r" may name another
    key = hashlib.sha256(f"{sys.version}\n{sys.prefix}\n".encode() + texts).hexdigest()
    kept = Path(os.environ[CACHE]) / "requirements" / key[:16]
    if (kept / WHOLE).exists():
        print(f"The requirements are installed already: the warm pool has kept them ({kept}).", flush=True)
        return kept
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    install(file, kept)
    (kept / WHOLE).touch()
    return kept


def install(file: Path, target: Path) -> None:
    """Install into ``target`` what the interpreter lacks of ``file``; UserError names the requirement that fails."""
    wanted = missing(file)
    if not wanted:
        return
    print(f"Installing {', '.join(wanted)}", flush=True)
    remaining = target.with_name("requirements.missing.txt")
    remaining.write_text("\n".join(_options(file) + wanted) + "\n")
    command = [
        sys.executable, "-m", "pip", "install", "--target", str(target), "--disable-pip-version-check", "--no-input",
        "--retries", str(RETRIES), "--timeout", str(TIMEOUT), "-r", str(remaining),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=file.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout, flush=True)
    if done.returncode:
        raise UserError(_explained(done.stdout, wanted))


def missing(file: Path) -> list[str]:
    """The requirements of a file that the interpreter doesn't meet, ``-r`` and ``-e`` lines always among them."""
    lines = (line.partition(" #")[0].strip() for line in file.read_text().replace("\\\n", " ").splitlines())
    return [line for line in lines if line and not line.startswith(("#", "--")) and not _is_met(line)]


def _options(file: Path) -> list[str]:
    return [line.strip() for line in file.read_text().splitlines() if line.strip().startswith("--")]


def _is_met(line: str) -> bool:
    from importlib.metadata import PackageNotFoundError, version

    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(re.sub(r"\s+--hash=\S+", "", line))
        if requirement.marker and not requirement.marker.evaluate():
            return True
        if requirement.url or requirement.extras:
            return False
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except (InvalidRequirement, PackageNotFoundError):
        return False


def _explained(output: str, wanted: list[str]) -> str:
    found = re.search(r"No matching distribution found for (.+)", output)
    name = found[1].split(" (from")[0].strip() if found else ", ".join(wanted)
    reason = "no package index can be reached" if any(words in output for words in UNREACHABLE) else ""
    errors = [line.removeprefix("ERROR: ") for line in output.splitlines() if line.startswith("ERROR: ")]
    reason = reason or (errors[-1] if errors else "pip failed")
    return f"The requirement {name} of requirements.txt could not be installed: {reason}."
