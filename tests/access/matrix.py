"""The matrix: every page, REST operation, wire operation and S3 route, with its permission and who is let in.

``matrix.txt`` has a row for each: where, who, what, permission, with two spaces or more between them. ``who`` has a letter
for each of the cast that is let in, else a dash: E(verywhere an admin), A(dmin of the connection), D(ata scientist),
R(eviewer), V(iewer), N(o role), S(tranger).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver

from areas.index import resources
from areas.permissions import OPEN, Need, permission
from catalog.access import Access, Rule
from catalog.roles import ADMIN, BUILTIN, REVIEWER, SCIENTIST, VIEWER

FILE = Path(__file__).with_name("matrix.txt")
WHO = "EADRVNS"
CAST = {"E": "eve", "A": "ada", "D": "alice", "R": "rosa", "V": "vera", "N": "charlie"}
ROLES = {"E": ADMIN, "A": ADMIN, "D": SCIENTIST, "R": REVIEWER, "V": VIEWER}
NUMBER = 999_999_999  # nothing has this id
WIRE_SERVICES = ("sagemaker", "sagemaker-runtime", "sagemaker-metrics", "logs", "cloudwatch", "sts", "iam")


@dataclass(frozen=True)
class Row:
    where: str  # page, rest, wire, s3
    what: str  # "GET,POST /training-jobs/", "GET /training-jobs/{name}/", "sagemaker CreateTrainingJob", "GET bucket ?acl"
    permission: str = ""
    who: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.where, self.what

    def __str__(self):
        return f"{self.where}  {self.who}  {self.what}  {self.permission}"


def written() -> dict[tuple[str, str], Row]:
    rows = {}
    for line in FILE.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            where, who, what, needed = re.split(r"\s{2,}", line.strip())
            row = Row(where, what, needed, who)
            assert row.key not in rows, f"two rows for {row.key}"
            rows[row.key] = row
    return rows


def letters(let_in: set[str]) -> str:
    return "".join(letter if letter in let_in else "-" for letter in WHO)


def expected(needed: str, verb: str = "", noun: str = "") -> str:
    """Who the built-in roles let in; "" where the permission alone doesn't tell."""
    if needed == "strangers":
        return letters(set(WHO))
    if needed == "anybody":
        return letters(set(WHO) - {"S"})
    if not verb:
        return ""
    access = {
        letter: Access("", rules=tuple(Rule.read(rule) for rule in BUILTIN[role][1])) for letter, role in ROLES.items()
    }
    return letters({letter for letter, one in access.items() if one.may(verb, noun)})


# Pages


def pages() -> list[tuple[Row, str]]:
    """Each page with an address to try, for GET and POST alike unless the page itself asks by the method."""
    found = []
    for address, pattern in _patterns(get_resolver().url_patterns):
        if address.startswith("api/"):
            continue
        needed = "staff" if address.startswith("admin/") else getattr(pattern.callback, "permission", "(none)")
        noun = pattern.default_args.get("noun", "")
        codename = Need("", noun).codename.lstrip("_") if noun else ""
        needed = needed.replace("{noun}", codename)
        verb, of = getattr(pattern.callback, "needs", ("", ""))
        what, path = f"/{address}", _filled(address, noun)
        methods = ("GET", "POST") if " to " in needed else ("GET,POST",)
        for method in methods:
            row = Row("page", f"{method} {what}", needed, expected(needed, verb, of or noun))
            found.append((row, path))
    return _merged(found)


def _merged(found):
    """The first of those with the same address: Django takes no other."""
    kept = {}
    for row, path in found:
        kept.setdefault(row.key, (row, path))
    return list(kept.values())


def _patterns(patterns, before=""):
    for pattern in patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            address = address.replace("^", "").rstrip("$")
            yield re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", address), pattern  # its choices are other ones with each app


def _filled(address: str, noun: str) -> str:
    resource = resources().get(noun)
    operation = resource.actions[0].operation if resource and resource.actions else "thing"
    address = address.replace("<str:operation>", operation)
    address = re.sub(r"<int:[^>]+>", str(NUMBER), address)
    return "/" + re.sub(r"<[^>]+>", "thing", address)


# REST


def rest() -> list[tuple[Row, str, str]]:
    """Each operation of the API with the method and an address to try."""
    from studio.rest.api import api

    found = [  # the description, which names nothing of anybody's
        (Row("rest", f"GET {address}", "strangers", expected("strangers")), "GET", f"/api/v1{address}")
        for address in ("/openapi.json", "/docs", "/")
    ]
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, operation in methods.items():
            view = _rest_views(api)[operation["operationId"]]
            needed = getattr(view, "permission", "(none)")
            verb, noun = getattr(view, "needs", ("", ""))
            row = Row("rest", f"{method.upper()} {path.removeprefix('/api/v1')}", needed, expected(needed, verb, noun))
            numbers = path
            for one in operation.get("parameters", ()):
                if one["in"] == "path" and one["schema"].get("type") == "integer":
                    numbers = numbers.replace(f"{{{one['name']}}}", str(NUMBER))
            found.append((row, method.upper(), re.sub(r"\{[^}]+\}", "thing", numbers)))
    return found


def _rest_views(api) -> dict:
    if not hasattr(api, "_views_by_id"):
        api._views_by_id = {
            operation.operation_id or api.get_openapi_operation_id(operation): operation.view_func
            for _, router in api._routers
            for view in router.path_operations.values()
            for operation in view.operations
        }
    return api._views_by_id


# The wire


def wire() -> list[tuple[Row, str, str]]:
    """Each operation of the services that we serve, with service and operation."""
    from engine.wire import services

    found = []
    for name in WIRE_SERVICES:
        for operation in sorted(services.service(name).operations):
            if (name, operation) in OPEN:
                row = Row("wire", f"{name} {operation}", "anybody", letters(set(WHO) - {"S"}))
            else:
                verb, noun = permission(name, operation)
                # Tags and Search: the noun is in the request. Versions: whoever may approve one may ask to update it.
                who = expected("-", verb, noun or "TrainingJob")
                if noun == "ModelPackage" and verb in ("create", "update"):
                    who = letters(set(who) | set(expected("-", "approve", noun)))
                row = Row("wire", f"{name} {operation}", Need(verb, noun or "*").codename, who)
            found.append((row, name, operation))
    return found


def s3() -> list[tuple[Row, str, str, dict]]:
    """Each S3 route, with method, path below the account, and headers."""
    from engine.s3 import routes

    found = []
    for level, table, path in (("service", routes.SERVICE, "/"), ("bucket", routes.BUCKET, "/{bucket}"),
                               ("object", routes.OBJECT, "/{bucket}/no/such/thing")):  # fmt: skip
        for route in table:
            for method in route.methods.split():
                query = "&".join(f"{name}={'1' if name == 'partNumber' else 'x'}" for name in route.needs)
                headers = {route.header: "/{bucket}/no/such/source"} if route.header else {}
                target = f"{path}?{query}" if query else path
                asked = " ".join(filter(None, (method, level, "&".join(route.needs), route.header)))
                verb, noun = _s3_need(method, level, route)
                who = expected("-", verb, noun)
                found.append((Row("s3", asked, Need(verb, noun).codename, who), method, target, headers))
    return found


def _s3_need(method: str, level: str, route) -> tuple[str, str]:
    whole = level == "service" or (level == "bucket" and method in ("PUT", "DELETE"))
    verb = {"PUT": "create", "POST": "create", "DELETE": "delete"}.get(method, "view")
    if method == "POST" and "delete" in route.needs:
        verb = "delete"
    return verb, "S3Bucket" if whole else "S3Object"
