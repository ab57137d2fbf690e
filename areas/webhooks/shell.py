"""Webhooks in the sidebar."""

from areas.spec import Place

PLACES = (Place("Govern", "Webhooks", "webhooks", "bolt"),)
