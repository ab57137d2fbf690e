"""Runs and experiments in the search, by the names that people gave them. Their own names are found as everything's are."""

from django.urls import reverse

from areas.allowed import visible_here
from areas.experiments.chosen import RUN, status_of
from areas.spec import Hit
from areas.statuses import spaced
from catalog.models import Record

ICON = "beaker"


def find(connection, text: str, limit: int) -> list[Hit]:
    """Runs and experiments whose display name holds the text and whose own name doesn't, the newest first."""
    named = Record.objects.filter(connection=connection).exclude(name__icontains=text).order_by("-created")
    runs = visible_here(connection, named.filter(kind=RUN, run_row__title__icontains=text), RUN)
    experiments = named.filter(kind="Experiment", document__DisplayName__icontains=text)
    hits = [
        Hit("Experiments", one.document["DisplayName"], reverse("experiment", args=[one.name]), one.name, ICON)
        for one in visible_here(connection, experiments, "Experiment")[:limit]
    ]
    for one in runs.select_related("run_row")[:limit]:
        url = reverse("trial_component", args=[one.name])
        hits.append(Hit("Runs", one.run_row.title, url, spaced(status_of(one)), ICON))
    return hits
