"""Settings: connections, credentials, workers and queues. What concerns everybody is for who manages it everywhere."""

import json
from pathlib import Path

import django_rq
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.validators import RegexValidator
from django.db import transaction
from django.db.models import Count
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job
from rq.registry import FailedJobRegistry, StartedJobRegistry

from areas.allowed import anybody
from areas.calls import CallFailed, call
from catalog import audit
from catalog.access import connections_of
from catalog.models import Connection
from studio.client_env import exports
from studio.people.gates import everywhere, manages_everywhere, superusers

COLOURS = (
    ("", "Teal"),
    ("crimson", "Crimson"),
    ("amber", "Amber"),
    ("violet", "Violet"),
    ("moss", "Moss"),
    ("slate", "Slate"),
)
FAILED_SHOWN = 50
ROLE = RegexValidator(r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$", "A role looks like arn:aws:iam::123456789012:role/Name.")


@anybody
def show(request):
    return redirect("connections")


class ConnectionForm(forms.ModelForm):
    """An AWS connection, or what may be changed of an embedded one: its name, colour, default role and being the default."""

    colour = forms.ChoiceField(choices=COLOURS, required=False, widget=forms.RadioSelect)
    account = forms.RegexField(r"^\d{12}$", error_messages={"invalid": "An account is 12 digits."})
    region = forms.RegexField(r"^[a-z]{2}(-[a-z]+)+-\d$", error_messages={"invalid": "A region looks like eu-west-1."})
    role_arn = forms.CharField(label="Role ARN", required=False, validators=[ROLE])
    execution_role_arn = forms.CharField(label="Execution role ARN", required=False, validators=[ROLE])
    endpoint_url = forms.URLField(label="Endpoint URL", required=False, assume_scheme="https")

    class Meta:
        model = Connection
        fields = ("name", "account", "region", "role_arn", "execution_role_arn", "endpoint_url", "colour", "is_default")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.is_embedded:
            for name in ("account", "region", "role_arn", "endpoint_url"):
                del self.fields[name]

    def clean_name(self):
        name = self.cleaned_data["name"]
        if name in ("new", "choose"):
            raise forms.ValidationError(f"{name} is a word of the Studio's own addresses; choose another name.")
        return name

    def save(self, commit=True):
        """Save; a new default takes the place of the old one in the same transaction."""
        self.instance.backend = self.instance.backend or Connection.AWS
        with transaction.atomic():
            if self.instance.is_default:
                Connection.objects.exclude(pk=self.instance.pk).filter(is_default=True).update(is_default=False)
            return super().save(commit)


@anybody
def show_connections(request):
    """The connections on which the user has a role."""
    connections = connections_of(request.user).annotate(things=Count("records")).order_by("name")
    context = {
        "connections": connections, "may_edit": manages_everywhere(request, "Connection"), "here_in": "connections",
    }  # fmt: skip
    return render(request, "settings/connections.html", context)


def _told(connection: Connection) -> dict:
    return {name: getattr(connection, name) for name in ConnectionForm.Meta.fields}


def _connection(name: str) -> Connection:
    found = Connection.objects.filter(name=name).first()
    if found is None:
        raise Http404(f"There is no connection {name}.")
    return found


@everywhere("Connection")
def edit_connection(request, name: str | None = None):
    """Add (no name) or change a connection."""
    connection = _connection(name) if name else None
    form = ConnectionForm(request.POST or None, instance=connection)
    before = _told(connection) if connection else None
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save()
            old, new = audit.changed(before, _told(saved))
            if new:
                action = "UpdateConnection" if connection else "CreateConnection"
                audit.append(action, f"Connection {saved.name}", on=saved.name, before=old, after=new)
        messages.success(request, f"Connection {saved.name} is saved.")
        return redirect("connections")
    context = {"form": form, "connection": _connection(name) if name else None, "here_in": "connections"}
    return render(request, "settings/connection.html", context)


@everywhere("Connection")
@require_POST
def test_connection(request, name: str):
    """Ask the connection who we are and whether training jobs may be listed; show the service's own words."""
    connection = _connection(name)
    steps = []
    for operation, service, arguments in (
        ("GetCallerIdentity", "sts", {}),
        ("ListTrainingJobs", "sagemaker", {"MaxResults": 1}),
    ):
        try:
            answer = call(connection, operation, service, **arguments)
        except CallFailed as error:
            steps.append({"operation": operation, "ok": False, "words": f"{error.code}: {error.message}"})
            break
        except (OSError, KeyError, ValueError) as error:  # the engine's key can't be read
            steps.append({"operation": operation, "ok": False, "words": f"{type(error).__name__}: {error}"})
            break
        steps.append({"operation": operation, "ok": True, "words": answer.get("Arn", "may be called")})
    return render(request, "settings/tested.html", {"steps": steps, "tested": connection})


@everywhere("Connection")
@require_POST
def delete_connection(request, name: str):
    """Forget an AWS connection and the copies of its records; nothing in AWS changes."""
    connection = _connection(name)
    if connection.is_embedded:
        messages.error(
            request, f"{name} is embedded: its records are the originals. manage.py engine_reset empties it."
        )
        return redirect("connections")
    with transaction.atomic():
        before = _told(connection)
        connection.delete()
        audit.append("DeleteConnection", f"Connection {name}", on=name, before=before)
    messages.success(request, f"Connection {name} is forgotten. Nothing in account {connection.account} changed.")
    return redirect("connections")


@superusers
def show_credentials(request):
    """The keys that first-run set-up made, from credentials.json: for boto3, the CLI and REST clients."""
    try:
        kept = json.loads(Path(settings.CREDENTIALS_FILE).read_text())
        problem = ""
    except (OSError, ValueError) as error:
        kept, problem = {}, f"{settings.CREDENTIALS_FILE} can't be read: {error}"
    context = {"kept": kept, "problem": problem, "file": settings.CREDENTIALS_FILE, "here_in": "credentials"}
    if kept:
        context["exports"] = exports(
            settings.ENGINE_URL, kept.get("engine_access_key_id", ""), kept.get("engine_secret_access_key", ""),
            kept.get("region", "us-east-1"), kept.get("role_arn", ""), kept.get("account", ""), kept.get("connection", ""),
            kept.get("rest_token", ""),
        )  # fmt: skip
    return render(request, "settings/credentials.html", context)


@everywhere("Run")
def show_workers(request):
    """RQ's workers, queues and failed tasks; a notice when Redis is away."""
    try:
        context = _rq()
    except (RedisError, OSError) as error:
        context = {"problem": str(error), "redis": settings.REDIS_URL.rpartition("@")[2]}
    return render(request, "settings/workers.html", {**context, "here_in": "workers"})


def _rq() -> dict:
    redis = django_rq.get_connection("default")
    queues, failed = [], []
    for name in settings.RQ_QUEUES:
        queue = Queue(name, connection=redis)
        registry = FailedJobRegistry(queue=queue)
        started = StartedJobRegistry(queue=queue)
        queues.append({"name": name, "waiting": len(queue), "started": started.count, "failed": registry.count})
        jobs = Job.fetch_many(registry.get_job_ids(0, FAILED_SHOWN - 1), connection=redis)
        failed += [
            {"id": job.id, "queue": name, "task": job.description, "ended": job.ended_at, "error": _error(job)}
            for job in jobs
            if job is not None
        ]
    workers = [
        {"name": worker.name, "state": worker.get_state(), "queues": ", ".join(worker.queue_names()),
         "done": worker.successful_job_count, "failed": worker.failed_job_count, "seen": worker.last_heartbeat,
         "job": worker.get_current_job_id()}
        for worker in Worker.all(connection=redis)
    ]  # fmt: skip
    return {"queues": queues, "failed_tasks": failed, "workers": workers}


def _error(job: Job) -> str:
    result = job.latest_result()
    text = (result.exc_string if result else "") or ""
    return text.strip().rpartition("\n")[2]


@everywhere("Run")
@require_POST
def requeue(request):
    """Put a failed task (``job``) back into its queue; tasks are safe to run twice."""
    job_id = request.POST.get("job", "")
    try:
        job = Job.fetch(job_id, connection=django_rq.get_connection("default"))
        job.requeue()
        messages.success(request, f"{job.description} is queued again.")
    except (NoSuchJobError, InvalidJobOperation):
        messages.error(request, f"There is no failed task {job_id}.")
    except (RedisError, OSError) as error:
        messages.error(request, f"Redis can't be reached: {error}")
    return redirect("workers")
