"""Notifications by e-mail: claimed like every other work, sent through Django's e-mail settings."""

import logging
import smtplib
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from registry.notices.kinds import KINDS
from registry.notices.models import Notification

logger = logging.getLogger(__name__)

WAITS = tuple(timedelta(seconds=seconds) for seconds in (30, 300, 1800, 7200))
STALE = timedelta(minutes=2)


def claim(count: int) -> list[Notification]:
    """At most ``count`` notifications whose e-mail is due; they are this worker's for two minutes."""
    now = timezone.now()
    if not settings.EMAIL_URL:
        return []
    due = Notification.objects.filter(mail__in=(Notification.WAITING, Notification.SENDING), mail_due__lte=now)
    numbers = list(due.order_by("mail_due", "id").values_list("id", flat=True)[:count])
    mine = [
        number for number in numbers if due.filter(id=number).update(mail=Notification.SENDING, mail_due=now + STALE)
    ]
    return list(Notification.objects.filter(id__in=mine).select_related("user").order_by("id"))


def send(notification: Notification) -> str:
    """Send one e-mail; why it failed, "" if it didn't. Touches no row."""
    kind = KINDS[notification.kind]
    link = f"\n\n{settings.STUDIO_URL}{notification.url}" if notification.url else ""
    foot = (
        f"\n\n-- \nAtelier tells you because: {kind.label.lower()}. Choose what: {settings.STUDIO_URL}/notifications/"
    )
    subject = " ".join(notification.text.split())
    message = EmailMessage(
        subject=f"[Atelier] {subject[:150]}", body=f"{notification.text}{link}{foot}", to=[notification.user.email]
    )
    try:
        message.send()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return f"{type(error).__name__}: {error}"[:256]
    return ""


def record(notification: Notification, error: str) -> None:
    """Write down what came of it: sent, to be tried again, or failed after five tries."""
    mine = Notification.objects.filter(id=notification.id, mail=Notification.SENDING)
    tries = notification.mail_attempts + 1
    if not error:
        mine.update(mail=Notification.SENT, mail_attempts=tries, mail_error="", mail_due=None)
    elif tries > len(WAITS):
        logger.warning("No e-mail to %s about notification %s: %s", notification.user, notification.id, error)
        mine.update(mail=Notification.FAILED, mail_attempts=tries, mail_error=error, mail_due=None)
    else:
        due = timezone.now() + WAITS[tries - 1]
        mine.update(mail=Notification.WAITING, mail_attempts=tries, mail_error=error, mail_due=due)
