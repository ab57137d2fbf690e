"""What MLflow's clients change goes into the audit log, in the transaction of the change."""

from areas.experiments.mlflow.asked import Asked
from catalog import audit
from catalog.models import Record


def told(asked: Asked, action: str, record: Record, *, before=None, after=None, detail: dict | None = None) -> None:
    """An entry, under the name of the operation of AWS's that does the same; the last statement of its change."""
    audit.append(
        action, record.arn, on=asked.connection.name, before=before, after=after,
        detail={"mlflow": asked.route, **(detail or {})}, actor=asked.context.actor,
    )  # fmt: skip
