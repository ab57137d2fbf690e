"""The form of a card's content, for a new card and for a new version: sections to fill in, or the whole as JSON."""

import json

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from areas.allowed import allowed, may, require
from areas.calls import CallFailed, call
from areas.model_cards import card as cards
from areas.model_cards import editing, filling
from areas.model_cards.pages import STATUSES
from catalog.model_cards import read_content
from catalog.models import Record


@require_http_methods(["GET", "POST"])
@allowed("create", "ModelCard")
def create(request):
    """Make a card. ``?job=``, ``?package=`` and ``?from=`` (another card) fill the form from what is known."""
    if request.method == "POST":
        base = _json(request.POST.get("base", "")) or {}
        return _handle(request, None, base)
    content, told, name = _prefilled(request)
    return _draw(request, None, content, {"typed": editing.typed_of(content), "name": name, "told": told})


@require_http_methods(["GET", "POST"])
@allowed("update", "ModelCard")
def edit(request, name):
    """Write the next version of a card. ``?version=`` begins with an older one."""
    wanted = request.GET.get("version", "")
    card = cards.load(request.connection, name)
    if request.method == "POST":
        return _handle(request, card, card.content)
    content = card.content
    if wanted.isdigit() and len(wanted) < 9 and int(wanted) != card.number:
        content = cards.load(request.connection, name, int(wanted)).content
    return _draw(request, card, content, {"typed": editing.typed_of(content)})


def _handle(request, card: cards.Card | None, base: dict):
    """What a button of the form asks for: save, change to the other view, add or remove a part."""
    post, action = request.POST, request.POST.get("do", "save")
    as_json = post.get("view") == "json"
    state = {
        "name": post.get("name", "").strip(), "status": post.get("status", ""), "seen": post.get("seen", ""),
        "as_json": as_json,
    }  # fmt: skip
    if as_json:
        state["text"] = post.get("text", "")
        content, errors = _json(state["text"]), {}
        if not isinstance(content, dict):
            errors["text"] = "This is not a JSON object: { … }."
    else:
        state["typed"] = editing.typed_in(post)
        if action not in ("save", "as-json", "as-form"):
            editing.act(state["typed"], action)
            return _draw(request, card, base, state)
        content, errors = editing.content_of(state["typed"], base)
    if not errors and action in ("as-json", "as-form"):
        if action == "as-json":
            return _draw(request, card, base, state | {"as_json": True, "text": _pretty(content)})
        return _draw(request, card, content, state | {"as_json": False, "typed": editing.typed_of(content)})
    if not errors:
        errors = _check(content, as_json)
    if card and state["seen"] != str(card.latest):
        errors[""] = (
            f"Version {card.latest} of this card was saved while you were writing. Compare it with what you have typed "
            "(it is on the Versions page), then save again."
        )
        state["seen"] = str(card.latest)
    if not errors:
        try:
            return _save(request, card, state, content)
        except CallFailed as failed:
            errors[""] = f"{failed.code}: {failed.message}"
    return _draw(request, card, base, state | {"errors": errors}, status=422)


def _save(request, card: cards.Card | None, state: dict, content: dict):
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if card is None:
        call(
            request.connection, "CreateModelCard", ModelCardName=state["name"], Content=text,
            ModelCardStatus=state["status"] or "Draft",
        )  # fmt: skip
        messages.success(request, f"Made the model card {state['name']}.")
        return redirect("model_card", state["name"])
    call(request.connection, "UpdateModelCard", ModelCardName=card.name, Content=text)
    messages.success(request, f"Saved {card.name}.")
    return redirect("model_card", card.name)


def _check(content: dict, as_json: bool) -> dict[str, str]:
    """What the schema says, beside the field that it means if the form has one."""
    try:
        read_content(json.dumps(content))
    except ValueError as error:
        path = str(error).partition(": ")[0]
        if as_json:
            return {"text": str(error)}
        field = next((one for one in editing.FIELDS if path == one or path.startswith((f"{one}.", f"{one}["))), "")
        return {field: str(error)}
    return {}


def _draw(request, card: cards.Card | None, base: dict, state: dict, status: int = 200):
    errors = state.get("errors", {})
    typed = state.get("typed", {"fields": {}, "evaluations": []})
    context = {
        "card": card, **editing.shown(typed, errors), "errors": errors,
        "general": errors.get("", ""), "as_json": state.get("as_json", False), "text": state.get("text", ""),
        "name": state.get("name", ""), "status": state.get("status", "") or "Draft", "statuses": STATUSES[:3],
        "seen": state.get("seen") or (card.latest if card else ""), "base": "" if card else json.dumps(base),
        "told": state.get("told", ""),
    }  # fmt: skip
    return render(request, "areas/model_cards/form.html", context, status=status)


def _prefilled(request) -> tuple[dict, str, str]:
    """(Content, a sentence about where it is from, the card's name) for a new card."""
    connection = request.connection
    if job := request.GET.get("job", ""):
        record = _found(request, "TrainingJob", job)
        return filling.from_job(record), f"Filled in from the training job {record.name}.", record.name[:63]
    if package := request.GET.get("package", ""):
        record = _found(request, "ModelPackage", package)
        words = (
            f"Filled in from the model version {record.name}, and from the latest card of its group if there is one."
        )
        return filling.from_package(connection, record), words, record.name.replace("/", "-v")[:63]
    if source := request.GET.get("from", ""):
        require(request, "view", "ModelCard", source)
        return cards.load(connection, source).content, f"Filled in from the model card {source}.", ""
    return {}, "", ""


def _found(request, kind: str, name: str) -> Record:
    """The record of that name, or whose ARN ends so; Http404 also where the person may not see it."""
    record = Record.objects.filter(connection=request.connection, kind=kind, name=name).first()
    if record is None and name.startswith("arn:"):
        record = Record.objects.filter(connection=request.connection, kind=kind, arn=name).first()
    if record is None or not may(request, "view", kind, record.name):
        raise Http404(f"There is no {'training job' if kind == 'TrainingJob' else 'model version'} {name}.")
    return record


def _json(text: str):
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _pretty(content: dict) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False)
