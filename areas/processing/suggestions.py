"""What a new form holds: nobody should have to type what can be known."""

import json

from areas.allowed import visible_here
from areas.job_names import next_name
from areas.processing.scripts import TEMPLATES
from areas.versions import choices, find_version
from catalog.models import Record

KIND = "ProcessingJob"
INPUT, OUTPUT = "/opt/ml/processing/input", "/opt/ml/processing/output"
LABEL_TAG = "atelier:label"


def starting_values(connection, query: dict) -> dict:
    """For ``?template=``, ``?dataset=&version=`` and ``?job=`` (a training job to evaluate); the first dataset without."""
    template = query.get("template") or ("evaluate" if query.get("job") else "analyse")
    template = template if template in TEMPLATES else "analyse"
    values = {
        "template": template, "source": "write", "role": connection.execution_role_arn, "instance_type": "ml.m5.large",
        "instance_count": 1, "volume": 10, "max_runtime": 3600,
    }  # fmt: skip
    return values | suggested(connection, template, query)


def suggested(connection, template: str, query: dict) -> dict:
    """What follows from the template: name, image, script, arguments, inputs and outputs."""
    _, _, image, script, outputs = TEMPLATES[template]
    found = {"image": image, "script": script, "arguments": "", "outputs": len(outputs)}
    found |= {f"out_{place}_name": name for place, name in enumerate(outputs)}
    found |= {f"out_{place}_path": f"{OUTPUT}/{name}" for place, name in enumerate(outputs)}
    if template == "evaluate":
        found |= _of_model(connection, query.get("job", ""))
        stem = found.pop("stem", "model")
    else:
        found |= _of_dataset(connection, template, query)
        stem = found.pop("stem", "data")
    return found | {"name": next_name(connection, KIND, f"{stem}-{template if template != 'blank' else 'job'}")}


def _of_dataset(connection, template: str, query: dict) -> dict:
    offered = [choice.value for choice in choices(connection)]
    wanted = query.get("dataset", "")
    chosen = (
        next((one for one in offered if one.startswith(f"{wanted}/v{query.get('version', '')}")), "") if wanted else ""
    )
    chosen = chosen or (offered[0] if offered and not wanted else "")
    found = {"inputs": 1, "in_0_name": "data", "in_0_data": chosen, "in_0_uri": "", "in_0_path": f"{INPUT}/data"}
    version = find_version(connection, chosen)
    if version:
        found["stem"] = version.dataset.name
        if template == "preprocess":
            columns = [column["name"] for column in version.columns]
            label = version.dataset.label if version.dataset.label in columns else (columns[-1] if columns else "")
            found["arguments"] = f"--label {label} --test-share 0.2 --seed 0"
    return found


def _of_model(connection, name: str) -> dict:
    """The model of a training job, the newest XGBoost one if none is named, and its validation data."""
    jobs = visible_here(connection, Record.objects.filter(connection=connection, kind="TrainingJob"), "TrainingJob")
    if name:
        job = jobs.filter(name=name).first()
    else:
        newest = jobs.filter(status="Completed").order_by("-created")[:50]
        job = next((one for one in newest if _is_xgboost(one.document)), None)
    found = {"inputs": 2, "in_0_name": "model", "in_1_name": "test"}
    found |= {f"in_{place}_path": f"{INPUT}/{found[f'in_{place}_name']}" for place in (0, 1)}
    found |= {"in_0_data": "", "in_1_data": "", "in_0_uri": "", "in_1_uri": ""}
    if job:
        uris = {
            one["ChannelName"]: one.get("DataSource", {}).get("S3DataSource", {}).get("S3Uri", "")
            for one in job.document.get("InputDataConfig") or ()
        }
        found["in_0_uri"] = (job.document.get("ModelArtifacts") or {}).get("S3ModelArtifacts", "")
        found["in_1_uri"] = uris.get("validation") or uris.get("test") or uris.get("train", "")
        found["stem"] = job.name[:40].rstrip("-")
    return found


def _is_xgboost(document: dict) -> bool:
    return "xgboost" in json.dumps(document.get("AlgorithmSpecification", {}).get("TrainingImage", ""))
