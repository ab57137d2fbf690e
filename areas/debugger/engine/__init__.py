"""How the embedded engine debugs and profiles a training job: what it checks, adds to the container, and judges beside it."""

from areas.debugger.engine import additions, evaluating, starting  # noqa: F401  they register themselves
