"""XGBoost without what it doesn't need here."""

import sys
from importlib.abc import MetaPathFinder

_UNNEEDED = ("sklearn", "pandas")


class _Missing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in _UNNEEDED:
            raise ModuleNotFoundError(f"{name} is not used by the built-in XGBoost", name=name)


def stay_lean() -> None:
    """From now on this process has no scikit-learn and no pandas, as far as it hasn't imported them already.

    XGBoost and pyarrow import them where they are installed, also in the middle of a job: 1.5 to 3 seconds and 100 MB
    for nothing. Only for processes that run no code of a user's.
    """
    if not any(isinstance(finder, _Missing) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Missing())
