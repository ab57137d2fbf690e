"""What CreateTrainingJob and UpdateTrainingJob say to a debugger or profiler that can't be."""

import pytest
from botocore.exceptions import ClientError

from areas.debugger.engine.evaluating import evaluate
from areas.reached import reached
from catalog.models import Record
from engine.models import Work
from tests.areas.debugger.conftest import rule

SCRIPT = "print('x')"


def refusal(debugged, **changes) -> str:
    with pytest.raises(ClientError) as refused:
        debugged.start(SCRIPT, **changes)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    return refused.value.response["Error"]["Message"]


def test_a_21st_rule(debugged):
    rules = [{**rule("Overfit"), "RuleConfigurationName": f"rule{at}"} for at in range(21)]
    assert "less than or equal to 20" in refusal(debugged, DebugRuleConfigurations=rules)


def test_an_interval_of_300(debugged):
    config = {"S3OutputPath": f"s3://{debugged.aws.bucket}/p", "ProfilingIntervalInMilliseconds": 300}
    assert refusal(debugged, ProfilerConfig=config) == (
        "ProfilerConfig.ProfilingIntervalInMilliseconds 300 is not one of 100, 200, 500, 1000, 5000, 60000."
    )


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (rule("Overfitt"), "is 'Overfitt', but must be one of AllZero,"),
        (rule("CPUBottleneck"), "is 'CPUBottleneck', but must be one of AllZero,"),
        (rule("Overfit", patience=0), "The parameter patience of the rule Overfit must be at least 1, not '0'."),
        (rule("Overfit", patience="inf"), "The parameter patience of the rule Overfit must be a whole number, not 'inf'."),
        (rule("Overfit", ratio="x"), "The rule Overfit has no parameter ratio; it has tensor_regex, start_step"),
        (rule("ExplodingTensor", tensor_regex="("), "must be a regular expression"),
        (rule("ExplodingTensor", only_nan="maybe"), "must be True or False, not 'maybe'"),
        (rule("SimilarAcrossRuns"), "other_trial of the rule SimilarAcrossRuns must be the s3:// path"),
        (rule("Overfit", source_s3_uri="s3://a/b.py"), "(rules of your own) is not supported"),
        (rule("Overfit", actions=[{"name": "pager"}]), "the action 'pager' is not one of stoptraining, email, sms"),
        (rule("Overfit", actions=[{"name": "email", "endpoint": "x"}]), "endpoint of the action email can't be 'x'"),
        (rule("Overfit", actions=[{"name": "sms", "endpoint": "5"}]), "endpoint of the action sms can't be '5'"),
        (rule("Overfit", actions=[{"name": "stoptraining", "training_job_prefix": "%"}]), "can't be '%'"),
        ({**rule("Overfit"), "RuleEvaluatorImage": "1.dkr.ecr.us-east-1.amazonaws.com/mine:1"}, "does not exist on this engine"),
        ({**rule("Overfit"), "S3OutputPath": "s3://nobody-has-this-bucket/x"}, "S3OutputPath of the rule Overfit"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be(debugged, config, words):
    assert words in refusal(debugged, DebugRuleConfigurations=[config])


def test_a_name_that_is_given_twice(debugged):
    assert "Overfit is given twice" in refusal(debugged, DebugRuleConfigurations=[rule("Overfit"), rule("Overfit")])


def test_action_json_that_is_none(debugged):
    config = rule("Overfit")
    config["RuleParameters"]["action_json"] = "{"
    assert "action_json must be JSON" in refusal(debugged, DebugRuleConfigurations=[config])


def test_a_hook_that_cannot_be(debugged):
    hook = debugged.hook()
    assert "save_interval in HookParameters must be" in refusal(
        debugged, DebugHookConfig={**hook, "HookParameters": {"save_interval": "x"}}
    )
    assert "LocalPath /opt/ml/model/x must be a folder" in refusal(
        debugged, DebugHookConfig={**hook, "LocalPath": "/opt/ml/model/x"}
    )
    assert "DebugHookConfig.S3OutputPath" in refusal(
        debugged, DebugHookConfig={**hook, "S3OutputPath": "s3://nobody-has-this-bucket/x"}
    )


def test_framework_profiling_is_not_built(debugged):
    config = {"S3OutputPath": f"s3://{debugged.aws.bucket}/p", "ProfilingParameters": {"DetailedProfilingConfig": "{}"}}
    assert "(framework profiling) is not supported" in refusal(debugged, ProfilerConfig=config)


def test_a_refused_job_leaves_nothing(debugged):
    request = debugged.request(SCRIPT, DebugRuleConfigurations=[rule("Overfit", patience=0)])
    with pytest.raises(ClientError):
        debugged.sagemaker.create_training_job(**request)
    with pytest.raises(ClientError, match="not found"):
        debugged.describe(request["TrainingJobName"])


def test_rules_are_in_progress_from_the_start(debugged, no_runner):
    name = debugged.start(SCRIPT, DebugRuleConfigurations=[rule("Overfit"), rule("AllZero")])
    found = debugged.describe(name)["DebugRuleEvaluationStatuses"]
    assert [(one["RuleConfigurationName"], one["RuleEvaluationStatus"]) for one in found] == [
        ("Overfit", "InProgress"), ("AllZero", "InProgress"),
    ]  # fmt: skip
    jobs = debugged.sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]
    assert {one["ProcessingJobArn"] for one in jobs} == {one["RuleEvaluationJobArn"] for one in found}


