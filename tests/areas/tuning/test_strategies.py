"""What each strategy proposes, and when a tuning job has had enough. The conductor is real; jobs end as the test says."""

import math
import statistics

import pytest
from botocore.exceptions import ClientError

from tests.areas.tuning.conftest import categorical, continuous, integer


def rate(trial) -> float:
    return float(trial.parameters["rate"])


def test_random_with_a_seed_proposes_the_same_again(stage):
    ranges = {**continuous(), **integer("depth", "1", "9"), **categorical(kind=["a", "b", "c"])}
    asked = {"most": 5, "parallel": 1, "ranges": ranges}
    played = []
    for seed in (7, 7, 8):
        name = stage.start(config={"RandomSeed": seed}, **asked)
        stage.play(name, rate)
        played.append([one["TunedHyperParameters"] for one in stage.jobs(name)])
    assert played[0] == played[1] != played[2]
    assert len({one["rate"] for one in played[0]}) == 5
    for one in played[0]:
        assert one["depth"].isdecimal()
        assert 1 <= int(one["depth"]) <= 9
        assert one["kind"] in "abc"


def test_grid_tries_every_combination_once(stage):
    ranges = categorical(kind=["a", "b", "c"], size=["1", "2"])
    name = stage.start(strategy="Grid", most=None, ranges=ranges)
    done = stage.play(name, lambda trial: int(trial.parameters["size"]))
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    tried = [tuple(one["TunedHyperParameters"][key] for key in ("kind", "size")) for one in stage.jobs(name)]
    assert sorted(tried) == [(kind, size) for kind in "abc" for size in "12"]
    assert (
        done["BestTrainingJob"]["TrainingJobName"] == stage.jobs(name)[1]["TrainingJobName"]
    )  # the earliest of equals


def test_the_best_of_equals_is_the_earliest_where_less_is_better_too(stage):
    scores = [3, 1, 1, 2]
    name = stage.start(most=4, parallel=1, aim="Minimize")
    done = stage.play(name, lambda trial: scores[trial.number - 1])
    best = done["BestTrainingJob"]
    assert best["TrainingJobName"] == stage.jobs(name)[1]["TrainingJobName"]
    assert best["FinalHyperParameterTuningJobObjectiveMetric"] == {
        "Type": "Minimize",
        "MetricName": "score",
        "Value": 1,
    }
    for job in stage.jobs(name):
        given = stage.training.describe(job["TrainingJobName"])["HyperParameters"]
        assert given["_tuning_objective_metric"] == "score"


