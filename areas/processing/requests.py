"""From the form to the calls it stands for, and back: the plan of a Run, and the form filled from a job."""

import shlex

from areas.images import find
from areas.processing.forms import ProcessingJobForm, image_uri
from areas.processing.suggestions import INPUT, OUTPUT
from areas.script_form import pairs
from areas.versions import find_version

CODE = f"{INPUT}/code"
STARTER = "run.sh"  # installs requirements.txt before the script runs, as the SDK's FrameworkProcessor does
START = """#!/bin/bash
set -e
cd "$(dirname "$0")"
python3 -m pip install -r requirements.txt
exec python3 script.py "$@"
"""
DATASET_TAG = "atelier:dataset"


class Draft:
    """What a form would do: ``plan`` for ``jobs.runs.start`` and ``request`` of CreateProcessingJob.

    Made from whatever of the form is valid, so that the preview follows the typing.
    """

    def __init__(self, form: ProcessingJobForm):
        self.form, self.fields = form, form.cleaned_data
        self.steps: list[dict] = []
        self.tags: dict[str, str] = dict(pairs(self.fields.get("tags", "")))
        self.request = self._request()
        self.plan = [*self.steps, {"call": "CreateProcessingJob", "request": self.request}]

    def _request(self) -> dict:
        fields, connection = self.fields, self.form.connection
        inputs, entrypoint = self._inputs(), self._entrypoint()
        code = self._code()
        image = fields.get("image", "")
        known = any(one["value"] == image for one in self.form.images)
        application = {
            "ImageUri": image_uri(image, connection.region) if known else image,
            "ContainerEntrypoint": entrypoint,
        }
        if arguments := shlex.split(fields.get("arguments", "")):
            application["ContainerArguments"] = arguments
        request = {
            "ProcessingJobName": fields.get("name", ""),
            "AppSpecification": application,
            "RoleArn": fields.get("role") or connection.execution_role_arn,
            "ProcessingInputs": [*code, *inputs],
            "ProcessingOutputConfig": {"Outputs": self._outputs()},
            "ProcessingResources": {"ClusterConfig": {
                "InstanceType": fields.get("instance_type") or "ml.m5.large",
                "InstanceCount": fields.get("instance_count") or 1,
                "VolumeSizeInGB": fields.get("volume") or 10,
            }},
            "StoppingCondition": {"MaxRuntimeInSeconds": fields.get("max_runtime") or 86400},
        }  # fmt: skip
        if fields.get("environment"):
            request["Environment"] = pairs(fields["environment"])
        if fields.get("isolated"):
            request["NetworkConfig"] = {"EnableNetworkIsolation": True}
        if self.tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return request

    def _entrypoint(self) -> list[str]:
        if self.fields.get("source") == "command":
            return shlex.split(self.fields.get("command", ""))
        if self._requirements:
            return ["/bin/bash", f"{CODE}/{STARTER}"]
        return ["python3", f"{CODE}/{self._script_name()}"]

    @property
    def _requirements(self) -> str:
        return self.fields.get("requirements", "").strip() if self.fields.get("source") == "write" else ""

    def _script_name(self) -> str:
        return (
            self.fields.get("script_uri", "").rpartition("/")[2] if self.fields.get("source") == "s3" else "script.py"
        )

    def _code(self) -> list[dict]:
        """The input with the script; a written one is uploaded by a step before."""
        source = self.fields.get("source")
        if source == "command":
            return []
        if source == "s3":
            return [_input("code", self.fields.get("script_uri", ""), CODE)]
        folder = f"s3://{self.form.connection.default_bucket}/processing/{self.fields.get('name', '')}/code/"
        files = {"script.py": self.fields.get("script_file") or self.fields.get("script", "")}
        if self._requirements:
            files |= {"requirements.txt": f"{self._requirements}\n", STARTER: START}
        for name, text in files.items():
            self.steps.append({"call": "processing.upload_script", "request": {"uri": f"{folder}{name}", "text": text}})
        return [_input("code", folder if self._requirements else f"{folder}script.py", CODE)]

    def _inputs(self) -> list[dict]:
        found = []
        for row in self.form.input_rows:
            fields = {
                member: self.fields.get(f"in_{row['place']}_{member}") for member in ("name", "data", "uri", "path")
            }
            if not fields["name"]:
                continue
            uri = fields["uri"] or ""
            if version := find_version(self.form.connection, fields["data"] or ""):
                uri = version.location
                self.tags.setdefault(DATASET_TAG, version.tag)
            sharded = self.fields.get(f"in_{row['place']}_sharded")
            more = {"S3DataDistributionType": "ShardedByS3Key"} if sharded else {}
            found.append(_input(fields["name"], uri, fields["path"] or f"{INPUT}/{fields['name']}", **more))
        return found

    def _outputs(self) -> list[dict]:
        found = []
        for row in self.form.output_rows:
            members = ("name", "uri", "path", "mode")
            name, uri, path, mode = (self.fields.get(f"out_{row['place']}_{member}") for member in members)
            if name:
                folder = (
                    f"s3://{self.form.connection.default_bucket}/processing/{self.fields.get('name', '')}/output/{name}"
                )
                target = {
                    "S3Uri": uri or folder,
                    "LocalPath": path or f"{OUTPUT}/{name}",
                    "S3UploadMode": mode or "EndOfJob",
                }
                found.append({"OutputName": name, "S3Output": target})
        return found


