"""What a handler raises so that a client reads AWS's own words. Only the gateway turns these into bytes."""


class AwsError(Exception):
    """An error of the AWS protocol. ``extra`` are further members of the body (ModelError's OriginalStatusCode …)."""

    def __init__(self, code: str, message: str, status: int = 400, **extra):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status, self.extra = code, message, status, extra


def invalid(message: str) -> AwsError:
    """The control plane's answer to a request that can't be right."""
    return AwsError("ValidationException", message)


def unsupported(what: str) -> AwsError:
    """The answer for a capability that is not built: never a fake success."""
    return AwsError("ValidationException", f"{what} is not supported by the embedded engine yet.")
