"""Addresses of pages and of the REST API."""

from django.contrib import admin
from django.urls import include, path

import areas.converters  # noqa: F401 - registers <record:…>
from areas.index import modules, resources
from studio import saved_views
from studio.health import healthz
from studio.pages import (
    account,
    acts,
    completing,
    creating,
    errors,
    generic,
    home,
    search,
    settings,
    shell,
    tokens,
    tour,
)
from studio.rest.api import urls as rest_urls

handler400, handler403, handler404, handler500 = errors.bad_request, errors.forbidden, errors.not_found, errors.crashed

admin.site.site_header = admin.site.site_title = "Atelier"


def generic_pages(resource) -> list:
    """List, create, detail and actions of a Resource, for what its area doesn't make itself."""
    noun = {"noun": resource.noun}
    return [
        path(f"{resource.slug}/", generic.show_list, noun, name=resource.slug),
        path(f"{resource.slug}/create/", creating.create, noun, name=f"{resource.codename}-create"),
        path(f"{resource.slug}/actions/", acts.act_on_many, noun, name=f"{resource.codename}-bulk"),
        path(f"{resource.slug}/<record:name>/", generic.show_detail, noun, name=resource.codename),
        path(
            f"{resource.slug}/<record:name>/dependents/",
            acts.show_dependents,
            noun,
            name=f"{resource.codename}-dependents",
        ),
        path(f"{resource.slug}/<record:name>/tags/", acts.edit_tags, noun, name=f"{resource.codename}-tags"),
        path(
            f"{resource.slug}/<record:name>/actions/<str:operation>/", acts.act, noun, name=f"{resource.codename}-act"
        ),
    ]


urlpatterns = [
    path("", home.show, name="home"),
    path("", include("studio.people.urls")),
    path("settings/", settings.show, name="settings"),
    path("settings/connections/", settings.show_connections, name="connections"),
    path("settings/connections/new/", settings.edit_connection, name="connection-create"),
    path("settings/connections/choose/", account.choose_connection, name="connection-choose"),
    path("settings/connections/<slug:name>/", settings.edit_connection, name="connection"),
    path("settings/connections/<slug:name>/test/", settings.test_connection, name="connection-test"),
    path("settings/connections/<slug:name>/delete/", settings.delete_connection, name="connection-delete"),
    path("settings/tokens/", tokens.show, name="tokens"),
    path("settings/tokens/<int:token_id>/revoke/", tokens.revoke, name="token-revoke"),
    path("settings/credentials/", settings.show_credentials, name="credentials"),
    path("settings/workers/", settings.show_workers, name="workers"),
    path("settings/workers/requeue/", settings.requeue, name="requeue"),
    path("theme/", account.choose_theme, name="theme"),
    path("seen/", account.mark_seen, name="mark-seen"),
    path("tour/", tour.tour, name="tour"),
    path("search/", search.show, name="search"),
    path("query-completion/", completing.show, name="query-completion"),
    path("saved-views/", saved_views.keep, name="saved-views"),
    path("shell/live/", shell.live, name="shell-live"),
    path("api/v1/", rest_urls()),
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    # An area's own addresses, before the generic ones.
    *[path("", include(module)) for module in modules("urls")],
    *[page for resource in resources().values() for page in generic_pages(resource)],
]
