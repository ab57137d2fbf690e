"""The desk in Django's admin: to look, and to approve or reject by the same votes as everywhere. Nothing is edited by hand."""

from django.contrib import admin, messages

from areas.calls import CallFailed
from catalog.access import access_of, connections_of
from registry import decisions, policies
from registry.approvals import ApprovalPolicy, ApprovalRequest, CheckResult, Remark, Rollout, Vote
from registry.errors import DeskError


class ReadOnly:
    """Shows rows; none is added, changed or deleted here."""

    def has_add_permission(self, request, *_):
        return False

    def has_change_permission(self, request, *_):
        return False

    def has_delete_permission(self, request, *_):
        return False


class Lines(ReadOnly, admin.TabularInline):
    extra = 0
    can_delete = False
    show_change_link = False


class Votes(Lines):
    model = Vote
    fields = ("user", "choice", "comment", "at", "void")


class Results(Lines):
    model = CheckResult
    fields = ("settings", "state", "measured", "limit", "reason", "ended")


class Remarks(Lines):
    model = Remark
    fields = ("at", "kind", "user", "text")


class Rollouts(Lines):
    model = Rollout
    fields = ("endpoint", "connection", "package", "state", "reason", "user", "is_undo")


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("name", "connection", "state", "policy", "opened", "decided", "decided_by")
    list_filter = ("state", "outside", "connection")
    search_fields = ("name", "arn")
    list_select_related = ("connection", "policy")
    show_full_result_count = False
    inlines = (Votes, Results, Rollouts, Remarks)
    actions = ("approve", "reject")

    def has_view_permission(self, request, obj=None):
        """Of one request: who may view it by their roles. Of the list: staff, which shows what their roles allow."""
        if obj is None:
            return request.user.is_active and request.user.is_staff
        return access_of(request.user.get_username(), obj.connection_id).may("view", "ModelPackage", obj.name)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def get_queryset(self, request):
        return super().get_queryset(request).filter(connection__in=connections_of(request.user))

    @admin.action(description="Approve the chosen requests (as a vote of mine)")
    def approve(self, request, rows):
        self._vote(request, rows, Vote.APPROVE)

    @admin.action(description="Reject the chosen requests (as a vote of mine)")
    def reject(self, request, rows):
        self._vote(request, rows, Vote.REJECT)

    def _vote(self, request, rows, choice: str) -> None:
        for one in rows.order_by("id"):
            try:
                after = decisions.vote(actor=request.user, request=one, choice=choice, comment="In Django's admin.")
                self.message_user(request, f"Your vote on {one.name} is in; the request is {after.state}.")
            except (DeskError, CallFailed) as error:
                self.message_user(request, f"No vote on {one.name}: {error}", messages.ERROR)


@admin.register(ApprovalPolicy)
class ApprovalPolicyAdmin(ReadOnly, admin.ModelAdmin):
    """To read; policies are changed at /approvals/policies/, where they are checked and kept in versions."""

    list_display = ("name", "connection", "groups", "approvals", "enabled", "version", "modified_by")
    list_select_related = ("connection",)

    def has_view_permission(self, request, obj=None):
        if obj is None:
            return request.user.is_active and request.user.is_staff
        return access_of(request.user.get_username(), obj.connection_id).may("view", policies.NOUN, obj.name)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def get_queryset(self, request):
        mine = super().get_queryset(request)
        return mine.filter(connection=None) | mine.filter(connection__in=connections_of(request.user))
