"""Search: properties, tags, metrics and hyperparameters, nested lists, and expressions of expressions."""

import pytest
from botocore.exceptions import ClientError

T = 1_700_000_000.0
ONE = {"Name": "TrainingJobName", "Operator": "Contains", "Value": "job"}


def channel(name: str, uri: str) -> dict:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}


@pytest.fixture
def jobs(shelf):
    """job-0 … job-3: the loss falls, job-3 has no metric and no second channel."""
    for at in range(4):
        shelf.put(
            "TrainingJob", f"job-{at}", T + at, ["Completed", "Failed"][at % 2],
            tags=[{"Key": "team", "Value": ["vision", "audio"][at // 2]}],
            HyperParameters={"eta": ["0.1", "0.2", "0.30", "auto"][at], "objective": "reg:squarederror"},
            InputDataConfig=[channel("train", f"s3://b/train/{at}")] + [channel("test", f"s3://b/test/{at}")] * (at < 3),
            FinalMetricDataList=[{"MetricName": "loss", "Value": 0.4 - at / 10, "Timestamp": T}] * (at < 3),
            TrainingTimeInSeconds=at * 60, EnableManagedSpotTraining=at == 2, ResourceConfig={"InstanceCount": 1},
        )  # fmt: skip


@pytest.fixture
def find(aws, jobs):
    def find(*filters, **request) -> list[str]:
        request.setdefault("SearchExpression", {"Filters": list(filters)} if filters else {})
        request.setdefault("SortBy", "CreationTime")
        request.setdefault("SortOrder", "Ascending")
        answer = aws.client("sagemaker").search(Resource="TrainingJob", **request)
        assert answer["TotalHits"] == {"Value": len(answer["Results"]), "Relation": "EqualTo"}
        return [result["TrainingJob"]["TrainingJobName"][-1] for result in answer["Results"]]

    return find


@pytest.mark.parametrize(
    ("name", "operator", "value", "expected"),
    [
        ("TrainingJobName", "Equals", "job-1", "1"),
        ("TrainingJobStatus", "NotEquals", "Failed", "02"),
        ("TrainingJobStatus", "In", "Failed, Stopped", "13"),
        ("Tags.team", "Equals", "vision", "01"),
        ("Tags.team", "Contains", "aud", "23"),
        ("Tags.nothing", "NotExists", None, "0123"),
        ("Metrics.loss", "LessThan", "0.35", "12"),
        ("Metrics.loss", "GreaterThanOrEqualTo", "0.4", "0"),
        ("Metrics.loss", "Exists", None, "012"),
        ("Metrics.other", "Exists", None, ""),
        ("HyperParameters.eta", "LessThan", "0.25", "01"),
        ("HyperParameters.eta", "Equals", "0.3", "2"),
        ("HyperParameters.eta", "Equals", "auto", "3"),
        ("HyperParameters.eta", "Contains", "0.", "012"),
        ("HyperParameters.eta", "NotExists", None, ""),
        ("TrainingTimeInSeconds", "GreaterThan", "60", "23"),
        ("EnableManagedSpotTraining", "Equals", "True", "2"),
        ("EnableManagedSpotTraining", "NotEquals", "true", "013"),
        ("ResourceConfig.InstanceCount", "Equals", "1", "0123"),
        ("ResourceConfig", "Exists", None, "0123"),
        ("CheckpointConfig", "NotExists", None, "0123"),
        ("CreationTime", "GreaterThan", "2023-11-14T22:13:21", "23"),
        ("CreationTime", "LessThanOrEqualTo", "2023-11-14T22:13:21Z", "01"),
        ("InputDataConfig.ChannelName", "Equals", "test", "012"),
        ("InputDataConfig.ChannelName", "NotEquals", "test", "3"),
        ("InputDataConfig.DataSource.S3DataSource.S3Uri", "Contains", "/train/2", "2"),
    ],
)  # fmt: skip
def test_operators(find, name, operator, value, expected):
    found = find({"Name": name, "Operator": operator, **({"Value": value} if value else {})})
    assert "".join(found) == expected


def test_one_element_must_satisfy_all_nested_filters(find):
    def nested(name, uri):
        filters = [
            {"Name": "InputDataConfig.ChannelName", "Value": name},
            {"Name": "InputDataConfig.DataSource.S3DataSource.S3Uri", "Operator": "Contains", "Value": uri},
        ]
        return {"NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": filters}]}

    assert find(SearchExpression=nested("test", "/test/")) == ["0", "1", "2"]
    assert find(SearchExpression=nested("test", "/train/")) == []


def test_expressions_of_expressions(find):
    vision = {"Filters": [{"Name": "Tags.team", "Value": "vision"}]}
    cheap = {"Filters": [{"Name": "TrainingTimeInSeconds", "Operator": "GreaterThan", "Value": "120"}]}
    failed = {"Name": "TrainingJobStatus", "Value": "Failed"}
    either = {"SubExpressions": [vision, cheap], "Operator": "Or"}
    assert find(SearchExpression=either) == ["0", "1", "3"]
    assert find(SearchExpression={"Filters": [failed], "SubExpressions": [either]}) == ["1", "3"]
    assert find(SearchExpression={"Filters": [failed, {"Name": "Metrics.loss", "Operator": "Exists"}], "Operator": "Or"}) == [
        "0", "1", "2", "3",
    ]  # fmt: skip


def test_sorted_by_a_metric_with_the_unmeasured_last(find):
    assert find(SortBy="Metrics.loss", SortOrder="Ascending") == ["2", "1", "0", "3"]
    assert find(SortBy="Metrics.loss", SortOrder="Descending") == ["0", "1", "2", "3"]
    assert find(SortBy="TrainingJobName", SortOrder="Descending") == ["3", "2", "1", "0"]
    assert find(SortBy="Tags.team") == ["2", "3", "0", "1"]


def test_latest_change_first_unless_asked_otherwise_and_results_carry_their_tags(aws, jobs):
    results = aws.client("sagemaker").search(Resource="TrainingJob")["Results"]
    assert [list(result) for result in results] == [["TrainingJob"]] * 4
    assert [result["TrainingJob"]["TrainingJobName"] for result in results] == ["job-3", "job-2", "job-1", "job-0"]
    assert results[0]["TrainingJob"]["Tags"] == [{"Key": "team", "Value": "audio"}]


@pytest.mark.parametrize(
    "sort", ["Metrics.loss", "CreationTime", "LastModifiedTime", "TrainingJobName", "HyperParameters.eta"]
)
def test_pages_meet_and_count_all_hits(aws, jobs, sort):
    pages = list(aws.client("sagemaker").get_paginator("search").paginate(
        Resource="TrainingJob", SortBy=sort, SearchExpression={"Filters": [ONE]}, PaginationConfig={"PageSize": 1}
    ))  # fmt: skip
    names = [result["TrainingJob"]["TrainingJobName"] for page in pages for result in page["Results"]]
    assert sorted(names) == ["job-0", "job-1", "job-2", "job-3"]
    assert {page["TotalHits"]["Value"] for page in pages} == {4}
    assert "NextToken" not in pages[-1]


def test_models_and_endpoints_are_found_too(aws, shelf):
    shelf.put("Model", "m", tags=[{"Key": "a", "Value": "b"}], EnableNetworkIsolation=True)
    shelf.put("Endpoint", "e", status="InService", EndpointConfigName="c")
    client = aws.client("sagemaker")
    model = client.search(Resource="Model", SearchExpression={"Filters": [{"Name": "ModelName", "Value": "m"}]})
    assert model["Results"][0]["Model"]["Model"]["ModelName"] == "m"
    assert model["Results"][0]["Model"]["Model"]["Tags"] == [{"Key": "a", "Value": "b"}]
    endpoint = client.search(
        Resource="Endpoint", SearchExpression={"Filters": [{"Name": "EndpointStatus", "Value": "InService"}]}
    )
    assert endpoint["Results"][0]["Endpoint"]["EndpointName"] == "e"


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ({"Filters": [{"Name": "Colour", "Value": "red"}]}, "Unknown property Colour"),
        ({"Filters": [{"Name": "TrainingJobName", "Operator": "LessThan", "Value": "a"}]}, "does not work on text"),
        ({"Filters": [{"Name": "TrainingTimeInSeconds", "Operator": "Contains", "Value": "1"}]}, "works on text properties only"),
        ({"Filters": [{"Name": "TrainingTimeInSeconds", "Value": "many"}]}, "many is no number"),
        ({"Filters": [{"Name": "CreationTime", "Value": "noon"}]}, "noon is no time"),
        ({"Filters": [{"Name": "TrainingJobName"}]}, "needs a Value"),
        ({"Filters": [{"Name": "ResourceConfig", "Value": "x"}]}, "has no single value"),
        ({"Filters": [{"Name": "HyperParameters.a\"b", "Value": "x"}]}, "quotation mark"),
        ({"NestedFilters": [{"NestedPropertyName": "ResourceConfig", "Filters": [ONE]}]}, "is no list"),
        ({"SubExpressions": [{"Filters": [ONE] * 17}] * 3}, "at most 50 filters"),
    ],
)  # fmt: skip
def test_an_expression_that_makes_no_sense(aws, expression, words):
    with pytest.raises(ClientError, match=words) as raised:
        aws.client("sagemaker").search(Resource="TrainingJob", SearchExpression=expression)
    assert raised.value.response["Error"]["Code"] == "ValidationException"


def test_a_noun_that_is_not_built_says_so(aws):
    with pytest.raises(ClientError, match="Search for Pipeline is not supported by the embedded engine yet"):
        aws.client("sagemaker").search(Resource="Pipeline")
