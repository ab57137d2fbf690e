"""A version that an alias points to isn't deleted by the Studio on an AWS account either; the embedded engine refuses by itself."""

from areas.calls import CallFailed, guards
from areas.model_registry import aliases
from areas.model_registry.resource import PACKAGE
from areas.permissions import of_arn
from catalog.models import Record


def keep_named(connection_id: int, service: str, operation: str, params: dict) -> None:
    """Called before each call to an AWS account. Raises CallFailed."""
    if service != "sagemaker" or operation != "DeleteModelPackage":
        return
    given = params.get("ModelPackageName", "")
    name = of_arn(given)[1] if given.startswith("arn:") else given
    record = Record.objects.filter(connection_id=connection_id, kind=PACKAGE.noun, name=name).first()
    if record and (kept := aliases.why_kept(record)):
        raise CallFailed("ConflictException", f"Model package {name} can't be deleted because {kept}.", 409)


guards.append(keep_named)
