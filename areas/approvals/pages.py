"""The approval desk's pages: the list, and a request with all that is needed to decide about it."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from areas.allowed import allowed, may
from areas.approvals import evidence, wording
from areas.approvals.finding import PACKAGE, REQUEST, TABS, find_request, may_manage, requests_of
from areas.index import resources
from catalog.access import access_of
from registry import plans, rollouts
from registry.approvals import ApprovalRequest, CheckResult, Rollout
from registry.errors import DeskError
from registry.requests import find_champion
from registry.standing import examine, fingerprint
from registry.voters import find_faults, find_voters

SHOWN = 50


@allowed("view", REQUEST)
@require_safe
def show_list(request):
    """``tab`` waiting, open or decided; ``q`` is part of a version's name."""
    tab, text = request.GET.get("tab", ""), request.GET.get("q", "").strip()
    waiting = requests_of(request, "waiting").count()
    if tab not in TABS:
        tab = "waiting" if waiting or not text else "open"
    page = Paginator(requests_of(request, tab, text).prefetch_related("votes"), SHOWN).get_page(request.GET.get("page"))
    return render(request, "areas/approvals/list.html", {
        "page": page, "tab": tab, "tabs": TABS, "text": text, "waiting": waiting,
        "rows": [{"request": one, **wording.tally(one)} for one in page],
    })  # fmt: skip


@allowed("view", REQUEST)
@require_safe
def show(request, number: int):
    found = find_request(request, number)
    standing = examine(found)
    user, is_alive = request.user.get_username(), found.state in ApprovalRequest.ALIVE
    fault = find_faults([user], connection=found.connection, name=found.name, policy=standing.policy,
                        authors=found.authors)[user]  # fmt: skip
    votes = {seat.vote.user: seat for seat in standing.seats}
    context = {
        "approval": found, "standing": standing, "evidence": evidence.gather(found), "fault": fault,
        "may_vote": is_alive and not fault and may(request, "approve", PACKAGE, found.name),
        "may_comment": may(request, "create", "Comment"), "my_seat": votes.get(user), "seen": fingerprint(found),
        "is_alive": is_alive,
        "version_url": _page("ModelPackage", found.name), "remarks": wording.thread(found),
        "others": _others(found, standing, votes) if is_alive else [],
        "may_rerun": found.state == ApprovalRequest.OPEN
        and (may(request, "approve", PACKAGE, found.name) or may(request, "update", PACKAGE, found.name)),
        "may_override": bool(is_alive and standing.blocking) and standing.policy.override_allowed
        and may_manage(request, standing.policy),
        "may_take_back": found.state == ApprovalRequest.APPROVED and may(request, "approve", PACKAGE, found.name),
        "may_ask": not is_alive and may(request, "update", PACKAGE, found.name),
        "rollouts": _rollouts(request, found), "plan": _plan(found, standing), "moving": is_moving(found),
    }  # fmt: skip
    if found.state == ApprovalRequest.REJECTED:
        context |= _way_back(found)
    return render(request, "areas/approvals/request.html", context)


@allowed("view", REQUEST)
@require_safe
def show_state(request, number: int):
    """What the page asks while something goes on: 204 until it looks different, then "load again"."""
    found = find_request(request, number)
    same = wording.mark(found) == request.GET.get("mark", "")
    return HttpResponse(status=204) if same else HttpResponse(headers={"HX-Refresh": "true"})


def is_moving(found: ApprovalRequest) -> str:
    """What the page waits for, as a mark that changes with it; "" if nothing goes on."""
    running = found.results.filter(state__in=(CheckResult.WAITING, CheckResult.RUNNING)).exists()
    moves = found.state == ApprovalRequest.DECIDING or found.rollouts.filter(state__in=Rollout.OPEN).exists()
    return wording.mark(found) if moves or (running and found.state == ApprovalRequest.OPEN) else ""


def _others(found: ApprovalRequest, standing, votes: dict) -> list[str]:
    """Who else may vote."""
    voters = find_voters(found.connection, found.name, standing.policy, found.authors)
    return [voter for voter in voters if voter not in votes]


def _rollouts(request, found: ApprovalRequest) -> list[dict]:
    rows = list(found.rollouts.select_related("connection"))
    latest = {}
    for row in rows:
        latest.setdefault((row.connection_id, row.endpoint), row.id)
    user = request.user.get_username()
    return [
        {
            "rollout": row, "url": _page("Endpoint", row.endpoint),
            "may_undo": not row.is_undo and row.state in (Rollout.RUNNING, Rollout.DONE)
            and latest[row.connection_id, row.endpoint] == row.id
            and access_of(user, row.connection_id).may("update", "Endpoint", row.endpoint),
        }
        for row in rows
    ]  # fmt: skip


def _plan(found: ApprovalRequest, standing) -> dict | None:
    """What an approval sets in motion, in words."""
    if standing.policy is None or not standing.policy.on_approval or found.state not in ApprovalRequest.ALIVE:
        return None
    settings = standing.policy.on_approval
    try:
        where, endpoint = plans.target(settings, found.connection, found.group)
    except DeskError as error:
        return {"problem": error.message}
    return {
        "endpoint": endpoint, "url": _page("Endpoint", endpoint), "where": where, "is_here": where == found.connection,
        "steps": wording.rollout(settings), "user": standing.policy.modified_by,
    }  # fmt: skip


def _way_back(found: ApprovalRequest) -> dict:
    last = rollouts.replaced_by_redeploy(found)
    return {
        "was_deployed": last,
        "champion": find_champion(found.connection, found.group, but=found.arn) if last else None,
    }


def _page(noun: str, name: str) -> str:
    resource = resources().get(noun)
    try:
        return reverse(resource.codename, args=[name]) if resource else ""
    except NoReverseMatch:
        return ""
