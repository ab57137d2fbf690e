"""The kinds of things that people are told of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    key: str
    label: str
    icon: str
    mail: bool = True  # by e-mail too, until the person says otherwise


WAITING, DECIDED, MENTIONED = "waiting", "decided", "mentioned"
JOB_FAILED, ROLLED_BACK, WEBHOOK_DISABLED = "job-failed", "rolled-back", "webhook-disabled"
RULE_FIRED = "rule-fired"

KINDS = {
    kind.key: kind
    for kind in (
        Kind(WAITING, "A request waits for my decision", "clock"),
        Kind(DECIDED, "My request was decided", "check-circle"),
        Kind(MENTIONED, "Somebody mentions me", "chat-bubble-left"),
        Kind(JOB_FAILED, "My job failed", "x-circle", mail=False),
        Kind(RULE_FIRED, "A debugger's rule tells me of my training job", "exclamation-triangle", mail=False),
        Kind(ROLLED_BACK, "My endpoint was rolled back", "arrow-uturn-left"),
        Kind(WEBHOOK_DISABLED, "A webhook of mine was disabled", "bolt"),
    )
}
