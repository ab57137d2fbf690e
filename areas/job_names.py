"""Names of jobs: what is allowed, and the next free one. ``noun`` is AWS's, such as TrainingJob."""

import re

from catalog.models import Record
from jobs.models import Run

PATTERN = r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"


def check_name(name: str, member: str) -> str:
    """The service's own sentence if ``name`` can't name a job, else nothing. ``member`` is the request's: trainingJobName."""
    if re.fullmatch(PATTERN[1:], name):
        return ""
    return (
        f"Value '{name}' at '{member}' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {PATTERN}"
    )


def is_taken(connection, noun: str, name: str) -> bool:
    """Whether a job of that name exists or is asked for."""
    return (
        Record.objects.filter(connection=connection, kind=noun, name=name).exists()
        or Run.objects.filter(connection=connection, kind=noun, name=name, state__in=Run.OPEN).exists()
    )


def next_name(connection, noun: str, stem: str) -> str:
    """``penguins-xgboost`` → ``penguins-xgboost-0007``: one above the highest number of that stem."""
    stem = re.sub(r"[^a-zA-Z0-9]+", "-", stem).strip("-")[:56] or "job"
    highest = 0
    for rows in (Record.objects, Run.objects):
        names = rows.filter(connection=connection, kind=noun, name__startswith=f"{stem}-")
        for name in names.order_by("-name").values_list("name", flat=True)[:200]:
            number = re.fullmatch(re.escape(stem) + r"-(\d{4,6})", name)
            highest = max(highest, int(number[1]) if number else 0)
    return f"{stem}-{highest + 1:04d}"
