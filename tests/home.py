"""A home of the tests' own, one for each pytest-xdist worker. Loaded by ``-p`` in pyproject.toml, because pytest-django reads
the settings before any conftest.py."""

import atexit
import os
import shutil
import sys
import tempfile

if "ATELIER_TEST_HOME" not in os.environ:
    os.environ["ATELIER_TEST_HOME"] = tempfile.mkdtemp(prefix="atelier-test-")
    atexit.register(shutil.rmtree, os.environ["ATELIER_TEST_HOME"], ignore_errors=True)
os.environ["STUDIO_HOME"] = f"{os.environ['ATELIER_TEST_HOME']}/{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
os.environ.setdefault("ENGINE_SLOTS", "2")
os.environ["STUDIO_STRICT"] = "1"
os.environ["DJANGO_SETTINGS_MODULE"] = "studio.settings"
# Compiled modules are kept, whatever the machine says: without them, half of the suite's time went into compiling.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
