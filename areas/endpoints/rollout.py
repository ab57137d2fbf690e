"""A model onto an endpoint with a net below it: canary, alarms, automatic rollback, and the way back.

Engine-free: the same calls drive AWS. ``plan`` and ``undo_plan`` say what would be called; ``start`` and ``undo`` have
``jobs.runs`` do it and return the Run.
"""

import re
import time
from dataclasses import dataclass

from areas.endpoints import deploy
from areas.endpoints.deployments import Deployment
from catalog.models import Connection, Record
from jobs import runs
from jobs.models import Run

BEFORE_TAG = "atelier:config-before"  # on the endpoint: the configuration to go back to
PREFIX = "atelier-"  # of the alarms made here
MOST_ALARMS = 10  # of one deployment, as on AWS
PERIODS = (10, 60)  # seconds: what an alarm's period may be
COPIED = ("DataCaptureConfig", "KmsKeyId", "ExplainerConfig", "AsyncInferenceConfig", "ExecutionRoleArn", "VpcConfig",
          "EnableNetworkIsolation", "MetricsConfig")  # fmt: skip


class CannotRollOut(Exception):
    """A sentence that says why this can't be deployed, or undone."""


@dataclass(frozen=True)
class Limits:
    """How the traffic moves, and what the new servers may cost before they lose it again.

    ``canary_percent`` (1-50) goes first, or ``linear_percent`` (10-50) at a time; neither: all at once. After each step the
    new servers are watched for ``wait_seconds``. ``max_error_rate`` is the share (0-1) of requests that may end in a 5XX,
    ``max_latency_ms`` what nine in ten answers may take at most; None: not watched. The old servers stay
    ``keep_old_seconds`` longer.
    """

    canary_percent: int | None = None
    linear_percent: int | None = None
    wait_seconds: int = 60
    max_error_rate: float | None = 0.01
    max_latency_ms: float | None = None
    keep_old_seconds: int = 0


def start(connection: Connection, *, endpoint: str, user, **what) -> Run:
    """Start a rollout (see ``plan`` for what there is to say) and return its Run. Raises CannotRollOut."""
    steps = plan(connection, endpoint=endpoint, **what)
    return runs.start(connection, user=user, kind="Endpoint", name=endpoint, plan=steps)


def undo(connection: Connection, endpoint: str, *, user) -> Run:
    """Take an endpoint back to the configuration it had before, or stop a rollout that is under way. Raises CannotRollOut."""
    steps = undo_plan(connection, endpoint, by=str(user or "somebody"))
    return runs.start(connection, user=user, kind="Endpoint", name=endpoint, plan=steps)


def plan(
    connection: Connection, *, endpoint: str, model_package_arn: str = "", model: str = "", variant: str = "",
    instance_type: str = "", count: int | None = None, canary_percent: int | None = None,
    linear_percent: int | None = None, wait_seconds: int = 60, max_error_rate: float | None = 0.01,
    max_latency_ms: float | None = None, keep_old_seconds: int = 0, at: float | None = None,
) -> list[dict]:  # fmt: skip
    """The calls, as a plan for ``jobs.runs``: CreateModel (for a package), CreateEndpointConfig, PutMetricAlarm for each limit,
    UpdateEndpoint, and what clears up after the rollout before; CreateEndpoint where there is no such endpoint.

    What isn't said of variant, instance type and count stays as the endpoint has it. ``at`` (epoch seconds) is in the names.
    """
    limits = Limits(canary_percent, linear_percent, wait_seconds, max_error_rate, max_latency_ms, keep_old_seconds)
    check(limits)
    if bool(model_package_arn) == bool(model):
        raise CannotRollOut("Exactly one of a model package and a model can be rolled out.")
    if refused := deploy.check_name("Endpoint", endpoint):
        raise CannotRollOut(refused)
    stamp = _stamp(time.time() if at is None else at)
    steps, tags = [], _tags(connection, model_package_arn, model)
    if model_package_arn:
        model = legal_name(stem_of(model_package_arn), stamp)
        steps.append(_step("CreateModel", {
            "ModelName": model, "PrimaryContainer": {"ModelPackageName": model_package_arn},
            "ExecutionRoleArn": connection.execution_role_arn, "Tags": tags,
        }))  # fmt: skip
    record = Record.objects.filter(connection=connection, kind="Endpoint", name=endpoint).first()
    before = _config_of(record)
    config = _config_request(endpoint, before, legal_name(endpoint, stamp), model, variant, instance_type, count, tags)
    steps.append(_step("CreateEndpointConfig", config))
    if record is None:
        request = deploy.endpoint_request(endpoint, config["EndpointConfigName"], tags)
        return [*steps, _step("CreateEndpoint", request)]
    names = [variant or config["ProductionVariants"][0]["VariantName"]]
    # Counts and weights may have been changed since the configuration: they stay, unless a count is asked for.
    return steps + _update(record, config["EndpointConfigName"], names, limits, stamp, retain=not count)