def _input(name: str, uri: str, path: str, **more) -> dict:
    source = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File", **more}
    return {"InputName": name, "S3Input": source}


def values_of(connection, request: dict, tags: dict, script: str | None = None, requirements: str = "") -> dict:
    """The form's values for a CreateProcessingJob request or a Describe document: what "Clone" fills in.

    ``script`` is the text of the script that ``script_uri`` names, if it could be had; ``requirements`` is what it installs.
    """
    application, cluster = request.get("AppSpecification") or {}, request["ProcessingResources"]["ClusterConfig"]
    image = find(application.get("ImageUri", ""))
    values = {
        "template": "blank",
        "image": image.repository if image else application.get("ImageUri", ""),
        "arguments": shlex.join(application.get("ContainerArguments") or ()),
        "role": request.get("RoleArn", ""),
        "instance_type": cluster.get("InstanceType", ""),
        "instance_count": cluster.get("InstanceCount", 1),
        "volume": cluster.get("VolumeSizeInGB", 10),
        "max_runtime": (request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds", 86400),
        "isolated": (request.get("NetworkConfig") or {}).get("EnableNetworkIsolation", False),
        "environment": _lines(request.get("Environment") or {}),
        "tags": _lines({key: value for key, value in tags.items() if not key.startswith(("atelier:", "aws:"))}),
    }
    if uri := script_uri(request):
        written = {"source": "write", "script": script, "requirements": requirements}
        values |= written if script is not None else {"source": "s3", "script_uri": uri}
    else:
        values |= {"source": "command", "command": shlex.join(application.get("ContainerEntrypoint") or ())}
    inputs = [one for one in request.get("ProcessingInputs") or () if one.get("S3Input")]
    inputs = [one for one in inputs if not (script_uri(request) and one["InputName"] == "code")]
    values["inputs"] = len(inputs)
    dataset = find_version(connection, tags.get(DATASET_TAG, ""))
    for place, one in enumerate(inputs):
        source = one["S3Input"]
        known = bool(dataset) and dataset.location == source["S3Uri"]
        values |= {
            f"in_{place}_name": one["InputName"], f"in_{place}_path": source.get("LocalPath", ""),
            f"in_{place}_data": dataset.tag if known else "", f"in_{place}_uri": "" if known else source["S3Uri"],
            f"in_{place}_sharded": source.get("S3DataDistributionType") == "ShardedByS3Key",
        }  # fmt: skip
    outputs = [one for one in (request.get("ProcessingOutputConfig") or {}).get("Outputs") or () if one.get("S3Output")]
    values["outputs"] = len(outputs)
    ours = f"/processing/{request.get('ProcessingJobName', '')}/output/"
    for place, one in enumerate(outputs):
        target = one["S3Output"]
        values |= {
            f"out_{place}_name": one["OutputName"], f"out_{place}_path": target.get("LocalPath", ""),
            # What the form chose for the job of that name, it chooses anew for the next.
            f"out_{place}_uri": "" if ours in target["S3Uri"] else target["S3Uri"],
            f"out_{place}_mode": target.get("S3UploadMode", ""),
        }  # fmt: skip
    return values


def script_uri(request: dict) -> str:
    """Where the one script lies that a job runs as ``python3 …/code/<script>``, or after installing; "" for any other command."""
    entrypoint = (request.get("AppSpecification") or {}).get("ContainerEntrypoint") or []
    sources = {one["InputName"]: one.get("S3Input") or {} for one in request.get("ProcessingInputs") or ()}
    uri = sources.get("code", {}).get("S3Uri", "")
    name = uri.rpartition("/")[2]
    if requirements_uri(request):
        return f"{uri}script.py"
    return uri if name and list(entrypoint) == ["python3", f"{CODE}/{name}"] else ""


def requirements_uri(request: dict) -> str:
    """Where the requirements.txt of a job that the form made lies; "" if it has none."""
    entrypoint = (request.get("AppSpecification") or {}).get("ContainerEntrypoint") or []
    code = next((one for one in request.get("ProcessingInputs") or () if one["InputName"] == "code"), {})
    uri = (code.get("S3Input") or {}).get("S3Uri", "")
    return (
        f"{uri}requirements.txt" if uri.endswith("/") and list(entrypoint) == ["/bin/bash", f"{CODE}/{STARTER}"] else ""
    )


def _lines(values: dict) -> str:
    return "\n".join(f"{name} = {value}" for name, value in values.items())
