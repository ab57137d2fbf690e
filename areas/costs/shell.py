"""Costs in the sidebar."""

from areas.spec import Place

PLACES = (Place("Govern", "Costs", "costs", "banknotes"),)
