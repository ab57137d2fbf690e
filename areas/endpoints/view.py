"""An endpoint as its pages tell it, read from the catalog."""

from datetime import timedelta
from functools import cached_property

from django.db.models import Max, Sum
from django.utils import timezone

from areas.endpoints.resource import ENDPOINT
from areas.endpoints.schema import SCHEMA_TAG
from areas.images import algorithm_behind
from areas.target import Target
from catalog.models import Record, TrafficPoint
from jobs.models import Run

ERRORS = ("Invocation4XXErrors", "Invocation5XXErrors")
LATENCIES = ("ModelLatency.p50", "ModelLatency.p95", "ModelLatency.p99")


class EndpointView(Target):
    """One endpoint of a connection: its Record if SageMaker knows it, and the Run that asked for it last."""

    resource = ENDPOINT

    @cached_property
    def config(self) -> Record | None:
        name = self.document.get("EndpointConfigName", "")
        return Record.objects.filter(connection=self.connection, kind="EndpointConfig", name=name).first()

    @cached_property
    def models(self) -> dict[str, str]:
        """Model by variant, of the configuration that runs."""
        declared = self.config.document.get("ProductionVariants", []) if self.config else []
        return {one["VariantName"]: one.get("ModelName", "") for one in declared}

    @cached_property
    def variants(self) -> list[dict]:
        """What runs: name, model, instances, weight, share of the traffic, and the last minute's numbers."""
        declared = (
            {one["VariantName"]: one for one in self.config.document.get("ProductionVariants", [])}
            if self.config
            else {}
        )
        found = self.document.get("ProductionVariants") or []
        total = sum(one.get("CurrentWeight") or 0 for one in found)
        start, rows = 0.0, []
        for i, one in enumerate(found):
            name, weight = one["VariantName"], one.get("CurrentWeight") or 0
            share = 100 * weight / total if total else 0
            rows.append({
                "name": name, "model": self.models.get(name, ""), "weight": weight, "share": share, "start": start,
                "count": one.get("CurrentInstanceCount"), "wanted": one.get("DesiredInstanceCount"),
                "instance_type": declared.get(name, {}).get("InstanceType", ""), "colour": i % 8,
                "image": next((image.get("SpecifiedImage", "") for image in one.get("DeployedImages") or []), ""),
                "state": next((state.get("Status", "") for state in one.get("VariantStatus") or []), ""),
                **self.traffic.get(name, {}),
            })  # fmt: skip
            start += share
        return rows

    @cached_property
    def traffic(self) -> dict[str, dict]:
        """By variant: requests and latency of the last minute that had any, requests and errors of 24 hours."""
        if not self.record:
            return {}
        since = timezone.now() - timedelta(hours=24)
        points = TrafficPoint.objects.filter(record=self.record)
        counts = points.filter(time__gte=since, name__startswith="Invocation")
        found: dict[str, dict] = {}
        for name, total in counts.values_list("name").annotate(total=Sum("value")):
            metric, _, variant = name.partition("/")
            found.setdefault(variant, {})[metric] = total
        minute = points.filter(time__gte=since).aggregate(last=Max("time"))["last"]
        if minute:
            for name, value in points.filter(time=minute).values_list("name", "value"):
                metric, _, variant = name.partition("/")
                key = f"now_{metric.replace('.', '_')}"
                found.setdefault(variant, {})[key] = (
                    value / 1000 if "Latency" in metric and value is not None else value
                )
                found[variant]["minute"] = minute
        for one in found.values():
            asked = one.get("Invocations") or 0
            one["errors"] = sum(one.get(name) or 0 for name in ERRORS)
            one["error_share"] = 100 * one["errors"] / asked if asked else None
        return found

    @cached_property
    def totals(self) -> dict:
        """The tiles: requests a minute, latency of the busiest variant in ms, errors of 24 hours in percent."""
        rows = list(self.traffic.values())
        asked = sum(row.get("Invocations") or 0 for row in rows)
        busiest = max(rows, key=lambda row: row.get("now_Invocations") or 0, default={})
        errors = sum(row["errors"] for row in rows)
        return {
            "asked": asked, "minute": max((row["minute"] for row in rows if "minute" in row), default=None),
            "rate": sum(row.get("now_Invocations") or 0 for row in rows), "errors": errors,
            "error_share": 100 * errors / asked if asked else None,
            **{f"p{n}": busiest.get(f"now_ModelLatency_p{n}") for n in (50, 95, 99)},
            "client_errors": sum(row.get(ERRORS[0]) or 0 for row in rows),
            "server_errors": sum(row.get(ERRORS[1]) or 0 for row in rows),
        }  # fmt: skip

    @cached_property
    def schema_uri(self) -> str:
        """The tag on the endpoint, else on its configuration, its models or the jobs that registered their packages."""
        if uri := self.tags.get(SCHEMA_TAG):
            return uri
        names = [name for name in self.models.values() if name]
        models = list(self._records("Model").filter(name__in=names))
        return _schema_of([*([self.config] if self.config else []), *models]) or _schema_of(self._jobs_of(models))

    @cached_property
    def algorithm(self):
        """What the built-in algorithm of its first model declares of itself; None where somebody's own script answers."""
        names = [name for name in self.models.values() if name][:1]
        model = self._records("Model").filter(name__in=names).first()
        container = (model.document.get("PrimaryContainer") or {}) if model else {}
        return algorithm_behind(container.get("Image", ""), container.get("Environment") or {})

    def _records(self, kind: str):
        return Record.objects.filter(connection=self.connection, kind=kind).prefetch_related("tags")

    def _jobs_of(self, models: list[Record]) -> list[Record]:
        """The training jobs that say they made the packages that the models were made of."""
        containers = [
            one for model in models
            for one in (model.document.get("PrimaryContainer") or {}, *(model.document.get("Containers") or []))
        ]  # fmt: skip
        packages = {one["ModelPackageName"] for one in containers if one.get("ModelPackageName")}
        if not packages:
            return []
        found = self._records("ModelPackage").filter(arn__in=packages)
        made_by = {(one.document.get("MetadataProperties") or {}).get("GeneratedBy", "") for one in found}
        return list(self._records("TrainingJob").filter(arn__in=made_by - {""}))

    @property
    def changes(self):
        """What the Studio asked of it, newest first."""
        return (
            Run.objects.filter(connection=self.connection, kind="Endpoint", name=self.name)
            .select_related("user")
            .order_by("-created")[:50]
        )

    @property
    def refused(self) -> Run | None:
        """The last change, if the service refused it after the endpoint last moved."""
        run = self.run
        after = run and run.state == Run.FAILED and self.record and run.ended and run.ended > self.record.modified
        return run if after else None


def _schema_of(records: list[Record]) -> str:
    """The address of the schema that the first record with the tag names."""
    return next((tag.value for record in records for tag in record.tags.all() if tag.key == SCHEMA_TAG), "")
