"""What workers do for the registry: each function is ``(connection, request) -> dict``, safe to run twice."""

from areas.model_registry.models import Upload
from catalog.models import Connection
from jobs.submission import StepFailed
from registry.checks import smoke
from registry.checks.case import CannotMeasure, Case


def try_out(connection: Connection, request: dict) -> dict:
    """Load an uploaded model in its container and have it predict its sample; StepFailed in the model's own words.

    ``{"upload": id}``. It runs on an endpoint of its own that is taken down again, as the desk's smoke check does."""
    upload = Upload.objects.filter(id=request["upload"], connection=connection).first()
    if upload is None:
        raise StepFailed("The upload is gone.")
    if upload.scratch:  # of a worker that was killed
        smoke.clean_up(connection, upload.scratch)
    container = {"Image": upload.image, "ModelDataUrl": upload.uri, "Environment": upload.environment}
    document = {"InferenceSpecification": {"Containers": [container], "SupportedContentTypes": [upload.content_type]}}
    mine = Upload.objects.filter(id=upload.id)
    case = Case(connection, upload.group, "", document, keep=lambda scratch: mine.update(scratch=scratch))
    try:
        found = smoke.run(case, {"samples": [upload.sample], "content_type": upload.content_type})
    except CannotMeasure as error:
        raise StepFailed(f"{upload.filename} was not registered. {error}") from None
    if not found.passed:
        raise StepFailed(f"{upload.filename} was not registered. {found.reason}")
    mine.update(measured=found.measured[:256], answer=found.reason[:512])
    return {"measured": found.measured, "answer": found.reason}
