"""What other areas show of runs: they find this module by name (``areas.index.modules``)."""

from areas.experiments import importance as importance_
from areas.experiments.chosen import Chosen, Refused, choose, label_of, status_of  # noqa: F401
from areas.experiments.colours import colours_of  # noqa: F401
from areas.experiments.feeds import Asked, answer, names_asked, respond  # noqa: F401
from areas.experiments.grouping import is_seed
from areas.experiments.values import metric_values, parameter_columns


def importance(chosen: Chosen, metric: str) -> dict:
    """How much each parameter but seeds matters for a metric's last value: see ``forest.judge``. Raises Refused."""
    target = metric_values(chosen.runs, "last")
    columns = {one["label"]: one["values"] for one in parameter_columns(chosen) if not is_seed(one["label"])}
    try:
        return importance_.of(columns, [target[run.id].get(metric) for run in chosen.runs])
    except importance_.Failed as failed:
        raise Refused(str(failed)) from failed
