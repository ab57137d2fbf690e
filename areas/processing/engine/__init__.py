"""How the embedded engine processes: what CreateProcessingJob checks and sets in motion, and how the runner drives the job."""

from areas.processing.engine import create, orders  # noqa: F401  they register their operations
from areas.processing.engine.driver import ProcessingDriver
from engine.runtime.drivers import register

register(ProcessingDriver())
