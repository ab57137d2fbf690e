"""Who did it, as AWS writes it."""

from engine.context import Context


def by(context: Context) -> dict:
    """A UserContext: the caller's ARN and, where it is a person of the Studio's, the user name."""
    found: dict = {"IamIdentity": {"Arn": context.principal}} if context.principal else {}
    if context.user:
        found["UserProfileName"] = context.user
    return found
