"""A thing that somebody asked for, as its pages tell it: what SageMaker knows of it, and the Run that asked for it last."""

from functools import cached_property

from areas.spec import Resource
from catalog.models import Connection, Record
from jobs import runs


class Target:
    """One thing of a connection by its name: its Record if SageMaker knows it, and its newest Run if the Studio asked."""

    resource: Resource

    def __init__(self, connection: Connection, name: str):
        self.connection, self.name = connection, name
        self.run = runs.for_target(connection, self.resource.noun, name)
        self.record = Record.objects.filter(connection=connection, kind=self.resource.noun, name=name).first()

    @property
    def exists(self) -> bool:
        return self.record is not None

    @property
    def document(self) -> dict:
        return self.record.document if self.record else {}

    @property
    def settled(self) -> bool:
        """Whether nothing moves until somebody asks for it."""
        return bool(self.record) and self.record.status in self.resource.terminal

    @property
    def ended(self) -> bool:
        """The same, of a job."""
        return self.settled

    @property
    def run_id(self) -> str:
        return str(self.run.id) if self.run else ""

    @cached_property
    def tags(self) -> dict[str, str]:
        return dict(self.record.tags.values_list("key", "value")) if self.record else {}
