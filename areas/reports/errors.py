"""What a report refuses, in one sentence."""


class ReportError(Exception):
    """A refusal: ``message`` is one sentence for the page and the API, ``place`` what it is about (``blocks.2.metrics``)."""

    def __init__(self, message: str, place: str = ""):
        super().__init__(message)
        self.message, self.place = message, place


class Missing(ReportError):
    """There is no such thing, or whoever asks may not know of it."""


class NotAllowed(ReportError):
    """Only somebody else may do this."""


class Conflict(ReportError):
    """Somebody saved a newer version meanwhile: ``number`` is its number."""

    def __init__(self, message: str, number: int):
        super().__init__(message)
        self.number = number


class TooOften(ReportError):
    """A shared report was asked for too often; ``wait`` is in seconds."""

    def __init__(self, message: str, wait: int):
        super().__init__(message)
        self.wait = wait
