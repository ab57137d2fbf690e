"""A training job's way through its statuses: edits of the document that DescribeTrainingJob answers."""

import math

from areas.training.engine import spot

MESSAGES = {
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Stopping": "Stopping the training job",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Stopped": "Training job stopped",
    "Interrupted": "Training job interrupted: the spot instances are taken away",
    "MaxWaitTimeExceeded": "Training job exceeded MaxWaitTimeInSeconds provided",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}


def move(document: dict, status: str, now: float, message: str = "") -> None:
    """Go to a secondary status; the same status again only changes the message."""
    message = message or MESSAGES.get(status, status)
    transitions = document.setdefault("SecondaryStatusTransitions", [])
    document["SecondaryStatus"] = status
    if transitions and transitions[-1]["Status"] == status:
        transitions[-1]["StatusMessage"] = message
        return
    if transitions:
        transitions[-1]["EndTime"] = now
    transitions.append({"Status": status, "StartTime": now, "StatusMessage": message})


def end(document: dict, status: str, now: float, *, secondary: str = "", reason: str = "") -> None:
    """Reach a terminal status. ``reason`` is the FailureReason, and the last transition's message."""
    document["TrainingJobStatus"] = status
    move(document, secondary or status, now, reason)
    document["SecondaryStatusTransitions"][-1]["EndTime"] = now
    document["TrainingEndTime"] = now
    if reason:
        document["FailureReason"] = reason[:1024]
    if "TrainingStartTime" in document:
        seconds = max(1, math.ceil(now - document["TrainingStartTime"]))
        document["TrainingTimeInSeconds"] = document["BillableTimeInSeconds"] = seconds
        if spot.is_spot(document):  # without the waits for capacity
            document["BillableTimeInSeconds"] = min(seconds, max(1, math.ceil(spot.trained(document, now))))


def pending(document: dict, now: float) -> float:
    """Seconds that the job has waited for its turn, if it waits now."""
    last = (document.get("SecondaryStatusTransitions") or [{}])[-1]
    return now - last["StartTime"] if last.get("Status") in ("Starting", "Pending", "Restarting") else 0.0


def measure(document: dict, points: list[dict]) -> None:
    """Keep the last value of each metric in FinalMetricDataList. Values that JSON can't hold stay in the points only."""
    final = {item["MetricName"]: item for item in document.get("FinalMetricDataList", ())}
    for point in points:
        if math.isfinite(point["value"]):
            final[point["name"]] = {
                "MetricName": point["name"], "Value": point["value"], "Timestamp": point["time"],
            }  # fmt: skip
    if final:
        document["FinalMetricDataList"] = list(final.values())