def test_the_sdks_actions_are_read(debugged, no_runner):
    from smdebug_rulesconfig import ActionList, Email, StopTraining

    actions = ActionList(StopTraining(), Email("a@b.co"))
    actions.update_training_job_prefix_if_not_specified("job-x")
    config = rule("Overfit")
    config["RuleParameters"]["action_json"] = actions.serialize()
    assert debugged.start(SCRIPT, DebugRuleConfigurations=[config])


def test_update_takes_profiler_rules_and_no_more(debugged, no_runner):
    name = debugged.start(SCRIPT, ProfilerConfig={"DisableProfiler": True})
    assert debugged.describe(name)["ProfilingStatus"] == "Disabled"
    update = debugged.sagemaker.update_training_job
    with pytest.raises(ClientError, match="300 is not one of"):
        update(TrainingJobName=name, ProfilerConfig={"DisableProfiler": False, "ProfilingIntervalInMilliseconds": 300})
    assert debugged.describe(name)["ProfilingStatus"] == "Disabled"
    update(
        TrainingJobName=name, ProfilerConfig={"DisableProfiler": False, "ProfilingIntervalInMilliseconds": 1000},
        ProfilerRuleConfigurations=[rule("ProfilerReport", CPUBottleneck_threshold=40)],
    )  # fmt: skip
    found = debugged.describe(name)
    assert found["ProfilingStatus"] == "Enabled"
    assert found["ProfilerRuleEvaluationStatuses"][0]["RuleConfigurationName"] == "ProfilerReport"
    with pytest.raises(ClientError, match="ProfilerReport is given twice"):
        update(TrainingJobName=name, ProfilerRuleConfigurations=[rule("ProfilerReport")])


def test_the_catalogue_knows_all_that_the_sdk_knows():
    import inspect
    import json
    from pathlib import Path

    import smdebug_rulesconfig
    from smdebug_rulesconfig.profiler_rules import rules as profiler

    from areas.debugger.catalogue import REPORT, RULES

    folder = Path(smdebug_rulesconfig.__path__[0]) / "debugger_rules" / "rule_config_jsons"
    known = json.loads((folder / "ruleConfigs.json").read_text())
    assert set(known) <= set(RULES)
    for name, config in known.items():
        wanted = {one["CollectionName"] for one in config.get("CollectionConfigurations", ())}
        assert wanted <= {collection for collection, _ in RULES[name].collections}, name
    for name, made in inspect.getmembers(profiler, inspect.isclass):
        if name in RULES and RULES[name] is not REPORT:
            given = {key: str(value) for key, value in made().rule_parameters.items()}
            assert RULES[name].read(given) == RULES[name].read({}), name


def test_what_another_trials_rule_reads_must_be_allowed_whole():
    config = rule("SimilarAcrossRuns", other_trial="s3://bucket/debug/job/debug-output")
    found = reached("TrainingJob", {"DebugRuleConfigurations": [config]})
    assert ("view", "S3Object", "bucket/debug/job/debug-output/", "", {}, "", True) in found


def test_the_rules_of_a_deleted_job_are_stopped(debugged, no_runner):
    name = debugged.start(SCRIPT, DebugRuleConfigurations=[rule("Overfit")])
    job = debugged.describe(name)["DebugRuleEvaluationStatuses"][0]["RuleEvaluationJobArn"].rpartition("/")[2]
    debugged.sagemaker.describe_processing_job(ProcessingJobName=job)
    Record.objects.get(name=name, connection=debugged.aws.connection).delete()
    works = Work.objects.filter(record__name=job, record__connection=debugged.aws.connection)
    for _ in range(2):
        for work in works.select_related("record__connection"):
            evaluate(work)
    assert debugged.sagemaker.describe_processing_job(ProcessingJobName=job)["ProcessingJobStatus"] == "Stopped"
    assert not works.exists()


def test_a_rule_that_is_stopped_by_itself(debugged, no_runner):
    name = debugged.start(SCRIPT, DebugRuleConfigurations=[rule("Overfit"), rule("AllZero")])
    job = debugged.describe(name)["DebugRuleEvaluationStatuses"][1]["RuleEvaluationJobArn"].rpartition("/")[2]
    debugged.sagemaker.stop_processing_job(ProcessingJobName=job)
    for work in Work.objects.filter(kind="conducted", record__connection=debugged.aws.connection):
        evaluate(work)
    found = {one["RuleConfigurationName"]: one["RuleEvaluationStatus"] for one in
             debugged.describe(name)["DebugRuleEvaluationStatuses"]}  # fmt: skip
    assert found == {"Overfit": "InProgress", "AllZero": "Stopped"}
