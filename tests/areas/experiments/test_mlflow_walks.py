"""Searches of one experiment's runs read an index in its order: nothing is sorted, however many runs there are."""

import pytest
from django.db import connection

from areas.experiments.mlflow import filters
from areas.experiments.mlflow.walking import Walks

WALKS = {
    "": "run_started",
    "attributes.start_time DESC": "run_started",
    "attributes.start_time ASC": "run_started",
    "metrics.auc DESC": "series_last",
    "metrics.auc ASC": "series_last",
    "params.depth ASC": "parameter_word",
}


@pytest.mark.django_db
@pytest.mark.parametrize("order", WALKS)
@pytest.mark.parametrize("text", ["", "params.`a` LIKE '6%' AND tags.team = 'risk'"])
def test_an_index_has_the_order_already(order, text):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads all of a table that is empty")
    orders = [filters.read_order(order)] if order else []
    walks = Walks(1, filters.read(text), orders, lambda rows: rows)
    plan = walks._walks()[0][:51].explain().splitlines()
    assert any(f"INDEX {WALKS[order]} " in line for line in plan), plan
    sorts = [line for line in plan if "TEMP B-TREE" in line]  # of parameters those that differ in case alone
    assert all("FOR ORDER BY" not in line for line in sorts) and (not sorts or order.startswith("params")), plan
