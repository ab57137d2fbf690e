"""The rules that can watch a training job: what the areas' ``catalogue`` modules declare. Standard library only."""

from functools import cache
from typing import Any

from areas.index import modules


@cache
def rules() -> dict[str, Any]:
    """Every rule by its name (``rule_to_invoke``), in the order in which it is declared.

    A rule has ``name``, ``fires`` (what it looks for), ``advice``, ``parameters`` by name (``kind``, ``default``, ``help``),
    ``collections`` (what the hook saves for it, with parameters), ``frameworks``, ``is_profiler``, and
    ``read({parameter: text})``, which raises ValueError in a sentence about a parameter that can't be.
    """
    return {name: rule for module in modules("catalogue") for name, rule in module.RULES.items()}
