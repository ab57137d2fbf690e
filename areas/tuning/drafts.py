"""From the form to the calls that it stands for, and from a tuning job back to the request that makes it again."""

from areas import versions
from areas.images import find
from areas.index import modules
from areas.tuning.definitions import OBJECTIVE
from areas.tuning.forms import TuningJobForm
from areas.tuning.space import KINDS
from catalog.models import Record
from jobs.submission import StepFailed

ASKED = (
    "HyperParameterTuningJobName", "HyperParameterTuningJobConfig", "TrainingJobDefinition", "TrainingJobDefinitions",
    "WarmStartConfig", "Autotune",
)  # fmt: skip
# Members of a training job's document that a definition has under the same name.
_SAME = (
    "RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "StoppingCondition", "CheckpointConfig",
    "Environment", "RetryStrategy", "EnableNetworkIsolation",
)  # fmt: skip
_MEMBERS = {kind: member for member, kind in KINDS.items()}
DATASET_TAG, LABEL_TAG, SCHEMA_TAG = "atelier:dataset", "atelier:label", "atelier:schema"


class Refused(ValueError):
    """What the form starts from can't be tuned; the text is for people."""


def request_of(record: Record, tags: dict[str, str]) -> dict:
    """The CreateHyperParameterTuningJob request that would make a tuning job again."""
    asked = {name: record.document[name] for name in ASKED if record.document.get(name)}
    if single := asked.get("TrainingJobDefinition"):
        asked["TrainingJobDefinition"] = _without_added(single)
    if several := asked.get("TrainingJobDefinitions"):
        asked["TrainingJobDefinitions"] = [_without_added(one) for one in several]
    kept = [{"Key": key, "Value": value} for key, value in tags.items() if key != "atelier:run"]
    return asked | ({"Tags": kept} if kept else {})


def _without_added(definition: dict) -> dict:
    """A definition without what the service adds to it."""
    static = {name: value for name, value in definition.get("StaticHyperParameters", {}).items() if name != OBJECTIVE}
    algorithm = dict(definition["AlgorithmSpecification"])
    image = find(algorithm.get("TrainingImage", ""))
    own = [one for one in algorithm.pop("MetricDefinitions", ()) if one["Name"] != "ObjectiveMetric"]
    if own and not (image and image.builtin and "sagemaker_program" not in static):
        algorithm["MetricDefinitions"] = own
    silent = {name for name, value in definition.items() if value is False}
    if "HyperParameterTuningResourceConfig" in definition:
        silent.add("ResourceConfig")
    kept = {name: value for name, value in definition.items() if name not in silent}
    return {**kept, "AlgorithmSpecification": algorithm, "StaticHyperParameters": static}


def definition_of(job: Record) -> dict:
    """The definition whose training jobs are like this training job."""
    document = job.document
    algorithm = {
        name: value for name, value in document["AlgorithmSpecification"].items()
        if name in ("TrainingImage", "TrainingInputMode", "MetricDefinitions")
    }  # fmt: skip
    body = {name: document[name] for name in _SAME if document.get(name)}
    output = {name: value for name, value in body["OutputDataConfig"].items() if value and value != "GZIP"}
    static = dict(document.get("HyperParameters", {}))
    return _without_added(
        {**body, "OutputDataConfig": output, "AlgorithmSpecification": algorithm, "StaticHyperParameters": static}
    )


