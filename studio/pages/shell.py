"""The live parts of the shell."""

from django.shortcuts import render

from areas.allowed import anybody


@anybody
def live(request):
    """The sidebar's foot, with the counts and the bell to be swapped in beside it."""
    return render(request, "base/live.html", {"swap": True})
