"""List: each operation's own order, every filter, and pages that neither lose nor repeat a thing."""

import pytest
from botocore.exceptions import ClientError

from engine.context import Context
from engine.errors import AwsError
from engine.verbs import handler_for

T = 1_700_000_000.0


def names(answer: dict) -> list[str]:
    things = next(value for value in answer.values() if isinstance(value, list))
    return [next(value for key, value in thing.items() if key.endswith("Name")) for thing in things]


@pytest.fixture
def jobs(shelf):
    """Six training jobs: b is the oldest, and every second one is completed."""
    for at, name in enumerate(["b-one", "A-two", "c-three", "b-Four", "a-five", "d-six"]):
        shelf.put("TrainingJob", name, T + at * 10, ["Completed", "InProgress"][at % 2], SecondaryStatus="Training")


def test_training_jobs_come_oldest_first_and_models_newest_first(aws, shelf, jobs):
    for at, name in enumerate(["m1", "m2", "m3"]):
        shelf.put("Model", name, T + at)
    client = aws.client("sagemaker")
    assert names(client.list_training_jobs()) == ["b-one", "A-two", "c-three", "b-Four", "a-five", "d-six"]
    assert names(client.list_models()) == ["m3", "m2", "m1"]


def test_a_summary_has_the_members_of_the_model(aws, shelf):
    shelf.put("TrainingJob", "job", T, "Completed", TrainingEndTime=T + 5, SecondaryStatus="Completed", RoleArn="r",
              ResourceConfig={"TrainingPlanArn": "plan"}, WarmPoolStatus={"Status": "Available"})  # fmt: skip
    summary = aws.client("sagemaker").list_training_jobs()["TrainingJobSummaries"][0]
    assert set(summary) == {
        "TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingEndTime", "LastModifiedTime", "TrainingJobStatus",
        "SecondaryStatus", "WarmPoolStatus", "TrainingPlanArn",
    }  # fmt: skip
    assert summary["TrainingEndTime"].timestamp() == T + 5


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"SortBy": "Name"}, ["A-two", "a-five", "b-Four", "b-one", "c-three", "d-six"]),
        ({"SortBy": "Name", "SortOrder": "Descending"}, ["d-six", "c-three", "b-one", "b-Four", "a-five", "A-two"]),
        ({"SortBy": "Status"}, ["b-one", "c-three", "a-five", "A-two", "b-Four", "d-six"]),
        ({"SortOrder": "Descending"}, ["d-six", "a-five", "b-Four", "c-three", "A-two", "b-one"]),
        ({"NameContains": "b-"}, ["b-one", "b-Four"]),
        ({"NameContains": "F"}, ["b-Four"]),
        ({"NameContains": "f"}, ["a-five"]),
        ({"StatusEquals": "InProgress"}, ["A-two", "b-Four", "d-six"]),
        ({"StatusEquals": "InProgress", "NameContains": "-F"}, ["b-Four"]),
        ({"CreationTimeAfter": T + 20}, ["b-Four", "a-five", "d-six"]),
        ({"CreationTimeBefore": T + 20}, ["b-one", "A-two"]),
        ({"LastModifiedTimeAfter": T + 20, "LastModifiedTimeBefore": T + 40}, ["b-Four"]),
        ({"WarmPoolStatusEquals": "Available"}, []),
    ],
)
def test_filters_and_sorts(aws, jobs, asked, expected):
    assert names(aws.client("sagemaker").list_training_jobs(**asked)) == expected


def test_filters_that_look_into_the_document(aws, shelf):
    shelf.put("TrainingJob", "warm", status="Completed", WarmPoolStatus={"Status": "Available"})
    plan = "arn:aws:sagemaker:us-east-1:123456789012:training-plan/plan"
    shelf.put("TrainingJob", "planned", status="Completed", ResourceConfig={"TrainingPlanArn": plan})
    client = aws.client("sagemaker")
    assert names(client.list_training_jobs(WarmPoolStatusEquals="Available")) == ["warm"]
    assert names(client.list_training_jobs(TrainingPlanArnEquals=plan)) == ["planned"]


@pytest.mark.parametrize("sort", ["Name", "CreationTime", "Status"])
@pytest.mark.parametrize("order", ["Ascending", "Descending"])
@pytest.mark.parametrize("size", [1, 3, 7])
def test_pages_meet_without_gap_or_overlap(aws, shelf, sort, order, size):
    for at in range(7):
        # Most were made at the same moment: the order must hold where the times don't tell.
        shelf.put("TrainingJob", f"job-{at * 5 % 7}", T + at // 3, ["Completed", "Failed"][at % 2])
    client = aws.client("sagemaker")
    whole = names(client.list_training_jobs(SortBy=sort, SortOrder=order))
    pages = list(
        client.get_paginator("list_training_jobs").paginate(
            SortBy=sort, SortOrder=order, PaginationConfig={"PageSize": size}
        )
    )
    assert [name for page in pages for name in names(page)] == whole
    assert len(set(whole)) == 7
    assert len(pages) == -(-7 // size)
    assert ["NextToken" in page for page in pages] == [True] * (len(pages) - 1) + [False]


def test_a_thing_made_meanwhile_moves_no_page(aws, shelf, jobs):
    client = aws.client("sagemaker")
    first = client.list_training_jobs(MaxResults=2, SortOrder="Descending")
    shelf.put("TrainingJob", "newer", T + 100, "InProgress")
    second = client.list_training_jobs(MaxResults=2, SortOrder="Descending", NextToken=first["NextToken"])
    assert names(first) + names(second) == ["d-six", "a-five", "b-Four", "c-three"]


def test_ten_a_page_unless_asked_otherwise(aws, shelf):
    for at in range(11):
        shelf.put("Model", f"m{at}", T + at)
    assert len(aws.client("sagemaker").list_models()["Models"]) == 10


def test_a_token_is_good_for_its_own_question_only(aws, jobs, another_account):
    client = aws.client("sagemaker")
    token = client.list_training_jobs(MaxResults=2)["NextToken"]
    assert names(client.list_training_jobs(MaxResults=1, NextToken=token)) == ["c-three"]
    for asker, asked in [
        (client, {"NameContains": "b"}),
        (client, {"SortOrder": "Descending"}),
        (another_account.client("sagemaker"), {}),
        (aws.client("sagemaker", "eu-west-1"), {}),
    ]:
        with pytest.raises(ClientError, match="NextToken is not valid") as raised:
            asker.list_training_jobs(NextToken=token, **asked)
        assert raised.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError, match="NextToken is not valid"):
        client.list_models(NextToken=token)


@pytest.mark.parametrize("token", ["", "x", "é", "AAAA", "A" * 64])
def test_a_token_that_is_none(aws, token):
    with pytest.raises(ClientError, match="NextToken is not valid"):
        aws.client("sagemaker").list_training_jobs(NextToken=token)


def test_a_time_beyond_all_times(aws):
    context = Context("sagemaker", "ListTrainingJobs", aws.number, aws.region)
    with pytest.raises(AwsError, match="CreationTimeAfter is no time that can be"):
        handler_for("ListTrainingJobs")(context, {"CreationTimeAfter": 1e17})
