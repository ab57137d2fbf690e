"""Rooms on the engine's port for clients that speak no protocol of AWS's: first part of the path → module with ``handle``."""

ROOMS = {"mlflow": "areas.experiments.mlflow.app"}
