"""The guided tour: dataset → train → watch → deploy → predict, a coach that walks along from page to page."""

from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from studio.models import Preference

# (title, what to do, name of the address where it happens, the data-tour anchor that is lit there)
STEPS = (
    ("Pick a dataset", "Penguins is here already: 344 rows, real measurements. Open it and look at its columns.",
     "datasets", "dataset"),
    ("Train a model", "Choose penguins and XGBoost; the settings are filled in. Start the job.",
     "training_job-create", "train"),
    ("Watch it learn", "Open the job that runs: curves and log move while it trains.", "training-jobs", "watch"),
    ("Deploy it", "When the job is completed, press Deploy on its page. An endpoint starts in seconds.",
     "training-jobs", "deploy"),
    ("Get a prediction", "Open the endpoint, fill in a penguin, and send it. The same call is shown as curl and boto3.",
     "endpoints", "predict"),
)  # fmt: skip


def current_step(request, preference: Preference) -> dict | None:
    """The step that this person is at, for templates/base/tour.html; None when the tour is over or dismissed."""
    if preference.tour_done or not 0 <= preference.tour_step < len(STEPS):
        return None
    title, text, name, anchor = STEPS[preference.tour_step]
    try:
        url = reverse(name)
    except NoReverseMatch:
        url = ""
    return {
        "number": preference.tour_step + 1, "count": len(STEPS), "title": title, "text": text, "anchor": anchor,
        "url": "" if request.path == url else url, "first": preference.tour_step == 0,
        "last": preference.tour_step == len(STEPS) - 1,
    }  # fmt: skip


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
