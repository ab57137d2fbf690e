"""Docs name no file, command or setting that doesn't exist."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from areas.index import AREAS

ROOT = Path(settings.BASE_DIR)
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ROOMS = (
    "areas",
    "bench",
    "catalog",
    "docs",
    "engine",
    "jobs",
    "registry",
    "static",
    "studio",
    "templates",
    "tests",
    ".ci",
)


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_file_named_in_a_page_exists(path):
    words = re.findall(r"`([^`\s]+)`", path.read_text())
    files = [word.rstrip("/") for word in words if word.split("/")[0] in ROOMS and "/" in word and "<" not in word]
    missing = [word for word in files if not any(ROOT.glob(word))]
    assert not missing


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_link_of_a_page_leads_somewhere(path):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text())
    assert not [target for target in targets if not (path.parent / target).exists()]


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_command_named_in_a_page_exists(path):
    text = path.read_text()
    targets = set(re.findall(r"(?:`|^|\()make (?:-s )?([a-z-]+)\b", text, re.M))
    rules = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert targets <= rules
    commands = set(re.findall(r"manage\.py ([a-z_]+)", text))
    assert commands <= {*get_commands(), "up"}


@pytest.mark.parametrize("area", AREAS)
def test_every_area_has_its_page(area):
    assert (ROOT / "docs" / "areas" / f"{area}.md").read_text().startswith("# ")


def test_every_setting_of_the_readme_is_read_somewhere():
    names = set(re.findall(r"`((?:STUDIO|ENGINE|DATABASE|REDIS)_[A-Z_]+)`", (ROOT / "README.md").read_text()))
    code = "".join(path.read_text() for path in (ROOT / "studio").glob("*.py"))
    assert not [name for name in names if name not in code]
