"""Webhooks: their pages and REST routes, and the events of jobs as EventBridge has them. Sending is in ``registry.webhooks``."""
