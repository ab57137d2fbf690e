"""What a model package is made of: checked when it is registered, so that what is approved later can also be deployed."""

from areas import index
from areas.images import find
from areas.permissions import Need, of_arn
from catalog import model_cards
from engine import store
from engine.context import Context
from engine.errors import invalid, unsupported
from engine.hosting import containers, packages
from engine.wire.authorise import denied

_MODEL_MEMBERS = (
    "Image",
    "ModelDataUrl",
    "ModelDataSource",
    "AdditionalModelDataSources",
    "Environment",
    "ContainerHostname",
)


def checked(context: Context, request: dict) -> dict:
    """The content members of a Create or Update request, with what their source fills in and the ETags of their data.

    ValidationException for an image that serves nowhere or data that isn't there, unless SkipModelValidation is All.
    """
    found = {name: request[name] for name in ("InferenceSpecification", "SourceUri") if name in request}
    additional = request.get("AdditionalInferenceSpecifications") or request.get(
        "AdditionalInferenceSpecificationsToAdd"
    )
    if "SourceUri" in found and "InferenceSpecification" in found:
        raise invalid(
            "SourceUri and InferenceSpecification can't be given together: give one, update the other in later."
        )
    if "SourceUri" in found and (specification := _from_source(context, found["SourceUri"])):
        found["InferenceSpecification"] = specification
    is_skipped = request.get("SkipModelValidation") == "All"
    if "InferenceSpecification" in found:
        found["InferenceSpecification"] = _pinned(context, found["InferenceSpecification"], is_skipped)
    if additional:
        found["AdditionalInferenceSpecifications"] = [_pinned(context, one, is_skipped) for one in additional]
        refuse_doubled(found["AdditionalInferenceSpecifications"])
    return found


def refuse_doubled(specifications: list[dict]) -> None:
    names = [one["Name"] for one in specifications]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise invalid(f"Each additional inference specification needs a name of its own; {doubled[0]} is there twice.")
    if len(names) > 15:
        raise invalid(
            f"A model package can have at most 15 additional inference specifications; these would be {len(names)}."
        )


def check_card(card: dict) -> None:
    """ValidationException if the content of a ModelCard member isn't valid."""
    if "ModelCardContent" in card:
        try:
            model_cards.check_content(card["ModelCardContent"], of_package=True)
        except ValueError as error:
            raise invalid(f"ModelCard: {error}") from None


def _pinned(context: Context, specification: dict, is_skipped: bool) -> dict:
    """The specification with the ETag of each container's data: what is deployed later must still be those bytes."""
    return {
        **specification,
        "Containers": [_container(context, one, is_skipped) for one in specification["Containers"]],
    }


def _container(context: Context, container: dict, is_skipped: bool) -> dict:
    if is_skipped:
        return container
    if container.get("AdditionalS3DataSource"):
        raise unsupported("AdditionalS3DataSource of a model package's container")
    if not container.get("Image"):
        raise invalid("A container of a model package needs an Image: give its registry path.")
    image = find(container["Image"])
    if image is None or not image.serve:
        containers.image_of(container["Image"])  # says what is wrong
    if container.get("ModelDataUrl") and container.get("ModelDataSource"):
        raise invalid("Only one of ModelDataUrl and ModelDataSource can be given.")
    containers.inputs(context.account, container)
    etag = containers.etag(context.account, container)
    return {**container, "ModelDataETag": etag} if etag else container


def _from_source(context: Context, uri: str) -> dict | None:
    """The InferenceSpecification that a model package or a model, named by its ARN, brings along; None for another URI."""
    noun, name, _ = of_arn(uri)
    if noun == "ModelPackage":
        record = packages.find(context, uri)
        return record.document.get("InferenceSpecification")
    if noun != "Model":
        return None
    if not context.access.may("view", noun, name):
        raise denied(context, Need("view", noun, name))
    document = store.look_up(context, index.resources()["Model"], uri).document
    given = document.get("Containers") or [document["PrimaryContainer"]]
    if any("ModelPackageName" in one for one in given):
        raise invalid(f"Model {name} is itself made from a model package: give that package's ARN as the SourceUri.")
    return {"Containers": [{key: one[key] for key in _MODEL_MEMBERS if key in one} for one in given]}
