"""Pages for people: what each may do with their own account, and what an administrator does for others."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.shortcuts import redirect

from studio.people.power import Refused

ROWS = 50


def attempt(request, done: str, function: Callable, *arguments, **keywords) -> bool:
    """Call a verb of this room; tell what was done, or why it was refused."""
    try:
        function(*arguments, **keywords)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, done)
    return True


def page_of(request, rows, size: int = ROWS) -> Page:
    """The page of ``rows`` that the address names, the nearest one that there is."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def back(name: str, *arguments):
    return redirect(name, *arguments)


def never_kept(answer):
    """An answer with a secret in it: no browser or proxy may keep it."""
    answer.headers["Cache-Control"] = "no-store"
    return answer
