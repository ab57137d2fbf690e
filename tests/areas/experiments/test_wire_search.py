"""Search for experiments, trials and trial components: parents, parameters, metrics, tags, nested filters, suggestions."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def sagemaker(aws):
    """Runs r0 … r3 in two experiments, each with a tag, parameters and a metric."""
    from catalog import metrics
    from catalog.models import Record

    sagemaker = aws.client("sagemaker")
    for experiment, trial in (("churn", "c-1"), ("fraud", "f-1")):
        sagemaker.create_experiment(
            ExperimentName=experiment, Description=f"about {experiment}", Tags=[{"Key": "team", "Value": experiment}]
        )
        sagemaker.create_trial(TrialName=trial, ExperimentName=experiment)
    for number in range(4):
        arn = sagemaker.create_trial_component(
            TrialComponentName=f"r{number}", Tags=[{"Key": "seed", "Value": str(number)}],
            Parameters={"depth": {"NumberValue": number + 8}, "opt": {"StringValue": ("adam", "sgd")[number % 2]}},
            Status={"PrimaryStatus": ("Completed", "Failed")[number % 2]},
        )["TrialComponentArn"]  # fmt: skip
        record = Record.objects.get(arn=arn)
        metrics.append(
            record, [metrics.Point("val:auc.macro", 0.5 + number / 10, 1000.0 + step, step) for step in (1, 2)]
        )
        sagemaker.associate_trial_component(TrialComponentName=f"r{number}", TrialName=("c-1", "f-1")[number // 2])
    sagemaker.associate_trial_component(TrialComponentName="r0", TrialName="f-1")
    return sagemaker


def found(sagemaker, *filters, resource="ExperimentTrialComponent", **more) -> list[str]:
    noun = resource.removeprefix("Experiment") or "Experiment"
    answer = sagemaker.search(Resource=resource, SearchExpression=expression(*filters), **more)["Results"]
    return [one[noun][f"{noun}Name"] for one in answer]


def expression(*filters, operator="And") -> dict:
    names = [dict(zip(("Name", "Operator", "Value"), one, strict=False)) for one in filters]
    return {"Operator": operator, **({"Filters": names} if names else {})}


@pytest.mark.parametrize(
    "filters, names",
    [
        ([("Parents.TrialName", "Equals", "c-1")], {"r0", "r1"}),
        ([("Parents.ExperimentName", "Equals", "fraud")], {"r0", "r2", "r3"}),
        ([("Parents.ExperimentName", "NotEquals", "fraud")], {"r1"}),
        ([("Parents.TrialName", "Contains", "f-")], {"r0", "r2", "r3"}),
        ([("Parameters.depth", "GreaterThan", "9")], {"r2", "r3"}),  # as numbers: 10 is more than 9
        ([("Parameters.opt", "Equals", "adam")], {"r0", "r2"}),
        ([("Parameters.none", "Exists")], set()),
        ([("Metrics.val:auc.macro.Max", "GreaterThanOrEqualTo", "0.7")], {"r2", "r3"}),
        ([("metrics.val:auc.macro.min", "LessThan", "0.6")], {"r0"}),
        ([("Metrics.val:auc.macro", "Exists")], {"r0", "r1", "r2", "r3"}),
        ([("Metrics.val:auc.macro.Count", "Equals", "2"), ("Tags.seed", "In", "1,3")], {"r1", "r3"}),
        ([("Status.PrimaryStatus", "Equals", "Failed"), ("Parents.TrialName", "Equals", "f-1")], {"r3"}),
        ([("TrialComponentName", "Equals", "r1"), ("Parents.TrialName", "Equals", "c-1")], {"r1"}),
    ],
)
def test_components_are_found_by(sagemaker, filters, names):
    assert set(found(sagemaker, *filters)) == names


def test_a_component_comes_with_its_parents_tags_and_metrics(sagemaker):
    """Behaviour 22."""
    (one,) = sagemaker.search(
        Resource="ExperimentTrialComponent", SearchExpression=expression(("Tags.seed", "Equals", "0"))
    )["Results"]
    component = one["TrialComponent"]
    assert component["Parents"] == [
        {"TrialName": "c-1", "ExperimentName": "churn"}, {"TrialName": "f-1", "ExperimentName": "fraud"}
    ]  # fmt: skip
    assert component["Tags"] == [{"Key": "seed", "Value": "0"}]
    assert [(one["MetricName"], one["Count"]) for one in component["Metrics"]] == [("val:auc.macro", 2)]


def test_results_are_sorted_by_metric_and_parameter_in_pages(sagemaker):
    for by in ("metrics.val:auc.macro.max", "Parameters.depth"):
        pages = sagemaker.get_paginator("search").paginate(
            Resource="ExperimentTrialComponent", SortBy=by, SortOrder="Ascending", PaginationConfig={"PageSize": 3}
        )
        names = [one["TrialComponent"]["TrialComponentName"] for page in pages for one in page["Results"]]
        assert names == ["r0", "r1", "r2", "r3"], by


def test_nested_filters_are_about_one_element(sagemaker):
    def nested(trial, experiment):
        pair = [{"Name": "Parents.TrialName", "Operator": "Equals", "Value": trial},
                {"Name": "Parents.ExperimentName", "Operator": "Equals", "Value": experiment}]  # fmt: skip
        answer = sagemaker.search(
            Resource="ExperimentTrialComponent",
            SearchExpression={"NestedFilters": [{"NestedPropertyName": "Parents", "Filters": pair}]},
        )
        return {one["TrialComponent"]["TrialComponentName"] for one in answer["Results"]}

    assert nested("c-1", "churn") == {"r0", "r1"}
    assert nested("c-1", "fraud") == set()
    either = {
        "Operator": "Or",
        "SubExpressions": [
            expression(("Parents.TrialName", "Equals", "c-1"), ("Parameters.opt", "Equals", "sgd")),
            {"NestedFilters": [{"NestedPropertyName": "Metrics", "Filters": [
                {"Name": "Metrics.MetricName", "Operator": "Contains", "Value": "auc"},
                {"Name": "Metrics.Last", "Operator": "GreaterThan", "Value": "0.75"}]}]},
        ],
    }  # fmt: skip
    answer = sagemaker.search(Resource="ExperimentTrialComponent", SearchExpression=either)["Results"]
    assert {one["TrialComponent"]["TrialComponentName"] for one in answer} == {"r1", "r3"}


def test_experiments_and_trials_are_found(sagemaker):
    assert found(sagemaker, ("Tags.team", "Equals", "fraud"), resource="Experiment") == ["fraud"]
    assert found(sagemaker, ("Description", "Contains", "churn"), resource="Experiment") == ["churn"]
    assert found(sagemaker, ("ExperimentName", "Equals", "churn"), resource="ExperimentTrial") == ["c-1"]
    by_component = ("TrialComponentSummaries.TrialComponentName", "Equals", "r0")
    assert set(found(sagemaker, by_component, resource="ExperimentTrial")) == {"c-1", "f-1"}
    (one,) = sagemaker.search(Resource="ExperimentTrial", SearchExpression=expression(("TrialName", "Equals", "c-1")))[
        "Results"
    ]
    summaries = one["Trial"]["TrialComponentSummaries"]
    assert [summary["TrialComponentName"] for summary in summaries] == ["r0", "r1"]
    assert one["Trial"]["ExperimentName"] == "churn"


@pytest.mark.parametrize("name", ["Parents.Name", "TrialComponentSummaries.TrialName", "Nothing"])
def test_unknown_properties_are_refused(sagemaker, name):
    with pytest.raises(ClientError, match="Unknown property"):
        found(sagemaker, (name, "Equals", "x"))


def test_what_one_may_not_view_is_not_found(aws, cast, sagemaker):
    from catalog.models import Grant, Role

    role = Role.objects.create(name=f"only r1 {aws.number}", rules=[
        {"verbs": ["view"], "nouns": ["TrialComponent"], "names": ["r1"]},
        {"verbs": ["view"], "nouns": ["Trial"], "names": ["f-*"]}])  # fmt: skip
    Grant.objects.create(role=role, connection_id=aws.connection.id, user=cast.charlie.user)
    theirs = cast.charlie.client("sagemaker")
    (one,) = theirs.search(Resource="ExperimentTrialComponent")["Results"]
    assert one["TrialComponent"]["TrialComponentName"] == "r1" and one["TrialComponent"]["Parents"] == []
    (one,) = theirs.search(Resource="ExperimentTrial")["Results"]
    assert one["Trial"]["TrialComponentSummaries"] == []


def test_names_of_properties_are_suggested(sagemaker):
    def suggested(hint):
        answer = sagemaker.get_search_suggestions(
            Resource="ExperimentTrialComponent", SuggestionQuery={"PropertyNameQuery": {"PropertyNameHint": hint}}
        )
        return [one["PropertyName"] for one in answer["PropertyNameSuggestions"]]

    assert suggested("Parameters.") == ["Parameters.depth", "Parameters.opt"]
    assert suggested("auc") == ["Metrics.val:auc.macro"]
    assert "Tags.seed" in suggested("seed")
    assert suggested("parents") == ["Parents.ExperimentName", "Parents.TrialName"]
