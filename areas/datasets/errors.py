"""What a person did wrong, in one sentence."""

from jobs.submission import StepFailed


class DatasetError(StepFailed):
    """A refusal: ``message`` is one sentence for the page and the API, ``field`` the form field that it is about."""

    def __init__(self, message: str, field: str = ""):
        super().__init__(message)
        self.message, self.field = message, field


class InUse(DatasetError):
    """What is to be deleted is used. ``users`` are the records that use it."""

    def __init__(self, message: str, users: list):
        super().__init__(message)
        self.users = users


class TooLarge(DatasetError):
    """A file is larger than this Studio takes."""
