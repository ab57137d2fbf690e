"""The card that speaks for a model version: the one that the version itself carries, else the newest ModelCard about it."""

from catalog import model_cards
from catalog.models import Connection, Record


def card_of(connection: Connection, arn: str, document: dict) -> dict:
    """Content of the version's card; {} if it has none. A ModelCard is about a version whose ARN is its
    ``model_overview.model_id``; archived ones speak for nothing. Raises ValueError ``"path: what is wrong"``."""
    if text := (document.get("ModelCard") or {}).get("ModelCardContent", ""):
        return model_cards.read_content(text, of_package=True)
    rows = Record.objects.filter(connection=connection, kind="ModelCard", document__ModelId=arn)
    record = rows.exclude(status="Archived").order_by("-modified", "-id").first()
    return model_cards.read_content(record.document["Content"]) if record else {}
