"""How the embedded engine keeps the model registry: groups, their policies, packages and what is told of them."""

from areas.model_registry.engine import (  # noqa: F401  they register themselves
    events,
    groups,
    measuring,
    packages,
    reading,
    sharing,
)
