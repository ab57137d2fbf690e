"""How the embedded engine hosts: endpoint configurations, endpoints, deployments."""

from areas.endpoints.engine import configs, endpoints, timeline  # noqa: F401  they register what they do
