"""Files of runs and of logged models, through this server into our S3: who may see the run may see its files.

``mlflow-artifacts:/<experiment>/<run>/artifacts/…`` is ``s3://<default bucket>/mlflow/<experiment>/<run>/artifacts/…``, and a
logged model's are below ``<experiment>/models/<model>/artifacts/``.
"""

import unicodedata
from dataclasses import dataclass

from areas.experiments.mlflow import found
from areas.experiments.mlflow.asked import Asked
from areas.experiments.mlflow.errors import invalid, missing
from areas.experiments.mlflow.models import model_named, model_of
from engine.models import S3Object
from engine.s3 import objects, store
from engine.s3.intake import Incoming, check_length
from engine.s3.listing import FIELDS, page_of
from engine.s3.request import Reply, Request
from engine.s3.threads import run_orm

ROOT = "mlflow/"  # before the keys of all artifacts
LISTED = 10_000  # files and folders of one answer
_PASSED_ON = ("content-length", "content-type", "range", "if-none-match", "if-match")


@dataclass(frozen=True)
class Place:
    """``folder`` ends with a slash; ``path`` is below it, "" for the folder itself."""

    folder: str
    path: str

    @property
    def key(self) -> str:
        return ROOT + self.folder + self.path


def place_of(asked: Asked, path: str, verb: str) -> Place:
    """Where a path of the proxy lies, for somebody who may do ``verb`` to the run or model that it belongs to.

    INVALID_PARAMETER_VALUE for a path that isn't safe; RESOURCE_DOES_NOT_EXIST for one that belongs to nothing.
    """
    parts = check_path(path).strip("/").split("/")
    if len(parts) >= 4 and parts[1] == "models" and parts[3] == "artifacts":
        model = model_named(asked, parts[2], verb, with_deleted=verb == "view")
        if str(model.experiment_id) == parts[0]:
            return Place("/".join(parts[:4]) + "/", "/".join(parts[4:]))
    elif len(parts) >= 3 and parts[2] == "artifacts":
        run = found.run_of(asked, parts[1], verb, is_active=verb != "view")
        if str(found.experiment_ids([run]).get(run.id, 0)) == parts[0]:
            return Place("/".join(parts[:3]) + "/", "/".join(parts[3:]))
    raise missing(f"No run or logged model has the artifact path {path!r}; they are <experiment>/<run>/artifacts/… and "
                  "<experiment>/models/<model>/artifacts/….")  # fmt: skip


def check_path(path: str) -> str:
    """INVALID_PARAMETER_VALUE for what could lead elsewhere: a parent folder, a backslash, a control character."""
    if "\\" in path or "#" in path or any(unicodedata.category(sign) == "Cc" for sign in path):
        raise invalid("Invalid path")
    if any(part in ("", ".", "..") for part in path.strip("/").split("/")) and path.strip("/"):
        raise invalid("Invalid path")
    return path


def list_of_run(asked: Asked) -> dict:
    """The files and folders of a run, below ``path`` if it is given."""
    run = found.run_of(asked, asked.run_id())
    root = f"{found.experiment_ids([run]).get(run.id, 0)}/{asked.run_id()}/artifacts/"
    return {"root_uri": f"mlflow-artifacts:/{root}".rstrip("/"), "files": _list(asked, root, asked.text("path", ""))}


def list_of_model(asked: Asked) -> dict:
    model = model_of(asked)
    root = f"{model.experiment_id}/models/{model.model_id}/artifacts/"
    files = _list(asked, root, asked.text("artifact_directory_path", ""))
    return {"root_uri": f"mlflow-artifacts:/{root}".rstrip("/"), "files": files}


def list_proxied(asked: Asked) -> dict:
    """What the client asks of an artifact URI: names are those below the folder alone."""
    place = place_of(asked, asked.text("path"), "view")
    listed = _list(asked, place.folder, place.path)
    return {"files": [{**one, "path": one["path"].rpartition("/")[2]} for one in listed]}


def _list(asked: Asked, root: str, path: str) -> list[dict]:
    """Files and folders directly below a path of a folder, named from that folder; [] for a path that is a file."""
    path = check_path(path).strip("/")
    prefix = ROOT + root + (f"{path}/" if path else "")
    rows = S3Object.objects.filter(
        bucket__name=asked.connection.default_bucket, bucket__account=asked.connection.account
    )
    page = page_of(rows.values(*FIELDS), prefix, "/", "", LISTED)
    start = len(ROOT + root)
    files = [{"path": name[start:].rstrip("/"), "is_dir": True} for name in page.prefixes]
    files += [
        {"path": row["key"][start:], "is_dir": False, "file_size": row["size"]}
        for row in page.rows
        if row["key"] != prefix
    ]
    return sorted(files, key=lambda one: one["path"])


async def put(asked: Asked, headers: dict[str, str], receive) -> Reply:
    """Store a file, streamed; up to 5 GiB, more in parts."""
    place = await run_orm(place_of, asked, asked.labels["path"], "update")
    if not place.path:
        raise invalid("Invalid path: the name of the file is missing.")
    await run_orm(ensure_bucket, asked)
    request = s3_request(asked, "PUT", place.key, headers, receive)
    if request.length is not None:
        check_length(request)
    with Incoming(request) as incoming:
        await incoming.take()
        await run_orm(_save, request, incoming)
    return Reply(headers={"content-type": "application/json"}, body=b"{}")


def _save(request: Request, incoming: Incoming) -> None:
    incoming.finish()
    digests = incoming.digests
    attributes = store.Attributes(request.headers.get("content-type") or store.DEFAULT_TYPE)
    store.save(objects.owned_bucket(request), request.key, incoming.path, digests.size, digests.etag, attributes)


def get(asked: Asked, headers: dict[str, str]) -> Reply:
    """A file, or the range of it that is asked for. Browsers save it: it may be anything."""
    place = place_of(asked, asked.labels["path"], "view")
    if not place.path:
        raise missing("The artifact path names a folder; list it instead.")
    reply = objects.get_object(s3_request(asked, "GET", place.key, headers, None))
    reply.headers |= {"content-disposition": "attachment", "x-content-type-options": "nosniff"}
    return reply


def delete(asked: Asked) -> dict:
    """Delete a file, or a folder with all that is in it."""
    place = place_of(asked, asked.labels["path"], "update")
    account, bucket = asked.connection.account, asked.connection.default_bucket
    ensure_bucket(asked)
    if place.path:
        store.delete(account, bucket, place.key)
    store.delete_prefix(account, bucket, place.key.rstrip("/") + "/")
    return {}


def ensure_bucket(asked: Asked) -> None:
    store.ensure_bucket(asked.connection.account, asked.connection.region, asked.connection.default_bucket)


def s3_request(asked: Asked, method: str, key: str, headers: dict[str, str], receive, **query: str) -> Request:
    """The same request as our S3 takes it. Only what says something of the body is passed on."""
    kept = {name: headers[name] for name in _PASSED_ON if name in headers}
    return Request(method, asked.connection.default_bucket, key, query, kept, asked.context, None, receive)
