"""Secrets and signatures as the Standard Webhooks specification has them (standardwebhooks.com, "v1"), so that any of its
libraries verifies our messages."""

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"


def new_secret() -> str:
    """``whsec_`` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(message: str, timestamp: int, body: bytes, keys: list[str]) -> dict[str, str]:
    """The three headers of a message, signed with every one of the secrets. ``timestamp`` is in epoch seconds."""
    signed = f"{message}.{timestamp}.".encode() + body
    signatures = [
        "v1," + base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode() for secret in keys
    ]
    return {
        "webhook-id": message, "webhook-timestamp": str(timestamp), "webhook-signature": " ".join(signatures),
    }  # fmt: skip


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX))
