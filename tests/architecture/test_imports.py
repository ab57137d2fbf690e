"""Imports point downwards; areas don't know each other; container code knows no Django."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from areas.images import images
from areas.index import AREAS

ROOT = Path(settings.BASE_DIR)


def imported(path: Path) -> set[str]:
    """The dotted names of what a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_import_linter_is_content():
    done = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("area", AREAS)
def test_no_area_imports_another(area):
    others = tuple(f"areas.{other}" for other in set(AREAS) - {area})
    for path in (ROOT / "areas" / area).rglob("*.py"):
        found = [name for name in imported(path) if name.startswith(others)]
        assert not found, f"{path} imports {found}"


@pytest.mark.parametrize(
    "module",
    sorted({name.partition(":")[0] for image in images().values() for name in (image.train, image.serve) if name}),
)
def test_container_code_knows_no_django(module):
    code = f"import sys, {module}; sys.exit('django' in sys.modules or 'boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_only_one_module_imports_boto3():
    found = [
        str(path.relative_to(ROOT))
        for room in ("areas", "catalog", "engine", "jobs", "registry", "studio")
        for path in (ROOT / room).rglob("*.py")
        if any(name.partition(".")[0] == "boto3" for name in imported(path))
    ]
    assert sorted(found) == ["areas/calls.py", "jobs/worker.py"]
