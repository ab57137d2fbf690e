"""The source archives of JumpStart's scripts: an entry point and the part of this package that it runs. Standard library only."""

import gzip
import io
import tarfile
from functools import cache
from pathlib import Path

from areas.algorithms.jumpstart.models import Model
from areas.algorithms.tabular.training import INFER

ROOT = Path(__file__).resolve().parents[3]
PACKED = (
    "areas/__init__.py", "areas/algorithms/__init__.py", "areas/algorithms/container.py", "areas/algorithms/frame/__init__.py",
    "areas/algorithms/frame/hyperparameters.py", "areas/algorithms/formats/__init__.py", "areas/algorithms/formats/table.py",
    "areas/algorithms/script/__init__.py", "areas/algorithms/script/codecs.py", "areas/algorithms/neural/__init__.py",
    "areas/algorithms/neural/library.py", "areas/algorithms/neural/optimizers.py",
)  # fmt: skip

TRAIN = '''"""Trains {title} on folders of CSV files, label first."""

import sys

from areas.algorithms.tabular.training import main

if __name__ == "__main__":
    sys.exit(main("{algorithm}", "{problem}"))
'''


def archive(model: Model, scope: str) -> bytes:
    """The ``sourcedir.tar.gz`` of "training" (``transfer_learning.py``) or "inference" (``inference.py``)."""
    name, text = ("transfer_learning.py", TRAIN) if scope == "training" else ("inference.py", INFER)
    words = {"title": model.title, "algorithm": model.algorithm, "problem": model.problem}
    return pack({name: text.format(**words).encode(), **_package()})


@cache
def _package() -> dict[str, bytes]:
    tabular = sorted((ROOT / "areas" / "algorithms" / "tabular").rglob("*.py"))
    paths = [*(ROOT / name for name in PACKED), *tabular]
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}


def pack(files: dict[str, bytes]) -> bytes:
    """A ``.tar.gz`` that is the same bytes for the same files."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(body), 0o644
            tar.addfile(entry, io.BytesIO(body))
    return buffer.getvalue()
