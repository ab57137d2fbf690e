"""The audit log in the sidebar."""

from areas.spec import Place

PLACES = (Place("Govern", "Audit log", "audit", "clipboard-document-list"),)
