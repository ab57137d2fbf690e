"""MLflow's tracking API on the engine's port: its clients log into the same experiments as SageMaker's own.

An MLflow run is a trial component, an MLflow experiment an experiment; ``app`` is the door. Django and the engine are loaded:
this package runs in the engine's process only, but for ``importing``, which a command runs.
"""
