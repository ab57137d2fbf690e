"""Requests that are done once: Idempotency-Key, and one change at a time of what If-Match guards.

A claim is a row that only one request can write (``Claim``); it works the same on SQLite and PostgreSQL, and in and out of a
transaction. A key is spent by success: whatever failed may be asked for again with it.
"""

import hashlib
import secrets
from datetime import timedelta

from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone

from areas.rest import Problem
from studio.rest.models import Claim

DAY = timedelta(days=1)  # how long an answer is kept
DEAD = timedelta(minutes=5)  # longer than any request lives: whoever held the claim was killed
LONGEST = 255  # characters of a key
KEPT = 1_000_000  # bytes of an answer
HEADERS = ("Content-Type", "Location")


def begin(request) -> HttpResponse | None:
    """Claim the request's Idempotency-Key: None if the request is to be done now, else the answer of the first time.

    Raises Problem: 422 if the key came with another request, 409 while the first one is being done.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return None
    if len(key) > LONGEST:
        raise Problem(422, f"Idempotency-Key may have {LONGEST} characters at most.", "BadIdempotencyKey")
    claim, mine = _claim(f"user {request.user.pk}", _digest(key), _digest_of(request))
    if mine:
        request.claim = claim
        return None
    if claim.request != _digest_of(request):
        words = "This Idempotency-Key came with another request before; use a new key for a new request."
        raise Problem(422, words, "IdempotencyKeyReused")
    if claim.status is None:
        raise Problem(409, "The request with this Idempotency-Key is being done; ask again in a moment.", "InProgress")
    if claim.is_secret:
        words = "This was done before; its answer held a secret that is shown only once."
        raise Problem(409, words, "AlreadyDone")
    answer = HttpResponse(bytes(claim.body), status=claim.status, headers=claim.headers)
    answer["Idempotent-Replayed"] = "true"
    return answer


def end(request, response: HttpResponse | None) -> None:
    """Keep the answer of a claimed request that went well, and give the key back otherwise (None: it broke)."""
    claim = request.__dict__.pop("claim", None)
    if claim is None:
        return
    rows = Claim.objects.filter(pk=claim.pk, nonce=claim.nonce)
    if response is None or response.streaming or response.status_code >= 300 or len(response.content) > KEPT:
        rows.delete()
        return
    is_secret = "no-store" in response.get("Cache-Control", "")
    headers = {name: response[name] for name in HEADERS if name in response}
    body = b"" if is_secret else response.content
    rows.update(status=response.status_code, headers=headers, body=body, is_secret=is_secret)


class OneAtATime:
    """Holds a thing while it is compared with If-Match and changed. Raises Problem 409 while another request holds it."""

    def __init__(self, what: str):
        self.claim, mine = _claim("thing", _digest(what), "")
        if not mine:
            raise Problem(409, "Another request is changing this just now; read it again.", "BeingChanged")

    def release(self) -> None:
        Claim.objects.filter(pk=self.claim.pk, nonce=self.claim.nonce).delete()


def _claim(scope: str, key: str, request: str) -> tuple[Claim, bool]:
    """(the claim, whether it is ours)"""
    now, nonce = timezone.now(), secrets.token_hex(16)
    over = Q(created__lt=now - DAY) | Q(created__lt=now - DEAD, status=None)
    Claim.objects.filter(over).delete()
    made = Claim(scope=scope, key=key, nonce=nonce, request=request, created=now)
    Claim.objects.bulk_create([made], ignore_conflicts=True)
    found = Claim.objects.filter(scope=scope, key=key).first()
    if found is None:  # it was given back between the two statements
        raise Problem(409, "Another request with this key has just ended; ask again.", "InProgress")
    return found, found.nonce == nonce


def _digest_of(request) -> str:
    """Of all that makes a request this one. A raw body, which is read as it streams, counts by its length and type."""
    parts = [request.method, request.get_full_path(), request.headers.get("Atelier-Connection", "")]
    if is_json(request):
        parts.append(hashlib.sha256(request.body).hexdigest())
    else:
        parts += [request.content_type or "", request.META.get("CONTENT_LENGTH") or ""]
    return _digest("\n".join(parts))


def is_json(request) -> bool:
    kind = (request.content_type or "").lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
