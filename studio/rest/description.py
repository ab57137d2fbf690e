"""The API's description, completed: what every route may answer beside its own, headers that all of them take, and refusals as
the problem+json that they are."""

from http.client import responses

from django.core.exceptions import ImproperlyConfigured
from ninja.openapi.schema import OpenAPISchema

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
HEADERS = {
    "connection": (
        "Atelier-Connection", "The connection that is meant, where that isn't the default one.", {"type": "string"},
    ),
    "once": (
        "Idempotency-Key", "A word of your own for this request: sent again within a day, it is answered, not done again.",
        {"type": "string", "maxLength": 255},
    ),
    "match": ("If-Match", "The ETag that you have read: 412 if the thing has changed since.", {"type": "string"}),
    "none": ("If-None-Match", "The ETag that you have: 304 if nothing has changed.", {"type": "string"}),
}  # fmt: skip
NOT_MODIFIED = {"description": "What If-None-Match names is what is there."}


class Description(OpenAPISchema):
    """Refuses two schemas of one name: the description would tell one of them wrong."""

    def add_schema_definitions(self, definitions: dict) -> None:
        for name, schema in definitions.items():
            if self.schemas.setdefault(name, schema) != schema:
                raise ImproperlyConfigured(f"Two areas have a schema {name}; rename one of them.")


def complete(schema: dict) -> dict:
    """Add to ninja's description in place."""
    schema["components"]["schemas"].setdefault("ProblemOut", {})
    for operations in schema["paths"].values():
        for method, operation in operations.items():
            _add_headers(method, operation, "get" in operations)
            _add_refusals(method, operation)
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    answer["content"] = PROBLEM
    return schema


def _add_headers(method: str, operation: dict, is_readable: bool) -> None:
    wanted = [] if operation.get("tags") == ["Studio"] else ["connection"]
    if method == "get":
        wanted.append("none")
    if method in ("post", "patch", "delete"):
        wanted.append("once")
    if method in ("patch", "put", "delete") and is_readable:
        wanted.append("match")
    for parameter in operation.setdefault("parameters", []):
        if isinstance(parameter.get("examples"), list):  # which is JSON Schema's form; OpenAPI's own is a map
            parameter["example"] = parameter.pop("examples")[0]
    known = {one["name"] for one in operation["parameters"]}
    for name, words, schema in (HEADERS[key] for key in wanted):
        if name not in known:
            operation["parameters"].append(
                {"in": "header", "name": name, "required": False, "description": words, "schema": schema}
            )


def _add_refusals(method: str, operation: dict) -> None:
    statuses = {401, 403, 404, 422, 429, 503}
    if method == "get":
        operation["responses"].setdefault(304, NOT_MODIFIED)
    else:
        statuses |= {400, 409, 412}
    if "requestBody" in operation:
        statuses |= {400, 413, 415}
    for status in sorted(statuses - {int(one) for one in operation["responses"]}):
        operation["responses"][status] = {"description": responses[status]}
