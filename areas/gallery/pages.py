"""Pages of the gallery."""

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from areas.allowed import allowed
from areas.gallery.entries import entries, families


@allowed("view", "TrainingJob")
@require_safe
def show_all(request):
    """Every algorithm by what it is for; ``?q=`` keeps those whose title, purpose or hyperparameters have the words."""
    words = request.GET.get("q", "").strip().lower().split()[:10]
    found = [(family, [one for one in ones if _has(one, words)]) for family, ones in families()]
    found = [(family, ones) for family, ones in found if ones]
    context = {"families": found, "q": request.GET.get("q", "")[:200], "count": sum(len(ones) for _, ones in found)}
    return render(request, "areas/gallery/list.html", context)


@allowed("view", "TrainingJob")
@require_safe
def show(request, algorithm):
    """What one algorithm is for, takes, reports and answers."""
    entry = entries().get(algorithm)
    if entry is None:
        raise Http404(f"There is no algorithm {algorithm} here.")
    context = {"entry": entry, "code": {"sdk": entry.snippet(request.connection.region)}}
    return render(request, "areas/gallery/detail.html", context)


def _has(entry, words: list[str]) -> bool:
    names = " ".join(one.name for one in entry.algorithm.parameters)
    text = f"{entry.name} {entry.title} {entry.algorithm.about} {entry.family} {names}".lower()
    return all(word in text for word in words)
