"""Who uses a version: jobs that read its files or what was prepared from them, or that say so in a tag."""

from django.db.models import Exists, OuterRef, Q

from areas.datasets.models import Dataset, DatasetVersion
from catalog.models import Record

TAG = "atelier:dataset"


def places(version: DatasetVersion) -> list[str]:
    """The S3 folders that hold the version: its files, its splits, its prepared channels."""
    number = f"v{version.number}"
    return [version.location, version.derived("splits", number), version.derived("prepared", number)]


def used_by(*versions: DatasetVersion):
    """Records (newest first) of training and other jobs that use any of the versions."""
    from catalog.models import Tag

    if not versions:
        return Record.objects.none()
    connection = versions[0].dataset.connection
    uses = Q(Exists(Tag.objects.filter(record=OuterRef("pk"), key=TAG, value__in=[v.tag for v in versions])))
    for version in versions:
        for place in places(version):
            uses |= Q(document__InputDataConfig__icontains=place)
    return Record.objects.filter(uses, connection=connection, kind__endswith="Job").order_by("-created")


def used_by_dataset(dataset: Dataset):
    return used_by(*dataset.versions.all())
