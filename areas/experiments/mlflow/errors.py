"""What MLflow's clients are told when something can't be done: MLflow's own codes, with the HTTP status of each."""

STATUS = {
    "INVALID_PARAMETER_VALUE": 400, "BAD_REQUEST": 400, "RESOURCE_ALREADY_EXISTS": 400, "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403, "RESOURCE_DOES_NOT_EXIST": 404, "ENDPOINT_NOT_FOUND": 404, "REQUEST_LIMIT_EXCEEDED": 429,
    "INTERNAL_ERROR": 500, "NOT_IMPLEMENTED": 501, "TEMPORARILY_UNAVAILABLE": 503,
}  # fmt: skip


class MlflowError(Exception):
    """An error in MLflow's words; ``code`` is one of STATUS."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code, self.message = code, message

    @property
    def status(self) -> int:
        return STATUS[self.code]


def invalid(message: str) -> MlflowError:
    return MlflowError("INVALID_PARAMETER_VALUE", message)


def missing(message: str) -> MlflowError:
    return MlflowError("RESOURCE_DOES_NOT_EXIST", message)


def not_served(path: str) -> MlflowError:
    """The answer for what MLflow's servers have and this one hasn't; clients go on without it where they can."""
    what = next((words for part, words in _ELSEWHERE.items() if part in path), "")
    return MlflowError("ENDPOINT_NOT_FOUND", what or f"Atelier serves MLflow's tracking API; {path} is none of it.")


_REGISTRY = (
    "Atelier has no MLflow model registry: register models in its own Model Registry, on the run's page, with "
    "CreateModelPackage of the SageMaker API, or at /api/v1/model-packages/."
)
_ELSEWHERE = {
    "registered-models": _REGISTRY,
    "model-versions": _REGISTRY,
    "traces": "Atelier keeps no MLflow traces; runs, metrics, parameters, tags, artifacts and logged models are served.",
    "scorers": "Atelier has no MLflow scorers.",
    "webhooks": "MLflow's webhooks are not served; Atelier has its own, at /webhooks/ of the Studio.",
    "gateway": "Atelier has no MLflow AI gateway.",
    "presigned": "Artifacts go through this server, which gives no presigned URLs.",
}
