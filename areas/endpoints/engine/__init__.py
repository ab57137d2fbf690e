"""How the embedded engine hosts: endpoint configurations, endpoints, deployments."""

from areas.endpoints.engine import configs, endpoints  # noqa: F401  they register their operations
