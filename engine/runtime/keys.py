"""The credentials of a running job: a key that lives as long as the job, and where the engine listens."""

import secrets
import time
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from catalog.models import AccessKey, Record
from engine import store
from engine.models import Work

SPARE = 3600  # seconds that a key outlives the longest run


def environment(record: Record, work: Work, seconds: float) -> dict[str, str]:
    """What lets code in the job use boto3 and MLflow's client, as the job's role and with its owner's rights.

    ``seconds`` is how long the job may run at most. Every attempt and host of a job has the same key.
    """
    key = AccessKey.objects.filter(key_id=work.state.get("key", "")).first()
    if key is None:
        role = record.document["RoleArn"].rpartition("/")[2]
        key = AccessKey(
            key_id="ASIA" + secrets.token_hex(8).upper(), secret=secrets.token_urlsafe(30),
            session_token=secrets.token_urlsafe(64), account=record.connection.account,
            principal=f"arn:aws:sts::{record.connection.account}:assumed-role/{role}/SageMaker",
            user="" if record.owner.startswith("arn:") else record.owner,  # a job may do what who made it may do
            nouns=work.state.get("nouns") or [],  # and no more than with the token that they made it with
            expires=store.when(time.time()) + timedelta(seconds=seconds + SPARE),
        )  # fmt: skip
        with transaction.atomic():
            key.save(force_insert=True)
            work.state = {**work.state, "key": key.key_id}
            work.save(update_fields=["state"])
    return {
        "AWS_ACCESS_KEY_ID": key.key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_SESSION_TOKEN": key.session_token,
        "AWS_ENDPOINT_URL": settings.ENGINE_URL,
        # MLflow's clients log into the same experiments, with the same key.
        "MLFLOW_TRACKING_URI": f"{settings.ENGINE_URL}/mlflow/{record.connection.name}",
        "MLFLOW_TRACKING_USERNAME": key.key_id,
        "MLFLOW_TRACKING_PASSWORD": f"{key.secret}:{key.session_token}",
    }
