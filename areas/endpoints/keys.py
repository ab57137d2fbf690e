"""The page of an endpoint's API keys: make one, see them used, revoke them."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from areas.allowed import allowed, asks, require
from areas.endpoints import limits
from areas.endpoints.forms import KeyForm
from areas.endpoints.models import PredictKey, make_key, revoke_key
from areas.endpoints.pages import endpoint_page


@asks("view_endpoint, update_endpoint to make a key")
@require_http_methods(["GET", "POST"])
def show(request, name):
    """The keys of an endpoint. A POST makes one and shows it once, in this answer and never again."""
    require(request, "update" if request.method == "POST" else "view", "Endpoint", name)
    form = KeyForm(request.POST if request.method == "POST" else None)
    made = None
    if form.is_bound and form.is_valid():
        fields = form.cleaned_data
        made, _ = make_key(
            actor=request.user, connection=request.connection, endpoint=name, name=fields["name"],
            per_minute=fields["per_minute"], origins=fields["origins"], expires=form.expires,
        )  # fmt: skip
        form = KeyForm()
    keys = list(PredictKey.objects.filter(connection=request.connection, endpoint=name).select_related("created_by"))
    for key in keys:
        key.total = key.used + limits.unsaved(key)
    url = request.build_absolute_uri(reverse("predict", args=[name]))
    response = endpoint_page(request, name, "keys", form=form, keys=keys, made=made, url=url)
    response["Cache-Control"] = "no-store"
    return response


@allowed("update", "Endpoint")
@require_POST
def revoke(request, name, key_id):
    key = get_object_or_404(PredictKey, pk=key_id, connection=request.connection, endpoint=name)
    revoke_key(key)
    messages.success(request, f"Revoked {key.name}: clients that use it are refused from now on.")
    return redirect("endpoint-keys", name)
