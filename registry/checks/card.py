"""The version's model card says what a card has to say."""

from catalog import model_cards
from registry.cards import card_of
from registry.checks.case import CannotMeasure, Case, Finding

TITLE = "Model card"


def _percent(value) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100:
        raise ValueError("a whole number from 1 to 100.")
    return value


SETTINGS = {"at_least_percent": _percent}


def describe(settings: dict) -> str:
    percent = settings.get("at_least_percent", 100)
    return "complete" if percent == 100 else f"at least {percent} % complete"


def run(case: Case, settings: dict) -> Finding:
    try:
        content = card_of(case.connection, case.arn, case.document)
    except ValueError as error:
        raise CannotMeasure(f"The model card is not valid: {error}") from None
    if not content:
        raise CannotMeasure("The version has no model card.")
    filled, missing = model_cards.completeness(content)
    percent = 100 * len(filled) // (len(filled) + len(missing))
    measured = f"{len(filled)} of {len(filled) + len(missing)}"
    words = ", ".join(model_cards.WANTED[path] for path in missing)
    said = f"Missing: {words}." if missing else "Every section is filled."
    return Finding(percent >= settings.get("at_least_percent", 100), measured, said)
