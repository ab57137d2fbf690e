"""A request's body, read whole up to a limit."""

from engine.errors import AwsError

LIMIT = 16 * 1024 * 1024
INVOCATION_LIMIT = 6 * 1024 * 1024

# How much more than the limit is read and dropped, so that the client hears the reason instead of a broken pipe.
PATIENCE = 64 * 1024 * 1024


async def read(receive, limit: int = LIMIT) -> bytes:
    """The body. RequestEntityTooLargeException (413) beyond ``limit`` bytes; ConnectionError if the client leaves."""
    message = await receive()
    if not message.get("more_body") and message["type"] == "http.request":
        body = message.get("body", b"")
        if len(body) > limit:
            raise too_large(limit)
        return body
    parts, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client left before its request was complete")
        part = message.get("body", b"")
        size += len(part)
        if size <= limit:
            parts.append(part)
        elif size > limit + PATIENCE:
            raise too_large(limit)
        if not message.get("more_body"):
            break
        message = await receive()
    if size > limit:
        raise too_large(limit)
    return b"".join(parts)


def too_large(limit: int) -> AwsError:
    return AwsError("RequestEntityTooLargeException", f"Request body is larger than {limit} bytes.", 413)
