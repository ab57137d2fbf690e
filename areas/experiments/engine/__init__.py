"""How the embedded engine keeps experiments: the three nouns, their memberships, and the components of jobs."""

from areas.experiments.engine import components, events, experiments, jobs, members, trials  # noqa: F401  they register operations
