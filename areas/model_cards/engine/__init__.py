"""How the embedded engine keeps model cards and prints them."""

from areas.model_cards.engine import cards, driver, exports, versions  # noqa: F401  they register themselves
