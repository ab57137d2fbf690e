"""What an area needs to bring routes of its own: a module ``rest`` with PREFIX and router, and nothing of the Studio."""

import ast
import re
from pathlib import Path

import pytest

from areas.index import modules
from studio.rest.api import urls


@pytest.mark.parametrize("module", modules("rest"), ids=lambda module: module.__name__)
def test_every_areas_routes_are_mounted(module):
    mounted = {str(pattern.pattern) for pattern in urls()[0]}
    for prefix, router in getattr(module, "ROUTERS", None) or ((module.PREFIX, module.router),):
        for path in router.path_operations:
            address = re.sub("/+", "/", f"{prefix}/{path}").lstrip("/")
            route = re.sub(r"\{(?:\w+:)?(\w+)\}", r"<\1>", address)
            assert route in {re.sub(r"<\w+:", "<", one) for one in mounted}


@pytest.mark.parametrize("module", modules("rest"), ids=lambda module: module.__name__)
def test_an_areas_routes_know_no_studio(module):
    for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) else []
        assert not [name for name in names if name.partition(".")[0] in ("studio", "engine")]
