"""What MLflow's clients stored in S3 goes when the run or the experiment that it belongs to leaves the bin for good."""

import logging

from django.db import transaction

from areas.calls import CallFailed, call
from areas.experiments.mlflow.found import experiment_ids
from catalog.bin import PREFIX, PURGED
from catalog.models import Connection, Record

log = logging.getLogger(__name__)


def forget_files(what: str, ids: list[int]) -> None:
    """Listens to the bin: once its transaction is committed, the files of what was purged are deleted."""
    if what != PURGED:
        return
    rows = Record.objects.filter(id__in=ids, connection__backend=Connection.EMBEDDED).select_related("connection")
    runs = [one for one in rows if one.kind == f"{PREFIX}TrialComponent"]
    homes = experiment_ids(runs) if runs else {}
    folders = [
        (one.connection, f"mlflow/{homes[one.id]}/{one.document.get('TrialComponentName', one.name)}/")
        for one in runs
        if homes.get(one.id)
    ]
    folders += [(one.connection, f"mlflow/{one.id}/") for one in rows if one.kind == f"{PREFIX}Experiment"]
    for connection, folder in folders:
        transaction.on_commit(lambda connection=connection, folder=folder: _delete(connection, folder))


def _delete(connection: Connection, folder: str) -> None:
    bucket = connection.default_bucket
    try:
        while True:
            listed = call(connection, "ListObjectsV2", "s3", Bucket=bucket, Prefix=folder).get("Contents", ())
            if not listed:
                return
            keys = [{"Key": one["Key"]} for one in listed]
            call(connection, "DeleteObjects", "s3", Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
    except CallFailed as error:
        if error.code != "NoSuchBucket":
            log.warning("files below s3://%s/%s were left behind: %s", bucket, folder, error)
