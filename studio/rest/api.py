"""REST API v1: every declared noun, Runs, metrics and logs, and what areas add, for automation."""

from functools import partial, wraps

from django.contrib.auth.decorators import login_not_required
from django.utils.cache import set_response_etag
from ninja import NinjaAPI, Swagger

from areas.index import modules, resources
from studio.rest import about, description, nouns, people, problems, work
from studio.rest.access import AUTH, guarded
from studio.rest.rendering import Renderer


class Api(NinjaAPI):
    described: dict[str, dict] = {}  # made once: the routes don't change

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict | None = None):
        prefix = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        if prefix not in self.described:
            self.described[prefix] = description.complete(description.Description(self, prefix))
        return self.described[prefix]


api = Api(
    title="Atelier",
    version="1",
    description="Jobs, models, endpoints and datasets of a connection. Creating answers 202 with a Run that follows the "
    "work, or 201 with what was made. Name a connection by ?connection= or by the header Atelier-Connection; else the "
    "default one is meant. Lists go on by next_cursor, which is also in the Link header.",
    urls_namespace="rest",
    auth=AUTH,
    renderer=Renderer(),
    # Without a validator: the usual one is another host's, which the page's policy refuses.
    docs=Swagger(settings={"validatorUrl": None}),
)
problems.install(api)


def _mount(prefix: str, router, tag: str, *, on_connection: bool = True) -> None:
    router.add_decorator(partial(guarded, prefix=prefix, on_connection=on_connection), mode="view")
    api.add_router(prefix, router, tags=[tag])


_mount("", about.router, "Studio", on_connection=False)
_mount("/users/", people.router, "Users")
_mount("/runs/", work.router, "Runs")
for module in modules("rest"):
    for prefix, router in getattr(module, "ROUTERS", None) or ((module.PREFIX, module.router),):
        _mount(prefix, router, prefix.strip("/").capitalize())
for resource in resources().values():
    _mount(f"/{resource.slug}/", nouns.router_of(resource), resource.title)


def urls() -> tuple:
    """The API's addresses, free of the pages' redirect to sign-in: the API answers 401 itself."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        pattern.callback = login_not_required(_as_http(pattern.callback))
    return patterns, app, namespace


def _as_http(view):
    """HEAD answers as GET does, without the body; a method that isn't there is refused as a problem."""

    @wraps(view)
    def answer(request, *args, **kwargs):
        is_head = request.method == "HEAD"
        if is_head:
            request.method = "GET"
        response = view(request, *args, **kwargs)
        if response.status_code == 405:
            takes = response["Allow"]
            response = problems.response(405, f"{request.path} takes {takes}, not {request.method}.")
            response["Allow"] = takes
        if is_head:
            request.method = "HEAD"
            if not response.streaming:
                set_response_etag(response)
                response["Content-Length"] = str(len(response.content))
                response.content = b""
        return response

    return answer
