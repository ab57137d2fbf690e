"""The approval desk's tables: who has to agree to a model version, who did, and what was measured of it."""

from django.db import models
from django.db.models import Q

from catalog.models import Connection


def line_of(users: list[str]) -> str:
    return "".join(["\n", *(f"{user}\n" for user in users)])


class ApprovalPolicy(models.Model):
    """What it takes to approve a version of the groups that ``groups`` matches (``*`` is any text, ``?`` any character).

    ``connection`` NULL is every connection. ``roles`` are names of Roles of which a voter must have one; none: whoever may
    approve. ``checks`` is a list of settings (``registry.checks``), ``on_approval`` what is deployed then
    (``registry.rollouts``), or empty. Rows are changed by ``registry.policies`` alone.
    """

    connection = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.CASCADE, related_name="approval_policies"
    )
    name = models.CharField(max_length=64, unique=True)
    groups = models.CharField(max_length=128, default="*")
    approvals = models.PositiveSmallIntegerField(default=1)
    roles = models.JSONField(default=list, blank=True)
    author_may_approve = models.BooleanField(default=False)
    one_rejection_rejects = models.BooleanField(default=True)  # else as many as approvals are needed
    override_allowed = models.BooleanField(default=False)  # who manages policies may approve in spite of failed checks
    checks = models.JSONField(default=list, blank=True)
    expiry_days = models.PositiveSmallIntegerField(default=0)  # 0: a request waits for ever
    on_approval = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField()
    modified_by = models.CharField(max_length=256)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "approval policies"

    def __str__(self):
        return self.name


class PolicyVersion(models.Model):
    """A policy as it was saved; stays when the policy is changed or deleted."""

    policy = models.BigIntegerField(db_index=True)  # its id
    name = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    document = models.JSONField()
    by = models.CharField(max_length=256)
    at = models.DateTimeField()
    deleted = models.BooleanField(default=False)  # this was its end

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["policy", "number"], name="one_policy_version")]

    def __str__(self):
        return f"{self.name} version {self.number}"


class ApprovalRequest(models.Model):
    """A version that waits for its approval, or what became of that.

    ``Deciding``: the votes are in and ``decision`` is being carried out by UpdateModelPackage as ``decided_by``; the state
    after that, or ``Open`` again if SageMaker or a policy refused. Rows are changed below ``registry`` alone.
    """

    OPEN, DECIDING = "Open", "Deciding"
    APPROVED, REJECTED, EXPIRED, CANCELLED = "Approved", "Rejected", "Expired", "Cancelled"
    ALIVE = (OPEN, DECIDING)
    STATES = (OPEN, DECIDING, APPROVED, REJECTED, EXPIRED, CANCELLED)

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="approval_requests")
    group = models.CharField(max_length=256)
    name = models.CharField(max_length=256)  # of the Record: "churn/3"
    arn = models.CharField(max_length=2048)
    state = models.CharField(max_length=16, default=OPEN, choices=[(state, state) for state in STATES])
    decision = models.CharField(max_length=16, blank=True)
    written_by = models.TextField(blank=True)  # ``authors``, a line each, between line ends: so that SQL finds one
    content = models.CharField(max_length=64)  # SHA-256 of what the version says that it contains
    artifacts = models.JSONField(default=dict)  # S3 URI → ETag of each object the version is made of, or judged by
    policy = models.ForeignKey(
        ApprovalPolicy, null=True, blank=True, on_delete=models.SET_NULL, related_name="requests"
    )  # in force when it was last looked at; what is in force now is asked of registry.policies
    opened = models.DateTimeField()
    expires = models.DateTimeField(null=True, blank=True, db_index=True)
    decided = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=256, blank=True)
    override = models.CharField(max_length=1024, blank=True)  # why it may be approved in spite of its checks
    override_by = models.CharField(max_length=256, blank=True)
    reason = models.CharField(max_length=1024, blank=True)  # why it ended, if nobody voted for that
    outside = models.BooleanField(default=False)  # decided on the AWS account, around the desk
    attempts = models.PositiveIntegerField(default=0)  # of carrying the decision out
    due = models.DateTimeField(null=True, blank=True, db_index=True)  # when to try that again
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "arn"], condition=Q(state__in=["Open", "Deciding"]), name="one_alive_request"
            )
        ]
        indexes = [
            models.Index(fields=["connection", "state", "-id"], name="request_state"),
            models.Index(fields=["connection", "group", "-id"], name="request_group"),
            models.Index(fields=["arn"], name="request_arn"),
        ]

    def __str__(self):
        return f"{self.name}: {self.state}"

    @property
    def authors(self) -> list[str]:
        """User names of who registered, trained or changed the version."""
        return self.written_by.split("\n")[1:-1]

    @authors.setter
    def authors(self, users: list[str]) -> None:
        self.written_by = line_of(users)


