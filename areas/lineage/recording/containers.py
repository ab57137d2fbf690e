"""What a ContainerDefinition (of a model or of a model package) is made of."""

from collections.abc import Iterable

from areas.lineage.recording.writing import IMAGE, MODEL, Thing, artifact


def parts(containers: Iterable[dict]) -> list[Thing]:
    """Artifacts of the images, the model data and the model packages that containers name."""
    found = []
    for container in containers:
        if container.get("ModelPackageName", "").startswith("arn:"):
            found.append(artifact(container["ModelPackageName"], MODEL))
        if container.get("Image"):
            found.append(artifact(container["Image"], IMAGE))
        source = container.get("ModelDataSource", {}).get("S3DataSource", {}).get("S3Uri")
        if uri := container.get("ModelDataUrl") or source:
            found.append(artifact(uri, MODEL))
    return found


def of_model(document: dict) -> list[dict]:
    """The containers of DescribeModel's answer."""
    return [document["PrimaryContainer"]] if document.get("PrimaryContainer") else document.get("Containers", [])
