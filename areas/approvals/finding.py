"""Requests and policies as pages and REST find them: what may not be seen isn't there."""

from django.http import Http404

from areas.allowed import access, access_everywhere, require
from registry import waiting
from registry.approvals import ApprovalPolicy, ApprovalRequest
from registry.policies import NOUN as POLICY

REQUEST, PACKAGE = "ApprovalRequest", "ModelPackage"
TABS = {"waiting": "Waiting for me", "open": "Open", "decided": "Decided"}


def requests_of(request, tab: str, text: str = ""):
    """The requests of a tab on the current connection, newest first."""
    if tab == "waiting":
        rows = waiting.waiting_for(request.user, request.connection)
    else:
        rows = ApprovalRequest.objects.filter(connection=request.connection)
        if tab == "open":
            rows = rows.filter(state__in=ApprovalRequest.ALIVE)
        elif tab == "decided":
            rows = rows.exclude(state__in=ApprovalRequest.ALIVE)
        elif tab:
            rows = rows.filter(state=tab)
    if text:
        rows = rows.filter(name__icontains=text)
    return waiting.visible(rows, access(request)).select_related("policy").order_by("-id")


def find_request(request, number: int) -> ApprovalRequest:
    rows = ApprovalRequest.objects.filter(connection=request.connection, id=number).select_related(
        "connection", "policy"
    )
    found = waiting.visible(rows, access(request)).first()
    if found is None:
        raise Http404(f"There is no approval request {number} on {request.connection}.")
    return found


def find_policy(request, number: int, verb: str = "view") -> ApprovalPolicy:
    """A policy of the current connection, or of every connection; refuses who may not ``verb`` it."""
    found = ApprovalPolicy.objects.select_related("connection").filter(id=number).first()
    if found is None or found.connection_id not in (None, request.connection.id if request.connection else None):
        raise Http404(f"There is no approval policy {number} on {request.connection}.")
    require(request, verb, POLICY, found.name)
    return found


def may_manage(request, policy: ApprovalPolicy | None = None) -> bool:
    """Whether to offer to change a policy, or (None) to make one."""
    if policy is not None and policy.connection_id is None:
        return access_everywhere(request).may("manage", POLICY, policy.name)
    return access(request).may("manage", POLICY, policy.name if policy else "")


def may_manage_everywhere(request) -> bool:
    return access_everywhere(request).may("manage", POLICY)