def update_plan(connection: Connection, *, endpoint: str, config: str, limits: Limits, retain: bool) -> list[dict]:
    """The calls that roll a configuration which exists out onto an endpoint, with alarms on each of its variants."""
    check(limits)
    found = Record.objects.filter(connection=connection)
    record = found.filter(kind="Endpoint", name=endpoint).first()
    there = found.filter(kind="EndpointConfig", name=config).first()
    if record is None or there is None:
        raise CannotRollOut(f"There is no {f'endpoint {endpoint}' if record is None else f'configuration {config}'}.")
    variants = [one["VariantName"] for one in there.document.get("ProductionVariants", ())]
    return _update(record, config, variants, limits, _stamp(time.time()), retain=retain)


def _update(
    record: Record, config: str, variants: list[str], limits: Limits, stamp: str, *, retain: bool
) -> list[dict]:  # fmt: skip
    alarms = [one for variant in variants for one in alarm_requests(record.name, variant, limits, stamp)]
    if len(alarms) > MOST_ALARMS:
        raise CannotRollOut(f"{len(variants)} variants need {len(alarms)} alarms; a deployment can have {MOST_ALARMS}.")
    steps = [_step("PutMetricAlarm", request, "cloudwatch") for request in alarms]
    if before := record.document.get("EndpointConfigName"):
        tag = {"Key": BEFORE_TAG, "Value": before}
        steps.append(_step("AddTags", {"ResourceArn": record.arn, "Tags": [tag]}))
    update = {
        "EndpointName": record.name,
        "EndpointConfigName": config,
        "DeploymentConfig": deployment_config(limits, [request["AlarmName"] for request in alarms]),
    }
    steps.append(_step("UpdateEndpoint", update | ({"RetainAllVariantProperties": True} if retain else {})))
    if stale := [name for name in alarms_of(record.document) if name.startswith(PREFIX)]:
        steps.append(_step("DeleteAlarms", {"AlarmNames": stale}, "cloudwatch"))
    return steps


def undo_plan(connection: Connection, endpoint: str, by: str = "") -> list[dict]:
    """The call that takes an endpoint back. While a rollout is under way that is an alarm raised by hand: SageMaker knows no
    other way to end one. Raises CannotRollOut with the reason where there is no way back."""
    record = Record.objects.filter(connection=connection, kind="Endpoint", name=endpoint).first()
    if record is None:
        raise CannotRollOut(f"There is no endpoint {endpoint} on {connection}.")
    if record.status == "Updating":
        alarms = alarms_of(record.document)
        if not alarms or "PendingDeploymentSummary" not in record.document:
            raise CannotRollOut(
                f"The update of {endpoint} has no alarms, and SageMaker can end only one that has; wait until it is done."
            )
        if _is_starting(record.document["PendingDeploymentSummary"]):
            # An alarm that is raised before it guards anything would be put right again, and nothing be rolled back.
            raise CannotRollOut(
                f"The new servers of {endpoint} are still starting: there is nothing to roll back until they get traffic."
            )
        reason = f"Rolled back by hand{f' by {by}' if by else ''}."
        request = {"AlarmName": alarms[0], "StateValue": "ALARM", "StateReason": reason}
        return [_step("SetAlarmState", request, "cloudwatch")]
    if record.status != "InService":
        raise CannotRollOut(f"Endpoint {endpoint} is {record.status}; only one that is InService can be taken back.")
    name = config_before(record)
    if not name:
        raise CannotRollOut(f"Endpoint {endpoint} has had no other configuration that is still there.")
    return [_step("UpdateEndpoint", {"EndpointName": endpoint, "EndpointConfigName": name})]


