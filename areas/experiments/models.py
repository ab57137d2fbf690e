"""The area's tables, by the part that they belong to."""

from areas.experiments.mlflow.tables import LoggedModel, LongTag, ModelMetric, RunDataset, RunModel  # noqa: F401
