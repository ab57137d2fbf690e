from tests.areas.webhooks.conftest import people, place  # noqa: F401