class Draft:
    """What a form would do: ``plan`` for ``jobs.runs.start``, ``request`` of the create call, errors by field. Made from
    whatever of the form is valid, so that the preview follows the typing."""

    def __init__(self, form: TuningJobForm, origin: Record | None):
        self.form, self.fields, self.origin = form, form.cleaned_data, origin
        self.errors: dict[str, str] = {}
        self.steps: list[dict] = []
        self.tags: dict[str, str] = {}
        self.request = self._request()
        self.plan = [*self.steps, {"call": "CreateHyperParameterTuningJob", "request": self.request}]

    def _request(self) -> dict:
        fields = self.fields
        limits = {"MaxParallelTrainingJobs": fields.get("parallel") or 1}
        if fields.get("most") and fields.get("strategy") != "Grid":
            limits["MaxNumberOfTrainingJobs"] = fields["most"]
        if fields.get("longest"):
            limits["MaxRuntimeInSeconds"] = fields["longest"]
        config = {
            "Strategy": fields.get("strategy") or "Bayesian",
            "HyperParameterTuningJobObjective": {
                "Type": fields.get("aim") or "Minimize",
                "MetricName": fields.get("metric", ""),
            },
            "ResourceLimits": limits,
            "ParameterRanges": self._ranges(),
        }
        if fields.get("early"):
            config["TrainingJobEarlyStoppingType"] = "Auto"
        if fields.get("target") is not None:
            config["TuningJobCompletionCriteria"] = {"TargetObjectiveMetricValue": fields["target"]}
        if fields.get("seed") is not None:
            config["RandomSeed"] = fields["seed"]
        if config["Strategy"] == "Hyperband" and fields.get("epochs"):
            config["StrategyConfig"] = {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": fields["epochs"]}}
        request = {
            "HyperParameterTuningJobName": fields.get("name", ""),
            "HyperParameterTuningJobConfig": config,
            "TrainingJobDefinition": self._definition(),
        }
        if self.tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return request

    def _ranges(self) -> dict:
        found: dict[str, list] = {}
        for row in self.form.ranges:
            if row.kind == "categorical":
                made = {"Name": row.name, "Values": row.values}
            else:
                made = {"Name": row.name, "MinValue": row.low, "MaxValue": row.high, "ScalingType": row.scaling}
            found.setdefault(_MEMBERS[row.kind], []).append(made)
        return found

    def _definition(self) -> dict:
        fields = self.fields
        if self.origin is not None:
            body = base_of(self.origin)
            self.tags |= {
                key: value for key, value in self.origin.tags.values_list("key", "value") if key.startswith("atelier:")
                and key != "atelier:run"
            }  # fmt: skip
        else:
            body = self._of_algorithm()
        tuned = {row.name for row in self.form.ranges}
        static = {name: value for name, value in self.form.static_values.items() if name not in tuned}
        hidden = {
            name: value for name, value in body.get("StaticHyperParameters", {}).items() if name.startswith("sagemaker_")
        }  # fmt: skip
        return {
            **body,
            "StaticHyperParameters": {**hidden, **static},
            "StoppingCondition": {
                **body.get("StoppingCondition", {}),
                "MaxRuntimeInSeconds": fields.get("max_runtime") or 3600,
            },
        }

    def _of_algorithm(self) -> dict:
        """A definition of the chosen algorithm, on files in S3 or on a dataset."""
        tunable, connection = self.form.tunable, self.form.connection
        if files := self.form.named_files():
            channels = tunable.channels_of(files, self.fields.get("content_type", ""))
        else:
            channels = self._channels_of_dataset() if tunable.takes_datasets else []
        if channels and (model := tunable.model(connection.region)):
            channels.append(("model", model, "", ""))
        algorithm = {"TrainingImage": tunable.image.uri(connection.region), "TrainingInputMode": "File"}
        if tunable.recipe:
            algorithm["MetricDefinitions"] = [
                {"Name": name, "Regex": expression} for name, expression in tunable.algorithm.metrics
            ]
        return {
            "AlgorithmSpecification": algorithm,
            "StaticHyperParameters": tunable.hidden(connection.region),
            "RoleArn": connection.execution_role_arn,
            "InputDataConfig": [_channel(*one) for one in channels],
            "OutputDataConfig": {"S3OutputPath": f"s3://{connection.default_bucket}/tuning/"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        }

    def _channels_of_dataset(self) -> list[tuple[str, str, str, str]]:
        fields = self.fields
        version = versions.find_version(self.form.connection, fields.get("dataset", ""))
        if not version or not fields.get("label"):
            return []
        prepare = next(module for module in modules("prepare") if hasattr(module, "plan_channels"))
        try:
            planned = prepare.plan_channels(version, label=fields["label"])
        except StepFailed as error:
            self.errors["label"] = str(error)
            return []
        self.steps.append(planned["call"])
        self.tags |= {DATASET_TAG: version.tag, LABEL_TAG: fields["label"], SCHEMA_TAG: planned["schema_uri"]}
        return self.form.tunable.channels_of_dataset(planned["channels"], planned["content_type"])


def base_of(origin: Record) -> dict:
    """The definition that a form starts from: a training job's, or a tuning job's only one. Raises Refused."""
    if origin.kind == "TrainingJob":
        return definition_of(origin)
    single = origin.document.get("TrainingJobDefinition")
    if not single:
        raise Refused(f"{origin.name} has several training job definitions: make it again from its code.")
    return _without_added(single)


def _channel(name: str, uri: str, content_type: str, distribution: str) -> dict:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": distribution or "FullyReplicated"}
    channel = {"ChannelName": name, "DataSource": {"S3DataSource": source}}
    return channel | ({"ContentType": content_type} if content_type else {})
