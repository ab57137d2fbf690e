"""The audit log's page, export and REST routes. Writing and verifying it is ``catalog.audit``."""