def test_bayesian_learns_from_results_and_keeps_to_its_ranges(stage):
    ranges = {
        "ContinuousParameterRanges": [
            {"Name": "rate", "MinValue": "0.0001", "MaxValue": "1", "ScalingType": "Logarithmic"},
            {"Name": "decay", "MinValue": "0.5", "MaxValue": "0.9999", "ScalingType": "ReverseLogarithmic"},
        ],
        **integer("depth", "1", "64", "Logarithmic"),
    }

    def loss(trial) -> float:
        return (math.log10(rate(trial)) + 2) ** 2 + abs(float(trial.parameters["decay"]) - 0.99)

    name = stage.start(
        strategy="Bayesian", most=22, parallel=2, aim="Minimize", ranges=ranges, config={"RandomSeed": 6}
    )
    done = stage.play(name, loss)
    assert done["TrainingJobStatusCounters"]["Completed"] == 22
    values = [one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for one in stage.jobs(name)]
    assert done["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == min(values)
    assert statistics.median(values[14:]) < statistics.median(values[:10]) / 3  # far better than those by chance
    for one in stage.jobs(name):
        tuned = one["TunedHyperParameters"]
        assert 0.0001 <= float(tuned["rate"]) <= 1
        assert 0.5 <= float(tuned["decay"]) <= 0.9999
        assert 1 <= int(tuned["depth"]) <= 64


def test_the_target_ends_it_before_all_are_tried(stage):
    criteria = {"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 3}}
    name = stage.start(most=10, config=criteria)
    done = stage.play(name, lambda trial: trial.number)
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert done["TrainingJobStatusCounters"]["Completed"] == 3
    assert done["TrainingJobStatusCounters"]["Stopped"] == 1  # the one beside the third
    assert done["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == 3


def test_no_improvement_ends_it(stage):
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}
    name = stage.start(most=20, parallel=1, config={"TuningJobCompletionCriteria": criteria})
    done = stage.play(name, lambda trial: 10 - trial.number if trial.number > 2 else trial.number * 4)
    assert done["TrainingJobStatusCounters"]["Completed"] == 5
    assert done["TuningJobCompletionDetails"]["NumberOfTrainingJobsObjectiveNotImproving"] == 3


def test_convergence_ends_it_where_asked(stage):
    criteria = {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}
    name = stage.start(most=40, parallel=4, config={"TuningJobCompletionCriteria": criteria})
    done = stage.play(name, lambda trial: min(trial.number, 6))
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert done["TrainingJobStatusCounters"]["Completed"] == 20
    assert "ConvergenceDetectedTime" in done["TuningJobCompletionDetails"]


def test_its_longest_time_ends_it(stage, monkeypatch):
    limits = {"MaxParallelTrainingJobs": 1, "MaxRuntimeInSeconds": 120}
    name = stage.start(config={"ResourceLimits": limits})
    stage.tick()
    stage.end(stage.running(name)[0].name, score=1)
    stage.tick()
    begun = stage.describe(name)["CreationTime"].timestamp()
    monkeypatch.setattr("areas.tuning.engine.study.time.time", lambda: begun + 121)
    done = stage.play(name, lambda trial: 1)
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert done["TrainingJobStatusCounters"]["Stopped"] == 1


def test_the_median_rule_stops_what_is_worse_than_others_were(stage):
    name = stage.start(most=5, parallel=1, aim="Minimize", config={"TrainingJobEarlyStoppingType": "Auto"})
    for _ in range(3):
        stage.tick()
        (trial,) = stage.running(name)
        stage.measure(trial.name, 4, 2, 1)
        stage.end(trial.name)
    stage.tick()
    (bad,) = stage.running(name)
    stage.measure(bad.name, 3.9)
    stage.tick()
    assert stage.running(name)[0].status == "InProgress"  # better than the median so far
    stage.measure(bad.name, 3.5)
    stage.tick()
    assert stage.running(name)[0].status == "Stopping"  # the others' running average was 3
    done = stage.play(name, lambda trial: 1)
    stopped = next(one for one in stage.jobs(name) if one["TrainingJobStatus"] == "Stopped")
    assert stopped["ObjectiveStatus"] == "Succeeded"
    assert stopped["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == 3.5
    assert done["ObjectiveStatusCounters"]["Succeeded"] == 5


def test_hyperband_stops_all_but_the_best_and_what_has_had_its_epochs(stage):
    definition = stage.definition(static={"epochs": '"9"'})
    name = stage.start(strategy="Hyperband", most=6, parallel=6, definition=definition)
    stage.tick()
    trials = stage.running(name)
    for trial in trials:
        stage.measure(trial.name, float(trial.number))
    stage.tick()
    states = {trial.number: trial.status for trial in stage.running(name)}
    assert states[6] == "InProgress"
    assert states[1] == "Stopping"
    stage.measure(trials[5].name, *range(8))
    stage.tick()
    assert {trial.number: trial.status for trial in stage.running(name)}[6] == "Stopping"  # nine epochs
    done = stage.play(name, lambda trial: 0)
    assert done["HyperParameterTuningJobStatus"] == "Completed"


def test_several_definitions_take_turns_with_objectives_and_ranges_of_their_own(stage):
    aim = {"Type": "Maximize", "MetricName": "score"}
    several = [
        {
            **stage.definition(),
            "DefinitionName": "one",
            "TuningObjective": aim,
            "HyperParameterRanges": continuous("rate"),
        },
        {
            **stage.definition(),
            "DefinitionName": "two",
            "TuningObjective": aim,
            "HyperParameterRanges": integer("depth"),
        },
    ]
    request = stage.request(most=4)
    del request["TrainingJobDefinition"]
    for member in ("ParameterRanges", "HyperParameterTuningJobObjective"):
        del request["HyperParameterTuningJobConfig"][member]
    stage.sagemaker.create_hyper_parameter_tuning_job(**request, TrainingJobDefinitions=several)
    name = request["HyperParameterTuningJobName"]
    done = stage.play(name, lambda trial: trial.number)
    jobs = stage.jobs(name)
    assert [one["TrainingJobDefinitionName"] for one in jobs] == ["one", "two", "one", "two"]
    assert [list(one["TunedHyperParameters"]) for one in jobs] == [["rate"], ["depth"]] * 2
    assert done["BestTrainingJob"]["TrainingJobDefinitionName"] == "two"


def test_autotune_fills_in_the_ranges_that_the_algorithm_recommends(stage):
    from areas import images

    definition = stage.definition()
    definition["AlgorithmSpecification"] = {
        "TrainingImage": images.images()["sagemaker-xgboost"].uri(), "TrainingInputMode": "File",
    }  # fmt: skip
    definition["StaticHyperParameters"] = {"objective": "binary:logistic", "num_round": "5"}
    ranges = {**continuous("eta", "0.1", "0.2"), "AutoParameters": [{"Name": "max_depth", "ValueHint": "4"}]}
    config = {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"}}
    name = stage.start(definition=definition, ranges=ranges, config=config, Autotune={"Mode": "Enabled"})
    told = stage.describe(name)["HyperParameterTuningJobConfig"]["ParameterRanges"]
    assert told["IntegerParameterRanges"][0] | {"ScalingType": ""} == {
        "Name": "max_depth", "MinValue": "0", "MaxValue": "10", "ScalingType": "",
    }  # fmt: skip
    assert told["AutoParameters"] == ranges["AutoParameters"]
    with pytest.raises(ClientError, match="Autotune has no range for colour"):
        stage.start(definition=definition, config=config, Autotune={"Mode": "Enabled"},
                    ranges={"AutoParameters": [{"Name": "colour", "ValueHint": "1"}]})  # fmt: skip
    with pytest.raises(ClientError, match="Autotune of sagemaker-scikit-learn is not supported"):
        stage.start(Autotune={"Mode": "Enabled"})
