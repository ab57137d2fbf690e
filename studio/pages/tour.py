"""The guided tour: dataset → train → watch → deploy → predict, a coach that walks along from page to page."""

from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from areas.allowed import anybody, visible_here
from areas.index import resources
from catalog.models import Record
from studio.models import Preference

# (title, what to do, where: the name of an address or the noun whose newest page it is, data-tour anchors that are lit)
STEPS = (
    ("Pick a dataset", "Penguins comes with the Studio: 344 rows, real measurements. Open it and look at its columns.",
     "datasets", "dataset"),
    ("Train a model", "Press Train on this, or choose penguins here: the settings are filled in. Start the job.",
     "training_job-create", "train-on-this train-submit"),
    ("Watch it learn", "Curves and log move while it trains; penguins take a few seconds.", "TrainingJob", "charts"),
    ("Deploy it", "When the job is completed, press Deploy on its page. An endpoint starts in seconds.",
     "TrainingJob", "deploy deploy-submit"),
    ("Get a prediction", "Fill in a penguin and send it. The same call is shown as curl, boto3 and CLI.",
     "Endpoint", "playground"),
)  # fmt: skip

# Below which it shows itself: elsewhere it would stand before what somebody came to read.
WALKS = ("datasets", "training-jobs", "models", "endpoint-configs", "endpoints")


def current_step(request, preference: Preference) -> dict | None:
    """The step that this person is at, for templates/base/tour.html; None when the tour is over or dismissed."""
    number = preference.tour_step
    if preference.tour_done or not 0 <= number < len(STEPS) or request.path.split("/")[1] not in ("", *WALKS):
        return None
    title, text, where, anchors = STEPS[number]
    url = _address(request.connection, where)
    last = number == len(STEPS) - 1
    return {
        "number": number + 1, "count": len(STEPS), "title": title, "text": text, "anchors": anchors,
        "later": "" if last else STEPS[number + 1][3], "url": "" if request.path == url else url,
        "first": number == 0, "last": last,
    }  # fmt: skip


def _address(connection, where: str) -> str:
    resource = resources().get(where)
    try:
        if resource is None:
            return reverse(where)
        seen = visible_here(connection, Record.objects.filter(connection=connection, kind=where), where)
        name = seen.order_by("-created").values_list("name", flat=True).first()
        return reverse(resource.codename, args=[name]) if name else reverse(resource.slug)
    except NoReverseMatch:
        return ""


@anybody
@require_POST
def tour(request):
    """Move the tour: ``go`` is next, back, done or restart. Answers with a redirect to ``next`` or the step's page."""
    preference, _ = Preference.objects.get_or_create(user=request.user)
    go = request.POST.get("go", "")
    if go == "restart":
        preference.tour_step, preference.tour_done = 0, False
    elif go == "next":
        preference.tour_step += 1
        preference.tour_done = preference.tour_step >= len(STEPS)
    elif go == "back":
        preference.tour_step = max(preference.tour_step - 1, 0)
    elif go == "done":
        preference.tour_done = True
    preference.save()
    target = request.POST.get("next", "")
    safe = target and url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return redirect(target if safe else "/")
