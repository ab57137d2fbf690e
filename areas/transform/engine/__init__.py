"""How the embedded engine transforms: what CreateTransformJob checks and sets in motion, and how the runner drives the job."""

from areas.transform.engine import create, stop  # noqa: F401  they register their operations
from areas.transform.engine.driver import TransformDriver
from engine.runtime.drivers import register

register(TransformDriver())
