"""Webhooks: events of the Studio sent to other programs, signed, retried, and never into a private network unasked."""
