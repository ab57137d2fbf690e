"""How the runner makes a PDF of a card: a container that reads the card and leaves the file, then S3."""

import json
import os
import secrets
import time
from pathlib import Path

from areas.model_cards.engine import versions
from areas.model_cards.engine.exports import EXPORT_JOB
from areas.model_cards.resource import MODEL_CARD
from catalog.models import Record
from engine.errors import AwsError
from engine.models import Work
from engine.runtime.drivers import Driver, JobFailed, register
from engine.s3 import store as s3

PDF = "card.pdf"
MEMORY = 1 << 30  # bytes
LONGEST = 300  # seconds


class ExportDriver(Driver):
    resource = EXPORT_JOB

    def plan(self, record: Record, work: Work) -> list[dict]:
        document = record.document
        card = Record.objects.filter(
            connection_id=record.connection_id, kind=MODEL_CARD.noun, name=record.parent
        ).first()
        if card is None:
            raise JobFailed(f"Model card {record.parent} does not exist any more.")
        try:
            version = versions.get(card, document["ModelCardVersion"])
        except AwsError as error:
            raise JobFailed(error.message) from None
        told = {
            "name": card.name, "arn": card.arn, "version": version.number, "status": version.status,
            "created": card.document["CreationTime"], "created_by": card.document.get("CreatedBy", {}),
            "modified": version.modified.timestamp(), "modified_by": version.modified_by,
            "exported": document["CreatedAt"], "exported_by": record.owner, "content": json.loads(version.content),
        }  # fmt: skip
        spec = {
            "inputs": [
                {"kind": "text", "to": "input/card.json", "text": json.dumps(told)},
                {"kind": "folder", "to": "output/pdf"},
            ],
            "run": {"call": "areas.model_cards.document.container:main", "preloaded": True},
            "limits": {"memory": MEMORY, "cpus": 1, "max_runtime": LONGEST},
            "outputs": [{"from": "output/pdf", "to": "pdf", "compress": False}],
            "failure": "output/failure",
        }
        return [spec]

    def wait(self, document: dict, now: float, message: str) -> None:
        _move(document, "InProgress", now, message)

    def follow(self, document: dict, event: dict) -> None:
        if event["event"] == "started":
            _move(document, "InProgress", event["t"], "Laying out the pages")

    def measure(self, document: dict, points: list[dict]) -> None:
        """A PDF has no metrics."""

    def keep(self, record: Record, folders: list[Path], result: dict) -> None:
        if result["reason"] != "exited" or result["code"] != 0:
            return
        (folder,) = folders
        connection, uri = record.connection, record.document["Target"]
        bucket, key = s3.split_uri(uri)
        link = (
            folder.parent / f"put-{secrets.token_hex(8)}"
        )  # a second name: the move takes that one, and may be repeated
        try:
            os.link(folder / "pdf" / PDF, link)
            s3.put_file(connection.account, connection.region, bucket, key, link, content_type="application/pdf")
        except AwsError as error:
            raise JobFailed(f"The PDF can't be written to {uri}: {error.message}") from None
        except OSError as error:
            raise JobFailed(f"The PDF can't be stored: {error.strerror}.") from None

    def finish(self, document: dict, result: dict) -> None:
        now = time.time()
        if result["reason"] == "exited" and result["code"] == 0:
            document["Status"] = "Completed"
            document["ExportArtifacts"] = {"S3ExportArtifacts": document["Target"]}
            _move(document, "Completed", now)
        elif result["reason"] == "max_runtime":
            self.fail(document, now, f"The PDF was not ready after {LONGEST} seconds.")
        else:
            failure = result["failure"].replace("\0", "\ufffd") or result["message"]
            self.fail(document, now, failure or f"The PDF could not be made (exit code {result['code']}).")

    def fail(self, document: dict, now: float, reason: str) -> None:
        document["Status"], document["FailureReason"] = "Failed", reason[:1024]
        _move(document, "Failed", now, reason[:1024])

    def stop(self, document: dict, now: float) -> None:
        self.fail(document, now, "The export was stopped.")

    def restart(self, document: dict, now: float, message: str) -> None:
        _move(document, "InProgress", now, message)

    def retries(self, document: dict) -> int:
        return 2  # making it again harms nothing


def _move(document: dict, status: str, now: float, message: str = "") -> None:
    transitions = document["SecondaryStatusTransitions"]
    if transitions and transitions[-1]["Status"] == status:
        transitions[-1]["StatusMessage"] = message
        return
    transitions.append({"Status": status, "StartTime": now, "StatusMessage": message})


register(ExportDriver())
