"""Lineage in the shell: its place in the sidebar."""

from areas.spec import Place

PLACES = (Place("Govern", "Lineage", "lineage", "share"),)
