"""From the form to the calls it stands for, and back: the plan of a Run, and the form filled from a job."""

import io
import json
import tarfile

from areas.images import find
from areas.training import compute, datasets, parameters
from areas.training.forms import TrainingJobForm, pairs

DATASET_TAG, LABEL_TAG, SCHEMA_TAG = "atelier:dataset", "atelier:label", "atelier:schema"
RESERVED = ("sagemaker_program", "sagemaker_submit_directory")


class Draft:
    """What a form would do: ``plan`` for ``jobs.runs.start``, ``request`` of CreateTrainingJob, and errors by field.

    Made from whatever of the form is valid, so that the preview follows the typing.
    """

    def __init__(self, form: TrainingJobForm):
        self.form, self.fields = form, form.cleaned_data
        self.errors: dict[str, str] = {}
        self.steps: list[dict] = []
        self.tags: dict[str, str] = dict(pairs(self.fields.get("tags", "")))
        self.request = self._request()
        self.plan = [*self.steps, {"call": "CreateTrainingJob", "request": self.request}]

    def _request(self) -> dict:
        fields, form = self.fields, self.form
        image, name = form.image, fields.get("name", "")
        channels = self._channels()
        hyperparameters = self._hyperparameters(name)
        output = fields.get("output") or f"s3://{form.connection.default_bucket}/training/"
        request = {
            "TrainingJobName": name,
            "AlgorithmSpecification": {
                "TrainingImage": image.uri(form.connection.region) if image else "",
                "TrainingInputMode": "File",
            },
            "RoleArn": fields.get("role") or form.connection.execution_role_arn,
            "HyperParameters": hyperparameters,
            "InputDataConfig": channels,
            "OutputDataConfig": {"S3OutputPath": output},
            "ResourceConfig": {
                "InstanceType": fields.get("instance_type") or "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": fields.get("volume") or 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": fields.get("max_runtime") or 86400},
        }
        compute.complete(request, fields)
        metrics = pairs(fields.get("metric_definitions", "")) if form.is_script else {}
        if metrics:
            request["AlgorithmSpecification"]["MetricDefinitions"] = [
                {"Name": name, "Regex": expression} for name, expression in metrics.items()
            ]
        if fields.get("checkpoint"):
            request["CheckpointConfig"] = {"S3Uri": fields["checkpoint"]}
        if fields.get("environment"):
            request["Environment"] = pairs(fields["environment"])
        if self.tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return request

    def _channels(self) -> list[dict]:
        fields, version = self.fields, self.form.version
        if self.form.value("source") == "s3":
            uris = {name: fields.get(f"{name}_uri") for name in ("train", "validation")}
            return [_channel(name, uri, fields.get("content_type", "")) for name, uri in uris.items() if uri]
        if not version or not fields.get("label"):
            return []
        share = (fields.get("validation_share") or 20) / 100
        offered = [column["name"] for column in version.columns]
        chosen = [name for name in fields.get("features") or [] if name != fields["label"] and name in offered]
        try:
            planned = datasets.plan_channels(
                version, label=fields["label"], features=chosen or None, fractions=(1 - share, share),
                method=fields.get("method") or "random", seed=fields.get("split_seed") or 0,
                form="csv-header" if self.form.is_script else "csv-label-first",
            )  # fmt: skip
        except datasets.NotPossible as refused:
            self.errors[refused.field if refused.field in self.form.fields else "label"] = str(refused)
            return []
        self.steps.append(planned["call"])
        self.tags |= {
            DATASET_TAG: version.tag, LABEL_TAG: fields["label"], SCHEMA_TAG: planned["schema_uri"],
        }  # fmt: skip
        return [_channel(name, uri, planned["content_type"]) for name, uri in planned["channels"].items()]

    def _hyperparameters(self, name: str) -> dict[str, str]:
        typed = self.form.hyperparameters
        if not self.form.is_script:
            return typed
        uri = f"s3://{self.form.connection.default_bucket}/training/{name}/source/sourcedir.tar.gz"
        files = {"train.py": self.fields.get("script_file") or self.fields.get("script", "")}
        if self.fields.get("requirements"):
            files["requirements.txt"] = self.fields["requirements"]
        self.steps.append({"call": "training.upload_code", "request": {"uri": uri, "files": files}})
        # The toolkit reads every value as JSON.
        encoded = {key: value if _is_json(value) else json.dumps(value) for key, value in typed.items()}
        return encoded | {
            "sagemaker_program": json.dumps("train.py"),
            "sagemaker_submit_directory": json.dumps(uri),
            "sagemaker_region": json.dumps(self.form.connection.region),
        }


def values_of(connection, request: dict, tags: dict, files: dict | None = None) -> dict:
    """The form's values for a CreateTrainingJob request or a Describe document: what "Clone" fills in.

    ``files`` are the script's, by name, if they are at hand.
    """
    algorithm = request.get("AlgorithmSpecification", {})
    image = find(algorithm.get("TrainingImage", ""))
    hyperparameters = dict(request.get("HyperParameters") or {})
    is_script = "sagemaker_program" in hyperparameters or bool(image and not image.builtin)
    values = {
        "algorithm": (image.repository if image else "") + (":script" if is_script else ""),
        "source": "dataset" if datasets.find_version(connection, tags.get(DATASET_TAG, "")) else "s3",
        "dataset": tags.get(DATASET_TAG, ""),
        "label": tags.get(LABEL_TAG, ""),
        "output": request.get("OutputDataConfig", {}).get("S3OutputPath", ""),
        "role": request.get("RoleArn", ""),
        "instance_type": request.get("ResourceConfig", {}).get("InstanceType", ""),
        "volume": request.get("ResourceConfig", {}).get("VolumeSizeInGB", 10),
        "max_runtime": request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86400),
        "checkpoint": request.get("CheckpointConfig", {}).get("S3Uri", ""),
        **compute.values_of(request),
        "environment": _lines(request.get("Environment") or {}),
        "tags": _lines({key: value for key, value in tags.items() if not key.startswith(("atelier:", "aws:"))}),
    }
    for channel in request.get("InputDataConfig") or []:
        uri = channel.get("DataSource", {}).get("S3DataSource", {}).get("S3Uri", "")
        if channel.get("ChannelName") in ("train", "validation"):
            values[f"{channel['ChannelName']}_uri"] = uri
            values["content_type"] = channel.get("ContentType", "")
    if is_script:
        given = {key: _decoded(value) for key, value in hyperparameters.items() if not key.startswith("sagemaker_")}
        values["script_parameters"] = _lines(given)
        values["metric_definitions"] = _lines(
            {one["Name"]: one["Regex"] for one in algorithm.get("MetricDefinitions") or []}
        )
        program = _decoded(hyperparameters.get("sagemaker_program", "train.py"))
        values["script"] = (files or {}).get(program, "")
        values["requirements"] = (files or {}).get("requirements.txt", "")
        return values
    for name, value in hyperparameters.items():
        values[name if name in parameters.ASKED else f"hp_{name}"] = value
    return values


