"""The JSON schema of a model card's content (docs.aws.amazon.com/sagemaker/latest/dg/model-cards.html, "Model card JSON schema").

Where AWS's own file misses what its text says (``maxContains`` where 15 items at most are meant), the text is followed.
"""

RISK_RATINGS = ("High", "Medium", "Low", "Unknown")
SIMPLE_TYPES = ("number", "string", "boolean")
METRIC_TYPES = (*SIMPLE_TYPES, "linear_graph", "bar_chart", "matrix")

_NUMBER = {"type": "number"}


def _text(longest: int, shortest: int = 0) -> dict:
    return {"type": "string", "maxLength": longest} | ({"minLength": shortest} if shortest else {})


def _one_of(*words: str) -> dict:
    return {"type": "string", "enum": list(words)}


def _many(items: dict, most: int = 0, least: int = 0) -> dict:
    limits = {"maxItems": most} if most else {}
    return {"type": "array", "items": items} | limits | ({"minItems": least} if least else {})


def _members(*required: str, **members: dict) -> dict:
    """An object of these members and no others."""
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "additionalProperties": False, "properties": members} | needed


def _map(values: dict) -> dict:
    return {"type": "object", "additionalProperties": values}


_NAME = _text(255, 1)
_TRAINING_METRIC = _members("name", "value", name=_NAME, notes=_text(1024), value=_NUMBER)
_HYPERPARAMETER = _members("name", "value", name=_text(256, 1), value={"type": "string"})
_ENVIRONMENT = _members(container_image=_many(_text(1024), 15))

_VALUES = {  # what a metric's value and axes are, by its type
    "linear_graph": (_many(_many(_NUMBER, 2, 2), least=1), _text(63), _text(63)),
    "bar_chart": (_many(_NUMBER, least=1), _many(_text(63)), _text(63)),
    "matrix": (_many(_many(_NUMBER, 20, 1), 20, 1), _many(_text(63)), _many(_text(63))),
    **dict.fromkeys(SIMPLE_TYPES, ({"anyOf": [_NUMBER, _text(63), {"type": "boolean"}]}, _text(63), _text(63))),
}


def _metric() -> dict:
    """A metric of an evaluation: its ``type`` decides what its value and its axes look like."""
    free: dict = {}
    shape = _members(
        "name", "type", "value",
        name=_NAME, notes=_text(1024), type=_one_of(*METRIC_TYPES), value=free, x_axis_name=free, y_axis_name=free,
    )  # fmt: skip
    shape["allOf"] = [
        {
            "if": {"properties": {"type": {"const": word}}, "required": ["type"]},
            "then": {"properties": {"value": value, "x_axis_name": across, "y_axis_name": up}},
        }
        for word, (value, across, up) in _VALUES.items()
    ]
    return shape


_OVERVIEW = _members(
    model_description=_text(1024), model_owner=_text(1024), model_creator=_text(1024), problem_type={"type": "string"},
    algorithm_type=_text(1024), model_id=_text(1024), model_artifact=_many(_text(1024), 15), model_name=_text(1024),
    model_version={"type": "number", "minimum": 1}, inference_environment=_ENVIRONMENT,
)  # fmt: skip

_PACKAGE = _members(
    model_package_description=_text(1024), model_package_arn=_text(1024, 1), created_by=_members(user_profile_name=_text(63)),
    model_package_status=_one_of("Pending", "InProgress", "Completed", "Failed", "Deleting"),
    model_approval_status=_one_of("Approved", "Rejected", "PendingManualApproval"), approval_description=_text(1024),
    model_package_group_name=_text(63, 1), model_package_name=_text(63, 1),
    model_package_version={"type": "number", "minimum": 1}, domain={"type": "string"}, task={"type": "string"},
    source_algorithms=_many(_members("algorithm_name", algorithm_name=_text(170), model_data_url=_text(1024)), 15),
    inference_specification=_members("containers", containers=_many(
        _members("image", image=_text(255), model_data_url=_text(1024), nearest_model_name={"type": "string"}), 15, 1
    )),
)  # fmt: skip

_USES = _members(
    purpose_of_model=_text(2048), intended_uses=_text(2048), factors_affecting_model_efficiency=_text(2048),
    risk_rating=_one_of(*RISK_RATINGS), explanations_for_risk_rating=_text(2048),
)  # fmt: skip

_BUSINESS = _members(business_problem=_text(2048), business_stakeholders=_text(2048), line_of_business=_text(2048))

_TRAINING = _members(
    objective_function=_members(
        function=_members(function=_one_of("Maximize", "Minimize"), facet=_text(63), condition=_text(63)),
        notes=_text(1024),
    ),
    training_observations=_text(1024),
    training_job_details=_members(
        training_arn=_text(1024), training_datasets=_many(_text(1024), 15), training_environment=_ENVIRONMENT,
        training_metrics=_many(_TRAINING_METRIC, 50), user_provided_training_metrics=_many(_TRAINING_METRIC, 50),
        hyper_parameters=_many(_HYPERPARAMETER, 100), user_provided_hyper_parameters=_many(_HYPERPARAMETER, 100),
    ),
)  # fmt: skip

_EVALUATION = _members(
    "name", name=_text(63, 1), evaluation_observation=_text(2096), evaluation_job_arn=_text(256),
    datasets=_many(_text(1024), 10), metadata=_map(_text(1024)),
    metric_groups=_many(_members("name", "metric_data", name=_text(63, 1), metric_data=_many(_metric()))),
)  # fmt: skip

_MORE = _members(
    ethical_considerations=_text(2048), caveats_and_recommendations=_text(2048), custom_details=_map(_text(1024))
)

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "SageMakerModelCardSchema",
    **_members(
        model_overview=_OVERVIEW, model_package_details=_PACKAGE, intended_uses=_USES, business_details=_BUSINESS,
        training_details=_TRAINING, evaluation_details=_many(_EVALUATION), additional_information=_MORE,
    ),
}  # fmt: skip

# The card of a model package tells of the package already.
PACKAGE_SCHEMA = SCHEMA | {
    "properties": {name: one for name, one in SCHEMA["properties"].items() if name != "model_package_details"}
}
