"""E-mail through a real SMTP server."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from registry import work
from registry.notices import mail, tell
from registry.notices.kinds import DECIDED
from registry.notices.models import Notification
from studio.environment import BadEnvironment, email_from_url
from tests.stage import free_port


class Inbox:
    """An SMTP server's handler that keeps what it takes; ``refuse`` is what it answers instead."""

    def __init__(self):
        self.got, self.refuse = [], ""

    async def handle_DATA(self, server, session, envelope):
        if self.refuse:
            return self.refuse
        self.got.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 Taken"


@pytest.fixture
def inbox(settings):
    inbox, port = Inbox(), free_port()
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_URL = f"smtp://127.0.0.1:{port}"
    for name, value in email_from_url(settings.EMAIL_URL).items():
        setattr(settings, name, value)  # pytest-django has put Django's own test backend there
    settings.STUDIO_URL = "https://atelier.example.org"
    yield inbox
    server.stop()


@pytest.fixture
def alice(db, django_user_model):
    return django_user_model.objects.create_user("alice", email="alice@example.org")


def test_a_notification_arrives_by_email_once(alice, inbox):
    tell(alice, kind=DECIDED, text="churn/3 is approved by rosa.", url="/approvals/7/")
    work.work()
    work.work()
    ((recipients, message),) = inbox.got
    assert recipients == ["alice@example.org"]
    assert message["Subject"] == "[Atelier] churn/3 is approved by rosa."
    text = message.get_content()
    assert "https://atelier.example.org/approvals/7/" in text
    assert "my request was decided" in text
    assert Notification.objects.get().mail == Notification.SENT


def test_a_line_break_in_a_text_makes_no_header(alice, inbox):
    tell(alice, kind=DECIDED, text="churn\r\nBcc: mallory@example.org\r\n\r\nhello")
    work.work()
    ((recipients, message),) = inbox.got
    assert recipients == ["alice@example.org"]
    assert message["Bcc"] is None


def test_an_email_that_is_not_taken_is_tried_again_and_then_failed(alice, inbox):
    inbox.refuse = "451 Try later"
    tell(alice, kind=DECIDED, text="x")
    for number in range(5):
        work.work()
        notice = Notification.objects.get()
        assert notice.mail_attempts == number + 1
        assert "451" in notice.mail_error
        assert notice.mail == (Notification.FAILED if number == 4 else Notification.WAITING)
        Notification.objects.filter(mail=Notification.WAITING).update(mail_due=timezone.now())
    inbox.refuse = ""
    work.work()
    assert not inbox.got


def test_a_killed_worker_sends_its_email_later(alice, inbox):
    tell(alice, kind=DECIDED, text="x")
    assert mail.claim(16)  # and it dies
    assert not mail.claim(16)
    Notification.objects.update(mail_due=timezone.now() - timedelta(seconds=1))
    work.work()
    assert len(inbox.got) == 1


def test_a_mail_server_that_is_away_is_said(alice, inbox, settings):
    settings.EMAIL_PORT = free_port()
    tell(alice, kind=DECIDED, text="x")
    work.work()
    assert "ConnectionRefusedError" in Notification.objects.get().mail_error


@pytest.mark.parametrize(
    "url, port, tls, ssl",
    [
        ("smtp://mail.example.org", 25, False, False),
        ("smtp://me:p%40ss@mail.example.org", 587, True, False),
        ("smtp://me:p%40ss@mail.example.org:2525?tls=off", 2525, False, False),
        ("smtps://me:p%40ss@mail.example.org", 465, False, True),
    ],
)
def test_the_url_says_how_mail_goes_out(url, port, tls, ssl):
    found = email_from_url(url)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.org", port)
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (tls, ssl)
    assert found["EMAIL_HOST_PASSWORD"] == ("p@ss" if "@mail" in url else "")


@pytest.mark.parametrize("url", ["http://x", "mail.example.org", "smtp://", "smtp://x:port", "smtp://x?tls=maybe"])
def test_a_bad_url_is_a_sentence(url):
    with pytest.raises(BadEnvironment, match="STUDIO_EMAIL_URL"):
        email_from_url(url)


def test_without_a_url_there_is_no_email():
    assert email_from_url("") == {}
