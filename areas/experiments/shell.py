"""Runs and experiments in the search, by the names that people gave them. Their own names are found as everything's are."""

from django.urls import reverse

from areas.allowed import visible_here
from areas.experiments.chosen import RUN, status_of
from areas.spec import Hit
from areas.statuses import spaced
from catalog.models import Record
from catalog.runs import RunRow

ICON = "beaker"
NEWEST = 500  # runs with such a name, of all connections, among which those of this one are looked for


def find(connection, text: str, limit: int) -> list[Hit]:
    """Runs and experiments whose display name holds the text and whose own name doesn't, the newest first."""
    named = Record.objects.filter(connection=connection).exclude(name__icontains=text).order_by("-created")
    experiments = named.filter(kind="Experiment", document__DisplayName__icontains=text)
    hits = [
        Hit("Experiments", one.document["DisplayName"], reverse("experiment", args=[one.name]), one.name, ICON)
        for one in visible_here(connection, experiments, "Experiment")[:limit]
    ]
    # Names are looked for in the thin rows alone: to walk 50,000 records would take ten times as long.
    rows = RunRow.objects.filter(title__icontains=text).order_by("-record")
    titles = dict(rows.values_list("record", "title")[:NEWEST])
    runs = visible_here(connection, named.filter(kind=RUN, id__in=titles), RUN)[:limit] if titles else ()
    hits += [
        Hit("Runs", titles[one.id], reverse("trial_component", args=[one.name]), spaced(status_of(one)), ICON)
        for one in runs
    ]
    return hits
