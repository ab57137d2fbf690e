"""Steps of a training Run that are not calls of SageMaker's; a worker makes them."""

from areas import uploads
from areas.training.requests import pack


def upload_code(connection, request: dict) -> None:
    """Put ``request["files"]`` (text by name) as a tar.gz at ``request["uri"]``. Doing it twice changes nothing."""
    uploads.put(connection, request["uri"], pack(request["files"]), "application/gzip")
