"""What the registry's own parts (aliases, notes, comments, registering) refuse."""


class RegistryError(Exception):
    """A sentence that says what can't be done, and why. ``field`` names the input that is wrong, if one is."""

    status, code = 400, "InvalidInput"

    def __init__(self, message: str, field: str = ""):
        super().__init__(message)
        self.message, self.field = message, field


class NotAllowed(RegistryError):
    """A role is missing, or it is somebody else's."""

    status, code = 403, "AccessDenied"


class Missing(RegistryError):
    """There is no such thing."""

    status, code = 404, "NotFound"


class Conflict(RegistryError):
    """The thing is no longer what it was, or is in the way of another."""

    status, code = 409, "Conflict"
