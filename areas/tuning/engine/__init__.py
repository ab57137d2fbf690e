"""How the embedded engine tunes: what CreateHyperParameterTuningJob checks, and how the runner conducts the trials."""

from areas.tuning.engine import conductor, create, following, listing, orders  # noqa: F401  they register what they do
