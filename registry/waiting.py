"""Which requests wait for a person: those that their vote would count for, and that they haven't voted on."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.access import Access, access_of
from catalog.models import Connection, Grant
from registry import policies
from registry.approvals import ApprovalRequest, Vote

NOUN = "ModelPackage"


def waiting_for(user, connection: Connection) -> QuerySet[ApprovalRequest]:
    """The open requests of a connection that wait for the vote of ``user`` (a user of Django's)."""
    name = user.get_username()
    access = access_of(name, connection.id)
    rows = access.visible(ApprovalRequest.objects.filter(connection=connection), NOUN, verb="approve")
    voted = Vote.objects.filter(request=OuterRef("pk"), user=name, void=False)
    rows = rows.filter(~Exists(voted), state=ApprovalRequest.OPEN)
    groups = list(rows.order_by().values_list("group", flat=True).distinct())
    if not groups:
        return rows
    found = list(policies.enabled(connection))
    roles = set(
        Grant.objects.filter(Q(user=user) | Q(group__user=user), Q(connection=None) | Q(connection=connection))
        .values_list("role__name", flat=True)
    )  # fmt: skip
    theirs, also_own = [], []
    for group in groups:
        policy = policies.first_of(found, group)
        if policy and policy.roles and not roles & set(policy.roles):
            continue
        (also_own if policy is None or policy.author_may_approve else theirs).append(group)
    not_mine = Q(group__in=theirs) & ~Q(written_by__contains=f"\n{name}\n")
    return rows.filter(Q(group__in=also_own) | not_mine)


def visible(rows: QuerySet[ApprovalRequest], access: Access) -> QuerySet[ApprovalRequest]:
    """The requests for versions that may be viewed."""
    return access.visible(rows, NOUN)
