"""The room's tables, each kept with its subject."""

from registry.approvals import (  # noqa: F401
    ApprovalPolicy,
    ApprovalRequest,
    CheckResult,
    PolicyVersion,
    Remark,
    Rollout,
    Vote,
)
from registry.notices.models import Notification, Wish  # noqa: F401
from registry.webhooks.models import Delivery, Webhook  # noqa: F401
