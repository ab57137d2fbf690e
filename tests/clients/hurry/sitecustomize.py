"""Found through PYTHONPATH by the clients under test: they look every half second where they would look every thirty."""

import time

_sleep = time.sleep
time.sleep = lambda seconds: _sleep(min(seconds, 0.5))
