"""From the form to the calls it stands for, and back: the plan of a Run, and the form filled from a job."""

import io
import json
import re
import tarfile

from areas.images import find, recipes
from areas.script_form import pairs
from areas.training import compute, datasets, parameters, watch
from areas.training.chosen import Chosen
from areas.training.forms import TrainingJobForm

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
        if form.chosen.recipe:
            metrics = dict(form.chosen.algorithm.metrics)
        if metrics:
            request["AlgorithmSpecification"]["MetricDefinitions"] = [
                {"Name": name, "Regex": expression} for name, expression in metrics.items()
            ]
        if fields.get("checkpoint"):
            request["CheckpointConfig"] = {"S3Uri": fields["checkpoint"]}
        if fields.get("environment"):
            request["Environment"] = pairs(fields["environment"])
        watch.complete(request, fields, form.connection.region)
        if self.tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return request

    def _channels(self) -> list[dict]:
        fields, version = self.fields, self.form.version
        if self.form.value("source") == "s3":
            given = fields.get("content_type", "")
            return [
                self._channel(field.name, declared, fields[field.name], given)
                for field, declared in self.form.channels if fields.get(field.name)
            ] + self._model_channel()  # fmt: skip
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
        return self._of_dataset(planned) + self._model_channel()

    def _of_dataset(self, planned: dict) -> list[dict]:
        """The prepared parts as the algorithm's channels: what it calls no validation is its test, if it has one."""
        declared = [channel for _, channel in self.form.chosen.channels]
        if not declared:
            return [_channel(name, uri, planned["content_type"]) for name, uri in planned["channels"].items()]
        by_name = {channel.name: channel for channel in declared}
        found = []
        for name, uri in planned["channels"].items():
            channel = declared[0] if name == "train" else by_name.get(name) or by_name.get("test")
            if (
                channel
                and "csv" in channel.formats
                and (channel is declared[0] or channel.labels == declared[0].labels)
            ):
                kind = "text/csv;label_size=1" if channel.labels == "ignored" else planned["content_type"]
                found.append(_channel(channel.name, uri, kind, channel.distribution))
        return found

    def _channel(self, field: str, declared, uri: str, content_type: str) -> dict:
        if declared is None:
            return _channel(field.removesuffix("_uri"), uri, content_type)
        kind = self.form.chosen.content_type(declared, content_type)
        return _channel(declared.name, uri, kind, declared.distribution)

    def _model_channel(self) -> list[dict]:
        """What a script of JumpStart's finds in its channel ``model``."""
        recipe = self.form.chosen.recipe
        return [_channel("model", recipe.model.format(region=self.form.connection.region), "")] if recipe else []

    def _hyperparameters(self, name: str) -> dict[str, str]:
        typed, recipe = self.form.hyperparameters, self.form.chosen.recipe
        if recipe:
            source = recipe.source.format(region=self.form.connection.region)
            return typed | {
                "sagemaker_program": json.dumps(recipe.program),
                "sagemaker_submit_directory": json.dumps(source),
            }
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
    recipe = _recipe(hyperparameters)
    is_script = not recipe and ("sagemaker_program" in hyperparameters or bool(image and not image.builtin))
    value = recipe or (image.repository if image else "") + (":script" if is_script else "")
    fields = {channel.name: field for field, channel in Chosen(value).channels}
    fields = fields or {"train": "train_uri", "validation": "validation_uri"}
    values = {
        "algorithm": value,
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
        **watch.values_of(request, Chosen(value)),
        "environment": _lines(request.get("Environment") or {}),
        "tags": _lines({key: value for key, value in tags.items() if not key.startswith(("atelier:", "aws:"))}),
    }
    for channel in request.get("InputDataConfig") or []:
        uri = channel.get("DataSource", {}).get("S3DataSource", {}).get("S3Uri", "")
        if channel.get("ChannelName") in fields:
            field = fields[channel["ChannelName"]]
            values[field] = uri
            if field == "train_uri":
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
    for name, given in hyperparameters.items():
        if not name.startswith("sagemaker_"):
            is_asked = value == parameters.XGBOOST and name in parameters.ASKED
            values[name if is_asked else f"hp_{name}"] = given
    return values


def _recipe(hyperparameters: dict[str, str]) -> str:
    """The JumpStart id whose script a job runs, in whatever version and region; "" for other jobs."""
    source = _decoded(hyperparameters.get("sagemaker_submit_directory", ""))
    for recipe in recipes().values():
        pattern = re.escape(recipe.source).replace(re.escape("{region}"), "[a-z0-9-]+")
        if re.fullmatch(re.sub(r"/v[\d\\.]+/", r"/v[0-9.]+/", pattern), source):
            return recipe.name
    return ""


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


def _channel(name: str, uri: str, content_type: str, distribution: str = "") -> dict:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": distribution or "FullyReplicated"}
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
