"""How the embedded engine trains: what CreateTrainingJob checks and sets in motion, and how the runner drives the job."""

from areas.training.engine import create, orders  # noqa: F401  they register their operations
from areas.training.engine.driver import TrainingDriver
from engine.runtime.drivers import register

register(TrainingDriver())
