"""What of a job's debugger and profiler configuration can't be. Source: API_CreateTrainingJob, API_DebugHookConfig."""

import json
import re
from pathlib import PurePosixPath

from areas import images
from areas.debugger import catalogue
from areas.debugger.hook import config as hook
from engine.errors import invalid, unsupported
from engine.runtime import data

REPOSITORY = "sagemaker-debugger-rules"
LOCAL = "/opt/ml/output/tensors"
_PREFIX = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}-?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[0-9]{7,15}")


def check(account: str, document: dict) -> None:
    """ValidationException in a sentence about the first thing that can't be."""
    if config := document.get("DebugHookConfig"):
        check_hook(account, config)
    if "ProfilerConfig" in document:
        check_profiler(account, document["ProfilerConfig"])
    rules = document.get("DebugRuleConfigurations", [])
    profiling = document.get("ProfilerRuleConfigurations", [])
    check_rules(account, rules, profiler=False)
    check_rules(account, profiling, profiler=True)
    names = [one["RuleConfigurationName"] for one in (*rules, *profiling)]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise invalid(f"The RuleConfigurationName {doubled[0]} is given twice.")
    if profiling and document.get("ProfilerConfig", {}).get("DisableProfiler"):
        raise invalid("ProfilerRuleConfigurations can't be given when ProfilerConfig.DisableProfiler is true.")


def check_hook(account: str, config: dict) -> None:
    data.check_writable(account, config["S3OutputPath"], "DebugHookConfig.S3OutputPath")
    local = PurePosixPath(config.get("LocalPath") or LOCAL)
    parts = local.parts
    taken = parts[3:4] in (("input",), ("model",)) or parts[3:5] in (
        ("output",),
        ("output", "data"),
        ("output", "failure"),
    )
    if parts[:3] != ("/", "opt", "ml") or len(parts) < 4 or ".." in parts or taken:
        raise invalid(
            f"DebugHookConfig.LocalPath {local} must be a folder below /opt/ml other than input, model, output itself and "
            f"output/data."
        )
    try:
        hook.check(config)
    except ValueError as problem:
        raise invalid(f"DebugHookConfig can't be used: {problem}") from None


def check_profiler(account: str, config: dict) -> None:
    """Of a ProfilerConfig of CreateTrainingJob or UpdateTrainingJob."""
    if config.get("DisableProfiler"):
        return
    interval = config.get("ProfilingIntervalInMilliseconds", catalogue.DEFAULT_INTERVAL)
    if interval not in catalogue.INTERVALS:
        allowed = ", ".join(map(str, catalogue.INTERVALS))
        raise invalid(f"ProfilerConfig.ProfilingIntervalInMilliseconds {interval} is not one of {allowed}.")
    if uri := config.get("S3OutputPath"):
        data.check_writable(account, uri, "ProfilerConfig.S3OutputPath")
    if config.get("ProfilingParameters"):
        raise unsupported("ProfilerConfig.ProfilingParameters (framework profiling)")


def check_rules(account: str, rules: list[dict], *, profiler: bool) -> None:
    for one in rules:
        _check_rule(account, one, profiler)


def _check_rule(account: str, one: dict, profiler: bool) -> None:
    name, given = one["RuleConfigurationName"], one.get("RuleParameters", {})
    image = images.find(one["RuleEvaluatorImage"])
    if image is None or image.repository != REPOSITORY:
        raise invalid(
            f"The RuleEvaluatorImage {one['RuleEvaluatorImage']} of the rule {name} does not exist on this engine: it plays "
            f"{REPOSITORY}, with the built-in rules."
        )
    if "source_s3_uri" in given:
        raise unsupported(f"RuleParameters.source_s3_uri of the rule {name} (rules of your own)")
    wanted = given.get("rule_to_invoke", "")
    rule = catalogue.RULES.get(wanted)
    if rule is None or rule.is_profiler != profiler:
        known = ", ".join(sorted(rule.name for rule in catalogue.RULES.values() if rule.is_profiler == profiler))
        raise invalid(f"RuleParameters.rule_to_invoke of the rule {name} is {wanted!r}, but must be one of {known}.")
    try:
        rule.read(given)
        actions(given)
    except ValueError as problem:
        raise invalid(f"The rule {name} can't be used: {problem}") from None
    if uri := one.get("S3OutputPath"):
        data.check_writable(account, uri, f"S3OutputPath of the rule {name}")
    if wanted == "SimilarAcrossRuns" and not given.get("other_trial", "").startswith("s3://"):
        raise invalid(
            f"RuleParameters.other_trial of the rule {name} must be the s3:// path of another job's debug-output."
        )


def actions(parameters: dict[str, str]) -> list[dict]:
    """The actions of a rule: [{"name": "stoptraining", "training_job_prefix": …}, …]. ValueError in a sentence.

    The SDK writes the quotes of its JSON with a backslash before them.
    """
    text = parameters.get("action_json", "")
    if not text:
        return []
    found = _json(text)
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError(f"action_json must be a JSON list of objects, not {text[:100]!r}")
    for one in found:
        if one.get("name") not in catalogue.ACTIONS:
            raise ValueError(f"the action {one.get('name')!r} is not one of {', '.join(catalogue.ACTIONS)}")
        value = one.get(catalogue.ACTIONS[one["name"]], "")
        pattern = {"stoptraining": _PREFIX, "email": _EMAIL, "sms": _PHONE}[one["name"]]
        if (value or one["name"] != "stoptraining") and not (isinstance(value, str) and pattern.fullmatch(value)):
            raise ValueError(f"{catalogue.ACTIONS[one['name']]} of the action {one['name']} can't be {value!r}")
    return found


def _json(text: str):
    for form in (text, text.replace('\\"', '"')):
        try:
            return json.loads(form)
        except ValueError:
            continue
    raise ValueError(f"action_json must be JSON, not {text[:100]!r}")
