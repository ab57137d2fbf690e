"""What a model's container is made of: checked when the model is made, resolved again when a server is about to start."""

from areas.images import Image, find, images
from engine.errors import AwsError, invalid, unsupported
from engine.s3 import store as s3

LATER = {  # members of a ContainerDefinition that are later issues: what to say of each
    "MultiModelConfig": "MultiModelConfig",
    "InferenceSpecificationName": "InferenceSpecificationName without ModelPackageName",
    "ImageConfig": "ImageConfig (an image from a registry of your own)",
}


def check(account: str, container: dict) -> None:
    """Refuse a ContainerDefinition that no model server could run: unknown image, missing data, what isn't built."""
    for member, what in LATER.items():
        if container.get(member):
            raise unsupported(what)
    if container.get("Mode") == "MultiModel":
        raise unsupported("A multi-model container (Mode MultiModel)")
    if not container.get("Image"):
        raise invalid("A container needs an Image: give its registry path.")
    image_of(container["Image"])
    if container.get("ModelDataUrl") and container.get("ModelDataSource"):
        raise invalid("Only one of ModelDataUrl and ModelDataSource can be given.")
    inputs(account, container)


def image_of(uri: str) -> Image:
    """The image behind a URI, if it serves and can run here."""
    image = find(uri)
    if image is None or not image.serve:
        known = ", ".join(sorted(name for name, found in images().items() if found.serve))
        what = "does not serve models" if image else "not found"
        raise invalid(f"Requested image {uri} {what}. Images that exist: {known}.")
    if image.missing:
        raise invalid(image.missing)
    return image


def inputs(account: str, container: dict) -> list[dict]:
    """What to lay down below ``/opt/ml`` for the container, as the launcher's inputs.

    ``account`` is whose S3 it lies in, unless the container comes from a model package and says so itself. Raises
    ValidationException ``Could not find model data at s3://….`` for data that isn't there, and for data that isn't what a
    model package was registered with any more.
    """
    account = container.get("account", account)
    _check_unchanged(account, container)
    found = [{"kind": "folder", "to": "model"}]
    if source := _source(container):
        found += _data(account, source, "model")
    for extra in container.get("AdditionalModelDataSources", ()):
        found += _data(account, extra["S3DataSource"], f"additional-model-data-sources/{extra['ChannelName']}")
    code = container.get("Environment", {}).get("SAGEMAKER_SUBMIT_DIRECTORY", "")
    if code.startswith("s3://"):
        found.append({"kind": "extract", "source": str(_file(account, code)), "to": "code"})
    return found


def etag(account: str, container: dict) -> str:
    """The ETag of the one object that is the container's data; "" if it has none, or a prefix of many."""
    source = _source(container)
    return _row(account, source["S3Uri"]).etag if source and source["S3DataType"] == "S3Object" else ""


def _check_unchanged(account: str, container: dict) -> None:
    if not (expected := container.get("ModelDataETag", "").strip('"')):
        return
    found = etag(account, container)
    if found and found != expected:
        raise invalid(
            f"The model data at {_source(container)['S3Uri']} is not what the model package was registered with: its ETag is "
            f"{found}, not {expected}. Register a new version."
        )


def environment(container: dict, region: str) -> dict[str, str]:
    """The container's environment variables: the model's own on top of SageMaker's."""
    own = dict(container.get("Environment", {}))
    if own.get("SAGEMAKER_SUBMIT_DIRECTORY", "").startswith("s3://"):
        own["SAGEMAKER_SUBMIT_DIRECTORY"] = "/opt/ml/code"  # where inputs() lays it down
    base = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "SAGEMAKER_REGION": region}
    return {**base, "SAGEMAKER_BIND_TO_PORT": "8080", **own}


def _source(container: dict) -> dict | None:
    if url := container.get("ModelDataUrl"):
        return {"S3Uri": url, "S3DataType": "S3Object", "CompressionType": "Gzip"}
    return container.get("ModelDataSource", {}).get("S3DataSource")


def _data(account: str, source: dict, to: str) -> list[dict]:
    for member in ("HubAccessConfig", "ManifestS3Uri"):
        if source.get(member):
            raise unsupported(f"{member} of a model's data")
    uri, compressed = source["S3Uri"], source.get("CompressionType") == "Gzip"
    if source["S3DataType"] == "S3Object":
        path = str(_file(account, uri))
        name = uri.rpartition("/")[2]
        if compressed:
            return [{"kind": "extract", "source": path, "to": to}]
        return [{"kind": "copy", "source": path, "to": f"{to}/{name}"}]
    if compressed:
        raise invalid("Compressed model data must be one object: use S3DataType S3Object with CompressionType Gzip.")
    if not uri.endswith("/"):
        raise invalid(f"A prefix of uncompressed model data must end with a slash: {uri}")
    return _prefix(account, uri, to)


def _prefix(account: str, uri: str, to: str) -> list[dict]:
    found = []
    try:
        bucket, prefix = s3.split_uri(uri)
        for item in s3.listing(account, bucket, prefix):
            relative = item.key[len(prefix) :]
            if not relative or relative.endswith("/"):
                continue
            if any(part in ("", ".", "..") for part in relative.split("/")):
                raise invalid(
                    f"The object {item.key} can't become a file of the model: its key has an empty part or dots."
                )
            found.append({"kind": "copy", "source": str(s3.path_of(item)), "to": f"{to}/{relative}"})
    except AwsError as error:
        raise _no_data(uri, error) from error
    if not found:
        raise _no_data(uri)
    return found


def _file(account: str, uri: str):
    return s3.path_of(_row(account, uri))


def _row(account: str, uri: str):
    try:
        bucket, key = s3.split_uri(uri)
        item = s3.find(account, bucket, key)
    except AwsError as error:
        raise _no_data(uri, error) from error
    if item is None:
        raise _no_data(uri)
    return item


def _no_data(uri: str, error: AwsError | None = None) -> AwsError:
    if error and error.code == "ValidationException":
        return error
    return invalid(f"Could not find model data at {uri}.")


def is_scripted(container: dict) -> bool:
    """Whether the model brings code of its own instead of the image's algorithm."""
    environment = container.get("Environment", {})
    return bool(environment.get("SAGEMAKER_PROGRAM") or environment.get("SAGEMAKER_SUBMIT_DIRECTORY"))