def code_uri(request: dict) -> str:
    """Where a script job's sourcedir.tar.gz lies, "" for other jobs."""
    return _decoded((request.get("HyperParameters") or {}).get("sagemaker_submit_directory", ""))


def pack(files: dict[str, str]) -> bytes:
    """Files by name as the bytes of a tar.gz."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            body = text.encode()
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(body), 0o644
            archive.addfile(member, io.BytesIO(body))
    return buffer.getvalue()


def unpack(body: bytes, most: int = 1024 * 1024) -> dict[str, str]:
    """The top-level text files of a tar.gz by name; larger ones than ``most`` bytes are left out."""
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as archive:
        members = [one for one in archive if one.isfile() and one.size <= most]
        return {
            one.name.removeprefix("./"): archive.extractfile(one).read().decode(errors="replace") for one in members
        }


def _channel(name: str, uri: str, content_type: str) -> dict:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    channel = {"ChannelName": name, "DataSource": {"S3DataSource": source}}
    return channel | ({"ContentType": content_type} if content_type else {})


def _lines(values: dict) -> str:
    return "\n".join(f"{name} = {value}" for name, value in values.items())


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _decoded(text: str) -> str:
    """A toolkit hyperparameter as a person writes it: JSON strings lose their quotes, all else stays."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, str) else text
