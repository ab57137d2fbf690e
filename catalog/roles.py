"""The roles that ship with the Studio."""

from catalog.models import Role

ADMIN, SCIENTIST, REVIEWER, VIEWER = "Admin", "Data scientist", "Reviewer", "Viewer"

_VIEW = {"verbs": ["view"], "nouns": ["*"]}

# "*" among the verbs leaves out "manage": people, roles, connections, policies, webhooks and the audit log are "manage".
BUILTIN = {
    ADMIN: ("Everything, people and policies included.", [{"verbs": ["*", "manage"], "nouns": ["*"]}]),
    SCIENTIST: (
        "Makes, changes, stops, deletes and invokes everything of SageMaker's; approves nothing.",
        [{"verbs": ["view", "create", "update", "stop", "delete", "invoke"], "nouns": ["*"]}],
    ),
    REVIEWER: (
        "Sees everything, invokes endpoints, approves and rejects model versions.",
        [_VIEW, {"verbs": ["approve"], "nouns": ["ModelPackage"]}, {"verbs": ["invoke"], "nouns": ["Endpoint"]},
         {"verbs": ["create"], "nouns": ["Comment"]}],
    ),
    VIEWER: ("Sees everything, changes nothing.", [_VIEW]),
}  # fmt: skip


def make_builtin() -> None:
    """Make sure that the roles are there, as this version of the Studio has them."""
    for name, (description, rules) in BUILTIN.items():
        Role.objects.update_or_create(
            name=name, defaults={"description": description, "rules": rules, "is_builtin": True}
        )
