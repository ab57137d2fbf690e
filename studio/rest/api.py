"""REST API v1: every declared noun, Runs, metrics and logs, for automation."""

from django.contrib.auth.decorators import login_not_required
from ninja import NinjaAPI

from areas.index import resources
from studio.rest import nouns, problems, work
from studio.rest.access import AUTH

api = NinjaAPI(
    title="Atelier",
    version="1",
    description="Jobs, models and endpoints of a connection. Creating answers 202 with a Run that follows the work.",
    urls_namespace="rest",
    auth=AUTH,
)
problems.install(api)
api.add_router("", work.router, tags=["studio"])
for resource in resources().values():
    api.add_router(f"/{resource.slug}/", nouns.router_of(resource), tags=[resource.title])


def urls() -> tuple:
    """The API's addresses, free of the pages' redirect to sign-in: the API answers 401 itself."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        login_not_required(pattern.callback)
    return patterns, app, namespace
