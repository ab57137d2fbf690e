"""The debugger in the sidebar."""

from areas.spec import Place

PLACES = (Place("Train", "Debugger", "debugger-rules", "exclamation-triangle"),)