class Vote(models.Model):
    """What one person says about a version. One row a person; ``void`` when what they looked at has changed since."""

    APPROVE, REJECT, CHANGES = "approve", "reject", "changes"
    CHOICES = (APPROVE, REJECT, CHANGES)

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="votes")
    user = models.CharField(max_length=150)
    choice = models.CharField(max_length=8, choices=[(choice, choice) for choice in CHOICES])
    comment = models.TextField(blank=True)
    at = models.DateTimeField()
    void = models.BooleanField(default=False)

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["request", "user"], name="one_vote_a_person")]
        indexes = [models.Index(fields=["user"], name="vote_user")]

    def __str__(self):
        return f"{self.user}: {self.choice}"


class Remark(models.Model):
    """A line of a request's thread: only ever added. ``kind`` is opened, vote, comment, void, decided, rollout, note."""

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="remarks")
    kind = models.CharField(max_length=16)
    user = models.CharField(max_length=256, blank=True)  # "" is the Studio itself
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.text


class CheckResult(models.Model):
    """What a check of a policy found: ``settings`` are those of the policy it was run for, ``content`` the request's then."""

    WAITING, RUNNING, PASSED, FAILED = "Waiting", "Running", "Passed", "Failed"

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="results")
    key = models.CharField(max_length=64)  # SHA-256 of the settings
    settings = models.JSONField()
    content = models.CharField(max_length=64)  # fingerprint of what was checked
    state = models.CharField(max_length=8, default=WAITING)
    measured = models.CharField(max_length=256, blank=True)
    limit = models.CharField(max_length=256, blank=True)
    reason = models.TextField(blank=True)
    scratch = models.JSONField(default=dict)  # what must be cleaned up after it
    asked = models.DateTimeField()
    claimed = models.DateTimeField(null=True, blank=True, db_index=True)  # last sign of life of who runs it
    started = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["request", "key"], name="one_result_a_check")]
        indexes = [models.Index(fields=["state", "asked"], name="check_state")]

    def __str__(self):
        return f"{self.settings.get('kind')}: {self.state}"


class Rollout(models.Model):
    """A version's way onto an endpoint after its approval, or back: carried out by a Run as ``user``."""

    WAITING, RUNNING, DONE, FAILED, ROLLED_BACK = "Waiting", "Running", "Done", "Failed", "RolledBack"
    OPEN = (WAITING, RUNNING)

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="rollouts")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")  # where to
    endpoint = models.CharField(max_length=63)
    package = models.CharField(max_length=2048)  # ARN of the version that is deployed
    settings = models.JSONField(default=dict)
    user = models.CharField(max_length=150)
    is_undo = models.BooleanField(default=False)
    run = models.BigIntegerField(null=True)  # id of the Run
    config = models.CharField(max_length=63, blank=True)  # that the endpoint shall have in the end
    state = models.CharField(max_length=16, default=WAITING)
    reason = models.TextField(blank=True)
    created = models.DateTimeField()
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"], name="rollout_state")]

    def __str__(self):
        return f"{self.package} on {self.endpoint}: {self.state}"