def _is_starting(pending: dict) -> bool:
    variants = pending.get("ProductionVariants", ())
    return any(state.get("Status") == "Creating" for one in variants for state in one.get("VariantStatus") or ())


def config_before(record: Record) -> str:
    """The configuration that an endpoint served with before the one it has; "" if none is known, or none is left."""
    today = record.document.get("EndpointConfigName", "")
    served = Deployment.objects.filter(connection=record.connection, endpoint=record.name, served__isnull=False,
                                       started__gte=record.created)  # fmt: skip
    names = [name for name in served.values_list("config", flat=True)[:50] if name != today]
    names += [name for name in record.tags.filter(key=BEFORE_TAG).values_list("value", flat=True) if name != today]
    configs = Record.objects.filter(connection=record.connection, kind="EndpointConfig", name__in=names)
    there = set(configs.values_list("name", flat=True))
    return next((name for name in names if name in there), "")


def check(limits: Limits) -> None:
    """Refuse limits that SageMaker would refuse, or that could never be kept."""
    if limits.canary_percent and limits.linear_percent:
        raise CannotRollOut("A rollout is either canary or linear, not both.")
    if limits.canary_percent and not 1 <= limits.canary_percent <= 50:
        raise CannotRollOut(f"A canary is 1 to 50 percent of the traffic, not {limits.canary_percent}.")
    if limits.linear_percent and not 10 <= limits.linear_percent <= 50:
        raise CannotRollOut(f"A linear step is 10 to 50 percent of the traffic, not {limits.linear_percent}.")
    if not 0 <= limits.wait_seconds <= 3600 or not 0 <= limits.keep_old_seconds <= 3600:
        raise CannotRollOut("A rollout waits 0 to 3600 seconds after each step.")
    if limits.max_error_rate is not None and not 0 <= limits.max_error_rate < 1:
        raise CannotRollOut(f"The error rate is a share of the requests, 0 to 1; {limits.max_error_rate} is not.")
    if limits.max_latency_ms is not None and limits.max_latency_ms <= 0:
        raise CannotRollOut("The latency limit is a number of milliseconds above 0.")
    watched = limits.max_error_rate is not None or limits.max_latency_ms is not None
    if watched and limits.wait_seconds < PERIODS[0]:
        raise CannotRollOut(
            f"Alarms need {PERIODS[0]} seconds to see anything; wait at least that long after each step."
        )


def deployment_config(limits: Limits, alarms: list[str]) -> dict:
    """The DeploymentConfig of an UpdateEndpoint."""
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": limits.wait_seconds}
    if limits.canary_percent:
        routing |= {"Type": "CANARY", "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": limits.canary_percent}}
    elif limits.linear_percent:
        routing |= {"Type": "LINEAR", "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": limits.linear_percent}}
    policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": limits.keep_old_seconds}
    config = {"BlueGreenUpdatePolicy": policy}
    if alarms:
        config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarms]}
    return config


