"""The page of one tuning job: what was tried, what it gave, and what can be done with the best."""

from functools import cached_property

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from areas.allowed import allowed
from areas.calls import CallFailed, call
from areas.snippets import calls
from areas.target import Target
from areas.tuning.definitions import OBJECTIVE, definitions, most_jobs
from areas.tuning.drafts import request_of
from areas.tuning.resource import TUNING_JOB

MOST_COMPARED = 40  # trials that the link to the comparison names
SORTS = ("number", "objective")


class TuningJob(Target):
    """One tuning job of a connection: its Record, and the Run that asked for it if the Studio did."""

    resource = TUNING_JOB

    @cached_property
    def trials(self) -> list[dict]:
        """The summaries of its training jobs, in the order of their numbers, from the service. Raises CallFailed."""
        found, token = [], {}
        while True:
            page = call(
                self.connection, "ListTrainingJobsForHyperParameterTuningJob", MaxResults=100, SortBy="CreationTime",
                HyperParameterTuningJobName=self.name, **token,
            )  # fmt: skip
            found += page["TrainingJobSummaries"]
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}

    @cached_property
    def definitions(self):
        return definitions(self.document)

    @property
    def metric(self) -> str:
        return self.definitions[0].metric

    @property
    def maximize(self) -> bool:
        return self.definitions[0].maximize

    @property
    def most(self) -> int | None:
        """How many training jobs there will be at most; None where only its time is limited."""
        limits = self.document["HyperParameterTuningJobConfig"]["ResourceLimits"]
        is_grid = self.document["HyperParameterTuningJobConfig"]["Strategy"] == "Grid"
        return most_jobs(self.document) if is_grid or "MaxNumberOfTrainingJobs" in limits else None

    @property
    def best(self) -> dict:
        return self.document.get("BestTrainingJob") or {}

    @property
    def started(self) -> int:
        return sum(self.document["TrainingJobStatusCounters"].values())

    @property
    def names(self) -> list[str]:
        """The tuned hyperparameters of all definitions, each once, as they are written."""
        return list(dict.fromkeys(dimension.name for one in self.definitions for dimension in one.dimensions))

    def rows(self, sort: str) -> list[dict]:
        """The table: number, job, status, objective, (value, how it is shown) of the hyperparameters in the order of ``names``."""
        rows = [
            {
                "number": number, "job": one["TrainingJobName"], "status": one["TrainingJobStatus"],
                "objective": one.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get("Value"),
                "values": [_shown(one["TunedHyperParameters"].get(name, "")) for name in self.names],
                "is_best": one["TrainingJobName"] == self.best.get("TrainingJobName"),
                "reason": one.get("FailureReason", ""), "seconds": _seconds(one),
                "definition": one.get("TrainingJobDefinitionName", ""),
            }
            for number, one in enumerate(self.trials, 1)
        ]  # fmt: skip
        if sort == "objective":
            sign = -1 if self.maximize else 1
            rows.sort(key=lambda row: (row["objective"] is None, sign * (row["objective"] or 0), row["number"]))
        return rows

    def drawn(self) -> dict:
        """What the charts need: ``{"metric", "maximize", "names", "scales", "trials": [[number, objective, …values]]}``."""
        scales = {
            one.name: one.scaling if one.kind != "categorical" else "" for d in self.definitions for one in d.dimensions
        }
        rows = self.rows("number")
        return {
            "metric": self.metric, "maximize": self.maximize, "names": self.names,
            "scales": [scales[name] for name in self.names],
            "trials": [[row["number"], row["objective"], row["job"], *(value for value, _ in row["values"])] for row in rows],
        }  # fmt: skip

    @property
    def compared(self) -> str:
        """The address of the comparison of its best trials' entries in the experiments."""
        best = [row for row in self.rows("objective") if row["objective"] is not None][:MOST_COMPARED]
        entries = ",".join(f"{row['job']}-aws-training-job" for row in best)
        return f"{reverse('compare-runs')}?runs={entries}&tab=parameters" if entries else ""


def _shown(text: str) -> tuple[str, str]:
    """A value, and as much of it as one reads: five digits of a number, the beginning of a long word."""
    try:
        return text, text if text.lstrip("-").isdigit() else f"{float(text):.5g}"
    except ValueError:
        return text, text if len(text) <= 18 else f"{text[:17]}…"


def _seconds(summary: dict) -> float | None:
    started, ended = summary.get("TrainingStartTime"), summary.get("TrainingEndTime")
    return (ended - started).total_seconds() if started and ended else None


@allowed("view", "HyperParameterTuningJob")
@require_GET
def show(request, name):
    """The whole page; before SageMaker knows the tuning job, how its Run goes."""
    job = TuningJob(request.connection, name)
    if not job.exists:
        if job.run is None or job.run.state == job.run.COMPLETED:
            raise Http404(f"There is no tuning job {name} on {request.connection}.")
        return render(request, "generic/run.html", {"resource": TUNING_JOB, "run": job.run, "name": name})
    return render(request, "areas/tuning/page.html", _context(request, job))


@allowed("view", "HyperParameterTuningJob")
@require_GET
def live(request, name):
    """What moves on the page, for htmx."""
    job = TuningJob(request.connection, name)
    if not job.exists:
        return HttpResponse(headers={"HX-Redirect": reverse(TUNING_JOB.slug)})
    if request.GET.get("seen") != job.record.status:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "areas/tuning/live.html", _context(request, job))


def _context(request, job: TuningJob) -> dict:
    sort = request.GET.get("sort") if request.GET.get("sort") in SORTS else "number"
    context = {
        "job": job, "document": job.document, "config": job.document["HyperParameterTuningJobConfig"], "sort": sort,
        "code": calls([("CreateHyperParameterTuningJob", request_of(job.record, job.tags))]),
        "ranges": [dimension for one in job.definitions for dimension in one.dimensions],
        "static": [
            (name, value) for one in job.definitions for name, value in one.static.items()
            if name != OBJECTIVE and not name.startswith("sagemaker_")
        ],
    }  # fmt: skip
    try:
        return context | {"rows": job.rows(sort), "drawn": job.drawn(), "compared": job.compared}
    except CallFailed as failed:
        return context | {"failed": failed}
