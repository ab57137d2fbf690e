"""The approval desk by REST: the same use cases as the pages. ``PREFIX`` is where ``router`` is mounted; see ``areas.rest``."""

from functools import wraps

from django.http import Http404
from ninja import Field, Query, Router, Schema, Status

from areas.allowed import allowed, may, require
from areas.approvals.finding import PACKAGE, POLICY, REQUEST, find_policy, find_request, requests_of
from areas.approvals.schemas import (
    AskIn,
    CountOut,
    PolicyIn,
    PolicyList,
    PolicyOut,
    PolicyVersionList,
    PreviewOut,
    ReasonIn,
    RemarkIn,
    RemarkOut,
    RequestDetail,
    RequestPage,
    RolloutOut,
    VoteIn,
    policy_out,
    remark_out,
    request_detail,
    request_out,
    rollout_out,
    version_out,
)
from areas.calls import CallFailed
from areas.rest import ERRORS, Problem
from catalog.models import Record
from catalog.paging import read_page
from registry import decisions, policies, rollouts
from registry.approvals import PolicyVersion, Rollout
from registry.errors import DeskError
from registry.preview import preview

PREFIX = "/approvals/"
router = Router()


def _told(view):
    """Tell the desk's refusals, and SageMaker's, as problems."""

    @wraps(view)
    def telling(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except DeskError as error:
            places = {"errors": [{"at": error.field, "message": error.message}]} if error.field else {}
            raise Problem(error.status, error.message, error.code, **places) from error
        except CallFailed as error:
            status = error.status if error.status in ERRORS else 503 if error.status >= 500 else 400
            raise Problem(status, error.message, error.code) from error

    return telling


router.add_decorator(_told)


class RequestQuery(Schema):
    state: str = Field(
        "", pattern="^(waiting|open|decided|Open|Deciding|Approved|Rejected|Expired|Cancelled)?$",
        description="waiting (for me), open, decided, or one of the states; empty for all.",
    )  # fmt: skip
    text: str = Field("", max_length=256, description="Part of the version's name.")
    limit: int = Field(50, ge=1, le=200)
    cursor: str = ""


@router.get("/", response={200: RequestPage, **ERRORS}, operation_id="list_approvals")
@allowed("view", REQUEST)
def list_approvals(request, query: Query[RequestQuery]):
    """Approval requests of the connection, newest first."""
    rows = requests_of(request, query.state, query.text).order_by()
    items, cursor = read_page(rows, sort="-opened", limit=query.limit, cursor=query.cursor)
    return {"items": [request_out(one) for one in items], "next_cursor": cursor}


@router.post("/", response={201: RequestDetail, **ERRORS}, operation_id="ask_approval")
@allowed("update", PACKAGE)
def ask(request, body: AskIn):
    """Ask for the approval of a version, or have it decided anew: it is set to PendingManualApproval."""
    require(request, "update", PACKAGE, body.name)
    rows = Record.objects.filter(connection=request.connection, kind=PACKAGE, name=body.name)
    record = rows.select_related("connection").first()
    if record is None:
        raise Http404(f"There is no model version {body.name} on {request.connection}.")
    made = decisions.ask(actor=request.user, record=record)
    return Status(201, request_detail(find_request(request, made.id)))


@router.get("/policies/", response={200: PolicyList, **ERRORS}, operation_id="list_approval_policies")
@allowed("view", POLICY)
def list_policies(request):
    """The connection's policies and those of every connection, by name."""
    found = policies.visible_to(request.user.get_username(), request.connection)
    return {"items": [policy_out(one) for one in found]}


@router.post("/policies/", response={201: PolicyOut, **ERRORS}, operation_id="create_approval_policy")
@allowed("manage", POLICY)
def create_policy(request, body: PolicyIn):
    saved = policies.save(
        actor=request.user, values=body.dict(exclude={"everywhere", "version"}),
        connection=None if body.everywhere else request.connection,
    )  # fmt: skip
    return Status(201, policy_out(saved))


@router.post("/policies/preview/", response={200: PreviewOut, **ERRORS}, operation_id="preview_approval_policy")
@allowed("manage", POLICY)
def preview_policy(request, body: PolicyIn):
    """What a policy would have meant for the last 20 versions of its groups. Saves nothing."""
    known = policies.visible_to(request.user.get_username(), request.connection)
    same = next((one for one in known if one.name == body.name), None)
    connection = None if body.everywhere else request.connection
    tried = policies.draft(body.dict(exclude={"everywhere", "version"}), connection, of=same)
    return {"items": [
        {"name": line.name, "status": line.status, "would_pass": line.would_pass, "faults": list(line.faults)}
        for line in preview(tried, request.connection)
    ]}  # fmt: skip


@router.get("/policies/{int:number}/", response={200: PolicyOut, **ERRORS}, operation_id="get_approval_policy")
@allowed("view", POLICY)
def get_policy(request, number: int):
    return policy_out(find_policy(request, number))


@router.put("/policies/{int:number}/", response={200: PolicyOut, **ERRORS}, operation_id="update_approval_policy")
@allowed("manage", POLICY)
def update_policy(request, number: int, body: PolicyIn):
    """Change a policy; 409 if ``version`` is given and isn't the present one."""
    found = find_policy(request, number, "manage")
    saved = policies.save(
        actor=request.user, values=body.dict(exclude={"everywhere", "version"}), policy=found, seen_version=body.version,
        connection=None if body.everywhere else request.connection,
    )  # fmt: skip
    return policy_out(saved)


@router.delete("/policies/{int:number}/", response={204: None, **ERRORS}, operation_id="delete_approval_policy")
@allowed("manage", POLICY)
def delete_policy(request, number: int):
    """Delete a policy; its versions stay to be read."""
    policies.delete(actor=request.user, policy=find_policy(request, number, "manage"))
    return Status(204, None)


@router.get(
    "/policies/{int:number}/versions/", response={200: PolicyVersionList, **ERRORS},
    operation_id="list_approval_policy_versions",
)  # fmt: skip
@allowed("view", POLICY)
def list_policy_versions(request, number: int):
    """Every version of a policy, newest first."""
    find_policy(request, number)
    return {"items": [version_out(one) for one in PolicyVersion.objects.filter(policy=number)]}


@router.get("/{int:number}/", response={200: RequestDetail, **ERRORS}, operation_id="get_approval")
@allowed("view", REQUEST)
def get_approval(request, number: int):
    """A request as it stands under the policy in force now."""
    return request_detail(find_request(request, number))


@router.post("/{int:number}/vote/", response={200: RequestDetail, **ERRORS}, operation_id="vote_approval")
@allowed("approve", PACKAGE)
def vote(request, number: int, body: VoteIn):
    """Approve, reject or ask for changes. The vote that decides is carried out at once."""
    found = find_request(request, number)
    require(request, "approve", PACKAGE, found.name)
    decisions.vote(actor=request.user, request=found, choice=body.choice, comment=body.comment, seen=body.seen)
    return request_detail(find_request(request, number))


@router.post("/{int:number}/comments/", response={201: RemarkOut, **ERRORS}, operation_id="comment_approval")
@allowed("create", "Comment")
def comment(request, number: int, body: RemarkIn):
    """Add to the thread without voting."""
    made = decisions.comment(actor=request.user, request=find_request(request, number), text=body.comment)
    return Status(201, remark_out(made))


@router.post("/{int:number}/checks/", response={202: CountOut, **ERRORS}, operation_id="run_approval_checks")
@allowed("view", REQUEST)
def run_checks(request, number: int, key: str = ""):
    """Have the checks measured again, or the one with this key."""
    found = find_request(request, number)
    if not may(request, "approve", PACKAGE, found.name):
        require(request, "update", PACKAGE, found.name)
    if key and not found.results.filter(key=key).exists():
        raise Http404(f"The request has no check {key}.")
    return Status(202, {"count": decisions.rerun_checks(actor=request.user, request=found, key=key)})


@router.post(
    "/{int:number}/override/", response={200: RequestDetail, **ERRORS}, operation_id="override_approval_checks"
)
@allowed("manage", POLICY)
def override(request, number: int, body: ReasonIn):
    """Let it be approved in spite of its checks, where the policy allows that."""
    decisions.override_checks(actor=request.user, request=find_request(request, number), reason=body.reason)
    return request_detail(find_request(request, number))


@router.post("/{int:number}/take-back/", response={200: RequestDetail, **ERRORS}, operation_id="take_approval_back")
@allowed("approve", PACKAGE)
def take_back(request, number: int, body: ReasonIn):
    """Reject a version that was approved."""
    found = find_request(request, number)
    require(request, "approve", PACKAGE, found.name)
    decisions.reconsider(actor=request.user, request=found, comment=body.reason)
    return request_detail(find_request(request, number))


@router.post("/{int:number}/redeploy/", response={202: RolloutOut, **ERRORS}, operation_id="redeploy_champion")
@allowed("update", "Endpoint")
def redeploy(request, number: int):
    """After a rejection: deploy the newest version that is still approved to where the rejected one was deployed."""
    made = rollouts.redeploy(actor=request.user, request=find_request(request, number))
    return Status(202, rollout_out(made))


@router.post(
    "/{int:number}/rollouts/{int:rollout}/undo/", response={202: RolloutOut, **ERRORS}, operation_id="undo_rollout"
)
@allowed("update", "Endpoint")
def undo(request, number: int, rollout: int):
    """Take the endpoint back to what it served before, or end the rollout that is under way."""
    found = find_request(request, number)
    rows = Rollout.objects.filter(request=found, id=rollout).select_related("connection", "request__connection")
    chosen = rows.first()
    if chosen is None:
        raise Http404(f"Request {number} has no rollout {rollout}.")
    return Status(202, rollout_out(rollouts.undo(actor=request.user, rollout=chosen)))
