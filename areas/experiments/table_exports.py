"""The whole of what a table's filter shows, as files and as code: CSV, Parquet, and snippets for a notebook."""

from collections.abc import Iterator

from django.conf import settings
from django.http import StreamingHttpResponse
from django.utils import timezone

from areas.experiments.chosen import label_of
from areas.experiments.table import RunsTable
from areas.experiments.table_cells import is_time
from areas.experiments.table_columns import Column, column
from areas.experiments.table_values import Values
from areas.exports import FORMATS, Heading
from areas.snippets import literal
from catalog.models import Connection, Record
from catalog.runs import RunParameter

RUNS = 1_000_000
CHUNK = 500


def respond(table: RunsTable, kind: str, names: list[str] | None = None) -> StreamingHttpResponse:
    """A file of all runs that the filter shows, or of those called ``names``, in the table's columns and order."""
    content_type, write = FORMATS[kind]
    numbers = table.search.ids(RUNS)
    if names is not None:
        wanted = set(Record.objects.filter(id__in=_of(table, names)).values_list("id", flat=True))
        numbers = [number for number in numbers if number in wanted]
    columns = [column("name"), *(one for one in table.columns if one.key != "name")]
    name = f"{table.experiment.name}-{timezone.now():%Y%m%d-%H%M%S}.{kind}"
    return StreamingHttpResponse(
        write(headings(columns, numbers), rows(columns, numbers)), content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip


def _of(table: RunsTable, names: list[str]) -> list[int]:
    found = Record.objects.filter(connection=table.connection, kind="TrialComponent", name__in=names)
    return list(found.values_list("id", flat=True))


def headings(columns: list[Column], numbers: list[int]) -> list[Heading]:
    """The run's label, then the columns. A parameter is a number where no run has a word for it."""
    worded = _worded({one.name for one in columns if one.family == "params"}, numbers)
    found = [Heading("Run")]
    for one in columns:
        is_number = one.is_number or (one.family == "params" and one.name not in worded)
        found.append(Heading(one.title, "time" if is_time(one) else "number" if is_number else "text"))
    return found


def _worded(keys: set[str], numbers: list[int]) -> set[str]:
    """The parameters that are no number in some run."""
    found: set[str] = set()
    for at in range(0, len(numbers), 5000):
        rows = RunParameter.objects.filter(run__in=numbers[at : at + 5000], key__in=keys - found, number__isnull=True)
        found |= set(rows.values_list("key", flat=True).distinct())
    return found


def rows(columns: list[Column], numbers: list[int]) -> Iterator[list]:
    for at in range(0, len(numbers), CHUNK):
        part = numbers[at : at + CHUNK]
        found = Record.objects.in_bulk(part)
        records = [found[number] for number in part if number in found]
        values = Values(records, columns)
        for record in records:
            yield [label_of(record), *(values.of(record, one) for one in columns)]


def snippets(table: RunsTable, studio: str) -> dict[str, str]:
    """Code that loads the same runs into a notebook: over REST with the query and columns, by the SageMaker SDK, by MLflow.

    ``studio`` is the address of this Studio, as the browser has it."""
    query = {
        "q": table.query, "sort": table.sort, "limit": 200,
        "columns": ",".join(one.key for one in table.columns if one.family != "fact"),
    }  # fmt: skip
    name = table.experiment.name
    return {
        "python": _PANDAS.format(
            address=literal(f"{studio}/api/v1/experiments/{name}/runs/"), connection=literal(table.connection.name),
            query=literal({key: value for key, value in query.items() if value}),
        ),
        "sdk": _SDK.format(experiment=literal(name)),
        "mlflow": _MLFLOW.format(
            uri=literal(tracking_uri(table.connection)), experiment=literal(label_of(table.experiment))
        ),
    }  # fmt: skip


def tracking_uri(connection: Connection) -> str:
    """What an MLflow client is pointed at."""
    return f"{connection.endpoint_url or settings.ENGINE_URL}/mlflow/{connection.name}"


_PANDAS = """import os

import pandas as pd
import requests

rows, query = [], {query}
while query:
    answer = requests.get(
        {address},
        params=query,
        headers={{"Authorization": "Bearer " + os.environ["ATELIER_TOKEN"], "Atelier-Connection": {connection}}},
    )
    answer.raise_for_status()
    page = answer.json()
    rows += page["items"]
    query = {{**query, "cursor": page["next_cursor"]}} if page["next_cursor"] else None
table = pd.json_normalize(rows)
"""
_SDK = """import pandas as pd
from sagemaker.experiments import list_runs

runs = list_runs(experiment_name={experiment})
table = pd.DataFrame({{run.run_name: dict(run._trial_component.parameters) for run in runs}}).T
"""
_MLFLOW = """import mlflow

mlflow.set_tracking_uri({uri})
table = mlflow.search_runs(experiment_names=[{experiment}])
"""
