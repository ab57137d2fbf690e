"""REST API v1: every declared noun, Runs, metrics and logs, and what areas add, for automation."""

from functools import partial

from django.contrib.auth.decorators import login_not_required
from ninja import NinjaAPI, Swagger

from areas.index import modules, resources
from studio.rest import about, nouns, problems, work
from studio.rest.access import AUTH, guarded
from studio.rest.rendering import Renderer


class Api(NinjaAPI):
    """Describes refusals as the problem+json that they are."""

    def get_openapi_schema(self, **kwargs):
        schema = super().get_openapi_schema(**kwargs)
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status, answer in operation["responses"].items():
                    if status >= 400:
                        answer["content"] = {"application/problem+json": answer["content"].pop("application/json")}
        return schema


api = Api(
    title="Atelier",
    version="1",
    description="Jobs, models, endpoints and datasets of a connection. Creating answers 202 with a Run that follows the "
    "work. Name a connection by ?connection= or by the header Atelier-Connection; else the default one is meant.",
    urls_namespace="rest",
    auth=AUTH,
    renderer=Renderer(),
    # Without a validator: the usual one is another host's, which the page's policy refuses.
    docs=Swagger(settings={"validatorUrl": None}),
)
problems.install(api)
about.router.add_decorator(partial(guarded, on_connection=False), mode="view")
api.add_router("", about.router, tags=["Studio"])


def _mount(prefix: str, router, tag: str) -> None:
    router.add_decorator(partial(guarded, on_connection=True), mode="view")
    api.add_router(prefix, router, tags=[tag])


_mount("/runs/", work.router, "Runs")
for module in modules("rest"):
    _mount(module.PREFIX, module.router, module.PREFIX.strip("/").capitalize())
for resource in resources().values():
    _mount(f"/{resource.slug}/", nouns.router_of(resource), resource.title)


def urls() -> tuple:
    """The API's addresses, free of the pages' redirect to sign-in: the API answers 401 itself."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        login_not_required(pattern.callback)
    return patterns, app, namespace
