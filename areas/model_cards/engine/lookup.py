"""The card that a request means, and who asks."""

from areas.model_cards.resource import MODEL_CARD
from catalog.models import Record
from engine import store
from engine.context import Context


def name_of(context: Context, name_or_arn: str) -> str:
    """The card's name; the noun's own not-found error for an ARN of another account or region."""
    if not name_or_arn.startswith("arn:"):
        return name_or_arn
    name = name_or_arn.rpartition("/")[2]
    if name_or_arn != MODEL_CARD.arn(context.account, context.region, name):
        raise store.missing(MODEL_CARD, name_or_arn, name_or_arn)
    return name


def find(context: Context, name_or_arn: str) -> Record:
    return store.get(context, MODEL_CARD, name_of(context, name_or_arn))


def who(context: Context) -> dict:
    """The caller as a UserContext."""
    person = {"UserProfileName": context.user} if context.user else {}
    return person | {"IamIdentity": {"Arn": context.principal, "PrincipalId": context.owner}}
