"""What the approval desk refuses."""


class DeskError(Exception):
    """A sentence that says what can't be done, and why. ``field`` names the input that is wrong, if one is."""

    status, code = 400, "InvalidInput"

    def __init__(self, message: str, field: str = ""):
        super().__init__(message)
        self.message, self.field = message, field


class NotAllowed(DeskError):
    """The person may not do that: a role is missing, or they are the author."""

    status, code = 403, "AccessDenied"


class Conflict(DeskError):
    """It is too late, or somebody was faster: the thing is no longer what it was."""

    status, code = 409, "Conflict"


class Away(DeskError):
    """SageMaker or its storage can't be reached now; trying again later may work."""

    status, code = 503, "Unavailable"
