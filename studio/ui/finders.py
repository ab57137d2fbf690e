"""Static files that ship inside Python packages, under names that carry their version, so that browsers keep them."""

from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

PLOTLY = f"vendor/plotly-{version('plotly')}.min.js"


@cache
def _files() -> dict[str, Path]:
    return {PLOTLY: Path(find_spec("plotly").origin).parent / "package_data" / "plotly.min.js"}


class PackageStorage(FileSystemStorage):
    """Finds a file by the name that it is served under."""

    prefix = ""

    def path(self, name: str) -> str:
        return str(_files()[name])


class PackageFinder(BaseFinder):
    """Serves the files above."""

    def find(self, path: str, find_all: bool = False, **_):
        found = _files().get(path)
        if find_all:
            return [str(found)] if found else []
        return str(found) if found else None

    def list(self, ignore_patterns):
        storage = PackageStorage()
        return [(name, storage) for name in _files()]
