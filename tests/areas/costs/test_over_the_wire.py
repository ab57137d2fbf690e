"""A real job's charge."""

import pytest

from areas.costs import sums
from areas.costs.models import Charge
from tests.areas.training.conftest import training  # noqa: F401 - a fixture


def test_a_job_is_charged_in_the_transaction_that_ends_it(training, django_db_blocker):  # noqa: F811
    done = training.run("print(1)", Tags=[{"Key": "project", "Value": "wire"}])
    with django_db_blocker.unblock():
        row = sums.priced(Charge.objects.filter(connection=training.aws.connection)).get()
        assert row.seconds == done["BillableTimeInSeconds"]
        assert row.tags.get().value == "wire"
        assert row.cost == pytest.approx(row.seconds * 0.115 / 3600)
