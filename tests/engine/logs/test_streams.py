"""DescribeLogGroups and DescribeLogStreams: order, prefix, pages, and no token when all fit."""

import time

import pytest

from engine.logs import store

GROUP = "/aws/sagemaker/TrainingJobs"


@pytest.fixture
def logs(aws):
    return aws.client("logs")


@pytest.fixture
def streams(aws):
    now = int(time.time() * 1000)
    for offset, name in enumerate(["job-b/algo-1", "job-a/algo-2", "job-a/algo-1", "job-aa/algo-1"]):
        store.append(aws.number, aws.region, GROUP, name, [(now + offset, "first"), (now + offset + 10, "last")])
    return now


def names(answer):
    return [stream["logStreamName"] for stream in answer["logStreams"]]


def test_prefix_without_token(aws, logs, streams):
    answer = logs.describe_log_streams(
        logGroupName=GROUP, logStreamNamePrefix="job-a/", orderBy="LogStreamName", limit=2
    )
    assert names(answer) == ["job-a/algo-1", "job-a/algo-2"]
    assert "nextToken" not in answer
    first = answer["logStreams"][0]
    assert (first["firstEventTimestamp"], first["lastEventTimestamp"]) == (streams + 2, streams + 12)
    assert first["arn"] == f"arn:aws:logs:us-east-1:{aws.number}:log-group:{GROUP}:log-stream:job-a/algo-1"


def test_pages(logs, streams):
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=GROUP, PaginationConfig={"PageSize": 3})
    assert [names(page) for page in pages] == [["job-a/algo-1", "job-a/algo-2", "job-aa/algo-1"], ["job-b/algo-1"]]
    down = logs.describe_log_streams(logGroupName=GROUP, descending=True, limit=1)
    assert names(down) == ["job-b/algo-1"]
    assert (
        names(logs.describe_log_streams(logGroupName=GROUP, descending=True, nextToken=down["nextToken"]))[0]
        == "job-aa/algo-1"
    )


def test_by_last_event(logs, streams):
    first = logs.describe_log_streams(logGroupName=GROUP, orderBy="LastEventTime", descending=True, limit=3)
    assert names(first) == ["job-aa/algo-1", "job-a/algo-1", "job-a/algo-2"]
    rest = logs.describe_log_streams(
        logGroupName=GROUP, orderBy="LastEventTime", descending=True, limit=3, nextToken=first["nextToken"]
    )
    assert names(rest) == ["job-b/algo-1"] and "nextToken" not in rest


def test_missing_group(logs):
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.describe_log_streams(logGroupName="/aws/none")


def test_groups(aws, logs):
    for name in ("/b", "/a/2", "/a/1"):
        logs.create_log_group(logGroupName=name)
    answer = logs.describe_log_groups(logGroupNamePrefix="/a/")
    assert [group["logGroupName"] for group in answer["logGroups"]] == ["/a/1", "/a/2"]
    assert "nextToken" not in answer
    pages = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["logGroups"]) for page in pages] == [2, 1]
    assert [group["logGroupName"] for group in logs.describe_log_groups(logGroupNamePattern="b")["logGroups"]] == ["/b"]


def test_regions_keep_apart(aws, logs, streams):
    assert aws.client("logs", "eu-west-1").describe_log_groups()["logGroups"] == []
