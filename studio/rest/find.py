"""Finding what an address names."""

from django.http import Http404

from areas.spec import Resource
from catalog.models import Record


def find_record(request, resource: Resource, name: str) -> Record:
    """The noun's record of that name on the request's connection; Http404 if there is none."""
    record = Record.objects.filter(connection=request.connection, kind=resource.noun, name=name).first()
    if record is None:
        raise Http404(f"There is no {resource.singular} {name!r}.")
    return record
