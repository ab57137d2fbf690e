"""Steps of a processing Run that are not calls of SageMaker's; a worker makes them."""

from areas import uploads


def upload_script(connection, request: dict) -> None:
    """Put ``request["text"]`` at ``request["uri"]``. Doing it twice changes nothing."""
    uploads.put(connection, request["uri"], request["text"].encode(), "text/x-python")