def alarm_requests(endpoint: str, variant: str, limits: Limits, stamp: str) -> list[dict]:
    """PutMetricAlarm for each limit: the share of 5XX answers, and the 90th percentile of the model's latency."""
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}]
    low, high = PERIODS
    base = {
        "Namespace": "AWS/SageMaker", "Dimensions": dimensions, "EvaluationPeriods": 1, "DatapointsToAlarm": 1,
        "Period": max(low, min(high, limits.wait_seconds) // 10 * 10), "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching", "ActionsEnabled": False,
    }  # fmt: skip
    if base["Period"] not in (10, 20, 30, 60):  # what CloudWatch takes below a minute
        base["Period"] = 30
    found = []
    if limits.max_error_rate is not None:
        words = f"At most {100 * limits.max_error_rate:g} % of {endpoint}'s requests may end in a 5XX."
        found.append(base | {
            "AlarmName": f"{PREFIX}{endpoint}-{variant}-errors-{stamp}", "AlarmDescription": words,
            "MetricName": "Invocation5XXErrors", "Statistic": "Average", "Threshold": float(limits.max_error_rate),
        })  # fmt: skip
    if limits.max_latency_ms is not None:
        words = f"Nine in ten answers of {endpoint}'s model may take {limits.max_latency_ms:g} ms at most."
        found.append(base | {
            "AlarmName": f"{PREFIX}{endpoint}-{variant}-latency-{stamp}", "AlarmDescription": words,
            "MetricName": "ModelLatency", "ExtendedStatistic": "p90", "Threshold": 1000.0 * limits.max_latency_ms,
        })  # fmt: skip
    return found


def alarms_of(document: dict) -> list[str]:
    """The alarms of the deployment configuration that an endpoint has now."""
    config = document.get("LastDeploymentConfig") or {}
    return [one["AlarmName"] for one in (config.get("AutoRollbackConfiguration") or {}).get("Alarms") or ()]


def stem_of(package: str) -> str:
    """``churn-v3`` of ``…:model-package/churn/3``."""
    return re.sub(r"/(\d+)$", r"-v\1", package.rpartition(":model-package/")[2] or package)


def legal_name(stem: str, stamp: str) -> str:
    """A name of 63 characters at most, of letters, digits and hyphens, that ends in the time."""
    stem = re.sub(r"[^a-zA-Z0-9]+", "-", stem)[: 62 - len(stamp)].strip("-")
    return f"{stem}-{stamp}"


def _stamp(at: float) -> str:
    """``yymmdd-hhmmssmmm``, to the millisecond: two rollouts of an endpoint within a second are two."""
    return time.strftime("%y%m%d-%H%M%S", time.gmtime(at)) + f"{int(at * 1000) % 1000:03d}"


def _step(operation: str, request: dict, service: str = "") -> dict:
    return {"call": operation, "request": request} | ({"service": service} if service else {})


def _tags(connection: Connection, package: str, model: str) -> list[dict]:
    found = Record.objects.filter(connection=connection)
    found = found.filter(kind="ModelPackage", arn=package) if package else found.filter(kind="Model", name=model)
    record = found.first()
    if model and record is None:
        raise CannotRollOut(f"There is no model {model} on {connection}.")
    return [tag for tag in deploy.carried_tags(record) if tag["Key"] != BEFORE_TAG]


def _config_of(record: Record | None) -> Record | None:
    if record is None:
        return None
    name = record.document.get("EndpointConfigName", "")
    return Record.objects.filter(connection=record.connection, kind="EndpointConfig", name=name).first()


def _config_request(
    endpoint: str, before: Record | None, name: str, model: str, variant: str, instance_type: str, count: int | None,
    tags: list[dict],
) -> dict:  # fmt: skip
    """The configuration before with another model in one variant; a new one where there is none."""
    if before is None:
        one = {"model": model, "variant": variant, "instance_type": instance_type, "count": count}
        return deploy.config_request(name, [one], tags)
    variants = [dict(one) for one in before.document["ProductionVariants"]]
    names = [one["VariantName"] for one in variants]
    if not variant and len(variants) > 1:
        raise CannotRollOut(
            f"Endpoint {endpoint} has the variants {', '.join(names)}: say which of them gets the model."
        )
    if variant and variant not in names:
        raise CannotRollOut(f"Endpoint {endpoint} has no variant {variant}; it has {', '.join(names)}.")
    for one in variants:
        if one["VariantName"] == (variant or names[0]):
            one["ModelName"] = model
            one.update({"InstanceType": instance_type} if instance_type else {})
            one.update({"InitialInstanceCount": count} if count else {})
    request = {"EndpointConfigName": name, "ProductionVariants": variants}
    request |= {member: before.document[member] for member in COPIED if before.document.get(member)}
    return request | ({"Tags": tags} if tags else {})
