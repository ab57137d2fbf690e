"""What lies in ``jumpstart-cache-prod-<region>``: the manifest, the specs and the sources of the ids of ``models``."""

import json
import re

from areas.algorithms.jumpstart import source
from areas.algorithms.jumpstart.models import MODELS, VERSIONS, Model
from areas.algorithms.jumpstart.specs import specs

PREFIX = "jumpstart-cache-prod-"
_NAME = re.compile(rf"{PREFIX}[a-z]{{2}}(-[a-z]+)+-\d")
MANIFEST = "models_manifest.json"


def is_shared(name: str) -> bool:
    return name.startswith(PREFIX) and bool(_NAME.fullmatch(name))


def region(name: str) -> str:
    return name.removeprefix(PREFIX)


def content(name: str) -> dict[str, bytes]:
    """Key to bytes, the same each time."""
    where = region(name)
    found = {MANIFEST: _json([_header(model, version) for model in MODELS for version in VERSIONS])}
    found["proprietary-sdk-manifest.json"] = _json([])
    for model in MODELS:
        words = f"{model.title} learns from your data alone: nothing is learned beforehand.\n"
        found[model.artifact] = source.pack({"README.txt": words.encode()})
        for version in VERSIONS:
            found[_spec_key(model, version)] = _json(specs(model, version, where))
            found |= {model.key(scope, version): source.archive(model, scope) for scope in ("training", "inference")}
    return found


def _header(model: Model, version: str) -> dict:
    return {
        "model_id": model.id, "version": version, "min_version": "2.49.0", "spec_key": _spec_key(model, version),
        "search_keywords": ["algorithm", "tabular", model.problem],
    }  # fmt: skip


def _spec_key(model: Model, version: str) -> str:
    return f"community_models_specs/{model.id}/specs_v{version}.json"


def _json(value) -> bytes:
    return json.dumps(value).encode()
