"""Pages of one model card: the card to read, its versions and what differs, its PDFs, the calls that make it."""

from django.contrib import messages
from django.http import StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from areas.allowed import allowed, may
from areas.calls import CallFailed, call
from areas.model_cards import card as cards
from areas.model_cards.comparing import differences
from areas.model_cards.drawing import drawn
from areas.model_cards.reading import sections
from areas.snippets import calls

STATUSES = ("Draft", "PendingReview", "Approved", "Archived")
TABS = (
    ("card", "model_card", "Card"),
    ("versions", "model_card-versions", "Versions"),
    ("exports", "model_card-exports", "PDFs"),
    ("code", "model_card-code", "Show as code"),
)


@require_GET
@allowed("view", "ModelCard")
def show(request, name):
    """The card itself: the latest version, or the one of ``?version=``."""
    wanted = request.GET.get("version", "")
    card = cards.load(request.connection, name, int(wanted) if wanted.isdigit() and len(wanted) < 9 else None)
    checklist = card.checklist
    return _page(request, card, "card", {
        "sections": drawn(sections(card.content)), "checklist": checklist,
        "filled": sum(one["filled"] for one in checklist), "links": _links(request, card),
        "tags": dict(card.record.tags.order_by("key").values_list("key", "value")) if card.record else {},
    })  # fmt: skip


@require_GET
@allowed("view", "ModelCard")
def show_versions(request, name):
    """Every version, and what differs between two of them (``?old=&new=``; the last two by default)."""
    card = cards.load(request.connection, name)
    listed = cards.versions(request.connection, name)
    numbers = [one["ModelCardVersion"] for one in listed]
    new = _number(request, "new", numbers, 0)
    old = _number(request, "old", numbers, 1)
    found = None
    if len(numbers) > 1:
        before, after = (cards.load(request.connection, name, number).content for number in (old, new))
        found = differences(before, after)
    return _page(request, card, "versions", {
        "versions": listed, "numbers": numbers, "old": old, "new": new, "differences": found,
    })  # fmt: skip


@require_GET
@allowed("view", "ModelCard")
def show_exports(request, name):
    """The PDFs that were asked for; ``part=live`` is what polling asks for while one is being made."""
    card = cards.load(request.connection, name)
    jobs = cards.exports(request.connection, name)
    for job in jobs:
        if job["Status"] == "Failed":
            described = cards.describe_export(card, job["ModelCardExportJobName"])
            job["reason"] = described.get("FailureReason", "")
    context = {"jobs": jobs, "going": any(job["Status"] == "InProgress" for job in jobs), "card": card}
    if request.GET.get("part") == "live":
        return render(request, "areas/model_cards/export_list.html", context)
    return _page(request, card, "exports", context)


@require_GET
@allowed("view", "ModelCard")
def show_code(request, name):
    """The call that makes the card again, and its document."""
    card = cards.load(request.connection, name)
    document = card.document
    asked = {member: document[member] for member in ("ModelCardName", "Content", "ModelCardStatus")}
    return _page(request, card, "code", {"code": calls([("CreateModelCard", asked)]), "content": card.content})


@require_POST
@allowed("create", "ModelCardExportJob", name="")
def export(request, name):
    """Ask for a PDF of a version; the page of the PDFs follows it."""
    wanted = request.POST.get("version", "")
    card = cards.load(request.connection, name, int(wanted) if wanted.isdigit() and len(wanted) < 9 else None)
    try:
        cards.start_export(card, request.POST.get("folder", "").strip())
    except CallFailed as failed:
        messages.error(request, f"{failed.code}: {failed.message}")
    return redirect("model_card-exports", name)


@require_GET
@allowed("view", "ModelCard")
def download(request, name, job):
    """The PDF of an export job."""
    card = cards.load(request.connection, name)
    blocks = cards.pdf_of(card, job)
    headers = {"Content-Disposition": f'attachment; filename="{job}.pdf"'}
    return StreamingHttpResponse(blocks, content_type="application/pdf", headers=headers)


@require_POST
@allowed("update", "ModelCard")
def set_status(request, name):
    """Change the status of the card; its content and version stay."""
    status = request.POST.get("status", "")
    try:
        call(request.connection, "UpdateModelCard", ModelCardName=name, ModelCardStatus=status)
    except CallFailed as failed:
        messages.error(request, f"{failed.code}: {failed.message}")
    else:
        messages.success(request, f"{name} is {status} now.")
    return redirect("model_card", name)


def _page(request, card: cards.Card, tab: str, more: dict):
    context = {
        "card": card, "tab": tab, "statuses": [status for status in STATUSES if status != card.status],
        "tabs": [{"key": key, "url": reverse(view, args=[card.name]), "label": label} for key, view, label in TABS],
        "may_update": may(request, "update", "ModelCard", card.name),
        "may_delete": may(request, "delete", "ModelCard", card.name),
        "may_export": may(request, "create", "ModelCardExportJob"),
        "may_create": may(request, "create", "ModelCard"),
    }  # fmt: skip
    return render(request, f"areas/model_cards/{tab}.html", context | more)


def _number(request, name: str, numbers: list[int], place: int) -> int:
    wanted = request.GET.get(name, "")
    if wanted.isdigit() and int(wanted) in numbers:
        return int(wanted)
    return numbers[min(place, len(numbers) - 1)] if numbers else 1


def _links(request, card: cards.Card) -> list[dict]:
    """What the card tells of and this connection has: {"label", "text", "url"}."""
    content = card.content
    training = (content.get("training_details") or {}).get("training_job_details") or {}
    package = content.get("model_package_details") or {}
    overview = content.get("model_overview") or {}
    found = []
    for label, view, arn in (
        ("Training job", "training_job", training.get("training_arn", "")),
        ("Model package", "model_package", package.get("model_package_arn", "")),
        ("Model", "model", overview.get("model_id", "")),
    ):
        prefix = f"arn:aws:sagemaker:{request.connection.region}:{request.connection.account}:{view.replace('_', '-')}/"
        if arn.startswith(prefix) and arn != prefix:
            name = arn.removeprefix(prefix)
            found.append({"label": label, "text": name, "url": reverse(view, args=[name])})
    return found
