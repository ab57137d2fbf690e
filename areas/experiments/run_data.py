"""What other areas show of runs: they find this module by name (``areas.index.modules``)."""

from areas.experiments.chosen import Chosen, Refused, choose, label_of, status_of  # noqa: F401
from areas.experiments.colours import colours_of  # noqa: F401
from areas.experiments.feeds import Asked, answer, names_asked, respond  # noqa: F401
