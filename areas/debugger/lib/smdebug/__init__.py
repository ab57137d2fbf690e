"""What a script of a training job imports to save tensors: ``smdebug.pytorch``, ``smdebug.xgboost``, ``smdebug.sklearn``.

The names are those of awslabs/sagemaker-debugger, whose own package doesn't run beside today's libraries; what it takes to
run its examples' hooks is here, and no more.
"""

import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parents[4])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)  # last: nothing of the script's own is hidden

from smdebug.core import modes  # noqa: E402

__all__ = ["modes"]
