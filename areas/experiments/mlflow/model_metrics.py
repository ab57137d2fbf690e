"""What a run measures of a logged model: beside the run's own series, the last value is kept with the model."""

from areas.experiments.mlflow.asked import Asked
from areas.experiments.mlflow.models import may
from areas.experiments.mlflow.tables import LoggedModel, ModelMetric
from catalog.metrics import Point

Found = list[tuple[str, str, str, Point]]


def model_points(given: list[dict], points: list[Point]) -> Found:
    """(model id, dataset, its digest, point) of the metrics that name a model."""
    return [
        (_word(one["model_id"]), _word(one.get("dataset_name")), _word(one.get("dataset_digest")), point)
        for one, point in zip(given, points, strict=True)
        if one.get("model_id")
    ]


def keep_last(asked: Asked, run_id: str, measured: Found) -> None:
    """Write the last of each with its model; what names a model that isn't there, or that the caller
    may not change, stays with the run alone, as it was put."""
    rows = LoggedModel.objects.filter(
        connection=asked.connection, deleted=None, model_id__in={one[0] for one in measured}
    )
    there = {one.model_id: one.id for one in rows.select_related("experiment") if may(asked, one, "update")}
    newest: dict[tuple, Point] = {}
    for model, dataset, digest, point in measured:
        key = (there.get(model), point.name, dataset[:500], digest[:36])
        if model in there and (key not in newest or _place(point) >= _place(newest[key])):
            newest[key] = point
    kept = {
        (one.model_id, one.key, one.dataset, one.digest): one
        for one in ModelMetric.objects.filter(model__in=there.values(), run=run_id)
    }
    rows = [
        ModelMetric(
            model_id=key[0], run=run_id, key=key[1], dataset=key[2], digest=key[3], step=point.step or 0,
            value=None if point.value != point.value else point.value, time=round(point.time * 1000),
        )
        for key, point in newest.items()
        if key not in kept or (kept[key].step, kept[key].time) <= (point.step or 0, round(point.time * 1000))
    ]  # fmt: skip
    ModelMetric.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["model", "run", "key", "dataset", "digest"],
        update_fields=["value", "step", "time"],
    )  # fmt: skip


def _word(value) -> str:
    return "" if value is None else str(value).replace("\0", "")


def _place(point: Point) -> tuple:
    return point.step or 0, point.time
