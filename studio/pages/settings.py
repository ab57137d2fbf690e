"""Settings: connections, credentials, workers and queues, users. What concerns everybody is for superusers only."""

import json
import shlex
from functools import wraps
from pathlib import Path

import django_rq
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
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

from areas.calls import CallFailed, call
from catalog.models import Connection

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


def superuser_only(view):
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_superuser:
            raise PermissionDenied("Only an administrator of the Studio may open this page.")
        return view(request, *args, **kwargs)

    return guarded


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


def show_connections(request):
    connections = Connection.objects.annotate(things=Count("records")).order_by("name")
    return render(request, "settings/connections.html", {"connections": connections, "here_in": "connections"})


def _connection(name: str) -> Connection:
    found = Connection.objects.filter(name=name).first()
    if found is None:
        raise Http404(f"There is no connection {name}.")
    return found


@superuser_only
def edit_connection(request, name: str | None = None):
    """Add (no name) or change a connection."""
    connection = _connection(name) if name else None
    form = ConnectionForm(request.POST or None, instance=connection)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        messages.success(request, f"Connection {saved.name} is saved.")
        return redirect("connections")
    context = {"form": form, "connection": _connection(name) if name else None, "here_in": "connections"}
    return render(request, "settings/connection.html", context)


@require_POST
@superuser_only
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


@require_POST
@superuser_only
def delete_connection(request, name: str):
    """Forget an AWS connection and the copies of its records; nothing in AWS changes."""
    connection = _connection(name)
    if connection.is_embedded:
        messages.error(
            request, f"{name} is embedded: its records are the originals. manage.py engine_reset empties it."
        )
        return redirect("connections")
    connection.delete()
    messages.success(request, f"Connection {name} is forgotten. Nothing in account {connection.account} changed.")
    return redirect("connections")


@superuser_only
def show_credentials(request):
    """The keys that first-run set-up made, from credentials.json: for boto3, the CLI and REST clients."""
    try:
        kept = json.loads(Path(settings.CREDENTIALS_FILE).read_text())
        problem = ""
    except (OSError, ValueError) as error:
        kept, problem = {}, f"{settings.CREDENTIALS_FILE} can't be read: {error}"
    context = {"kept": kept, "problem": problem, "file": settings.CREDENTIALS_FILE, "here_in": "credentials"}
    if kept:
        context["exports"] = exports(kept)
    return render(request, "settings/credentials.html", context)


def exports(kept: dict) -> str:
    """What ``make -s env`` prints."""
    region = kept.get("region", "us-east-1")
    values = {
        "AWS_ENDPOINT_URL": settings.ENGINE_URL,
        "AWS_ACCESS_KEY_ID": kept.get("engine_access_key_id", ""),
        "AWS_SECRET_ACCESS_KEY": kept.get("engine_secret_access_key", ""),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "SAGEMAKER_ROLE": kept.get("role_arn", ""),
        "SAGEMAKER_BUCKET": f"sagemaker-{region}-{kept.get('account', '')}",
    }
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in values.items())


@superuser_only
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


@require_POST
@superuser_only
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


@superuser_only
def show_users(request):
    users = get_user_model().objects.order_by("username").prefetch_related("groups")[:500]
    return render(request, "settings/users.html", {"users": users, "here_in": "users"})
