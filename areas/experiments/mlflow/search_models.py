"""logged-models/search: the models of some experiments, by attributes, parameters, tags and metrics."""

from django.db.models import Exists, F, FloatField, OrderBy, OuterRef, Q, Subquery, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from areas.experiments.mlflow import filters
from areas.experiments.mlflow.asked import Asked
from areas.experiments.mlflow.errors import invalid
from areas.experiments.mlflow.filters import NUMERIC, TEXT, Comparison
from areas.experiments.mlflow.matching import condition, moment, number, timed, words
from areas.experiments.mlflow.models import wire_models
from areas.experiments.mlflow.searching import EXPERIMENTS, ORDERS, by_code_point, page_of, visible
from areas.experiments.mlflow.tables import LoggedModel, ModelMetric
from areas.experiments.resource import EXPERIMENT, TRIAL_COMPONENT
from catalog.models import Record

PAGE = 100
_TEXTS = {
    "name": "name",
    "model_id": "model_id",
    "model_type": "model_type",
    "status": "status",
    "source_run_id": "source_run",
}
_TIMES = {"creation_timestamp": "created", "creation_time": "created", "last_updated_timestamp": "updated"}


def search(asked: Asked) -> dict:
    """https://mlflow.org/docs/latest/api_reference/rest-api.html#search-loggedmodels"""
    limit = asked.whole("max_results", PAGE, low=1, high=1000)
    given = [
        int(one) for one in asked.items("experiment_ids", str, most=EXPERIMENTS) if one.isdecimal() and len(one) < 19
    ]
    experiments = Record.objects.filter(connection_id=asked.connection.id, kind=EXPERIMENT.noun, id__in=given)
    rows = LoggedModel.objects.filter(
        connection=asked.connection, deleted=None, experiment__in=visible(asked, experiments, EXPERIMENT.noun)
    )
    if not asked.access.is_everything:
        runs = Record.objects.filter(connection_id=asked.connection.id, name=OuterRef("source_run"))
        seen = visible(asked, runs.filter(kind=TRIAL_COMPONENT.noun), TRIAL_COMPONENT.noun)
        rows = rows.filter(Q(source_run="") | Exists(seen))
    datasets = [
        (str(one.get("dataset_name", "")), str(one.get("dataset_digest") or ""))
        for one in asked.items("datasets", most=ORDERS)
    ]
    rows = rows.filter(condition(filters.read(asked.text("filter", "")), _OfModels(datasets)))
    if datasets:
        measured = ModelMetric.objects.filter(model=OuterRef("pk"))
        rows = rows.filter(Exists(measured.filter(_on(datasets))))
    orders = [_order(one) for one in asked.items("order_by", most=ORDERS)]
    rows = rows.order_by(*orders, *([] if orders else ["-created"]), "id")
    page, token = page_of(rows, asked.text("page_token", ""), limit)
    answer: dict = {"models": wire_models(page)}
    return {**answer, "next_page_token": token} if token else answer


def _on(datasets: list[tuple[str, str]]) -> Q:
    found = Q()
    for name, digest in datasets:
        found |= Q(dataset=name, digest=digest) if digest else Q(dataset=name)
    return found


class _OfModels:
    """Conditions on logged models; those on metrics are about the datasets that the search names, if it names any."""

    def __init__(self, datasets: list[tuple[str, str]]):
        self.datasets = datasets

    def __call__(self, one: Comparison) -> Q:
        if one.kind == "metric":
            if one.sign not in NUMERIC or not isinstance(one.value, float):
                raise invalid(f"metrics.{one.key} is compared with a number.")
            rows = ModelMetric.objects.filter(
                _on(self.datasets), number("value", one), model=OuterRef("pk"), key=one.key
            )
            return Q(Exists(rows))
        if one.kind == "attribute" and one.key in _TIMES:
            if one.sign not in NUMERIC or not isinstance(one.value, float):
                raise invalid(f"Expected numeric value type for attribute '{one.key}'. Found {one.value!r}.")
            return timed(_TIMES[one.key], one.sign, moment(one.value))
        if one.sign not in TEXT or isinstance(one.value, float):
            raise invalid(f"{one.key} is compared with a text in quotes.")
        if one.kind in ("param", "tag"):
            return self._of_key("params" if one.kind == "param" else "tags", one)
        if one.kind != "attribute" or one.key not in _TEXTS:
            raise invalid(
                f"Invalid attribute key '{one.key}' specified. Valid keys are {sorted({**_TEXTS, **_TIMES})}."
            )
        return words(_TEXTS[one.key], one)

    def _of_key(self, field: str, one: Comparison) -> Q:
        rows = LoggedModel.objects.filter(pk=OuterRef("pk")).alias(
            text=Cast(KeyTextTransform(one.key, field), TextField())
        )
        if one.sign in ("IS NULL", "IS NOT NULL"):
            return Q(Exists(rows.filter(text__isnull=one.sign == "IS NULL")))
        return Q(Exists(rows.filter(words("text", one), text__isnull=False)))


def _order(given: dict) -> OrderBy:
    kind, key, _ = filters.read_order(str(given.get("field_name") or ""))
    how = {"descending": given.get("ascending") is False, "nulls_last": True}
    if kind == "metric":
        rows = ModelMetric.objects.filter(model=OuterRef("pk"), key=key).order_by("-time")
        if name := given.get("dataset_name"):
            rows = rows.filter(_on([(str(name), str(given.get("dataset_digest") or ""))]))
        return OrderBy(Subquery(rows.values("value")[:1], output_field=FloatField()), **how)
    if kind != "attribute" or key not in {**_TEXTS, **_TIMES}:
        raise invalid(f"Invalid order_by key '{key}' specified. Valid keys are {sorted({**_TEXTS, **_TIMES})}.")
    if key in _TIMES:
        return OrderBy(F(_TIMES[key]), **how)
    return OrderBy(by_code_point(F(_TEXTS[key])) if key == "name" else F(_TEXTS[key]), **how)
