"""What tests of the runs' pages share."""

from tests.areas.experiments.run_stage import desk, run  # noqa: F401  fixtures
