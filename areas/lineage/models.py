"""The graph: nodes are the lineage entities, edges their associations. What is gone stays, with the time when it went."""

from django.db import models
from django.db.models import Q

from catalog.models import Connection

ARTIFACT, ACTION, CONTEXT, TRIAL_COMPONENT = "Artifact", "Action", "Context", "TrialComponent"
KINDS = (ARTIFACT, ACTION, CONTEXT, TRIAL_COMPONENT)


class Node(models.Model):
    """A lineage entity under the id of its catalog Record, and after that is deleted still here."""

    id = models.BigAutoField(primary_key=True)  # always given; of this type it is SQLite's row id
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, db_index=False, related_name="+")
    kind = models.CharField(max_length=16)  # one of KINDS
    type = models.CharField(max_length=256)  # ArtifactType, ActionType, ContextType; TrainingJob … of a trial component
    arn = models.CharField(max_length=256)
    name = models.CharField(max_length=120, blank=True)  # an artifact needs none
    source = models.CharField(max_length=2048, blank=True)  # S3 URI, image URI or ARN of what it stands for
    source_key = models.CharField(max_length=32)  # MD5 of ``source``: an index holds it whatever its length
    created = models.DateTimeField()
    removed = models.DateTimeField(null=True)  # when the entity was deleted
    ended = models.DateTimeField(null=True)  # when what it stands for was deleted

    class Meta:
        indexes = [
            models.Index(fields=["connection", "source_key"], name="node_source"),
            models.Index(fields=["connection", "arn"], name="node_arn"),
            models.Index(fields=["connection", "kind", "created", "id"], name="node_created"),
        ]

    def __str__(self):
        return f"{self.kind} {self.name or self.source}"


class Edge(models.Model):
    """An association, from what was before to what came of it."""

    source = models.ForeignKey(Node, on_delete=models.CASCADE, db_index=False, related_name="outgoing")
    destination = models.ForeignKey(Node, on_delete=models.CASCADE, db_index=False, related_name="incoming")
    type = models.CharField(max_length=16, blank=True)  # ContributedTo, AssociatedWith, DerivedFrom, Produced, SameAs
    created = models.DateTimeField()
    created_by = models.CharField(max_length=256, blank=True)
    removed = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "destination"], condition=Q(removed=None), name="one_edge_between_two"
            )
        ]
        # All that a walk reads of an edge, so that it reads no rows.
        indexes = [
            models.Index(fields=["source", "destination", "removed", "created"], name="edge_forwards"),
            models.Index(fields=["destination", "source", "removed", "created"], name="edge_backwards"),
        ]

    def __str__(self):
        return f"{self.source_id} → {self.destination_id}"
