"""GetLogEvents and FilterLogEvents as the SDKs follow them: tokens, ends, filters."""

import time

import pytest
from botocore.exceptions import ClientError

from engine.logs import store

GROUP = "/aws/sagemaker/TrainingJobs"


@pytest.fixture
def logs(aws):
    return aws.client("logs")


@pytest.fixture
def now():
    return int(time.time() * 1000)


@pytest.fixture
def stream(aws, logs, now):
    """A stream of ten events, a second apart."""
    store.append(
        aws.number, aws.region, GROUP, "job/algo-1", [(now - 10_000 + n * 1000, f"line {n}") for n in range(10)]
    )
    return {"logGroupName": GROUP, "logStreamName": "job/algo-1"}


def messages(answer):
    return [event["message"] for event in answer["events"]]


def test_following_a_log(aws, logs, stream, now):
    first = logs.get_log_events(**stream, startFromHead=True, startTime=0, limit=4)
    assert messages(first) == ["line 0", "line 1", "line 2", "line 3"]
    rest = logs.get_log_events(**stream, startFromHead=True, nextToken=first["nextForwardToken"])
    assert messages(rest) == [f"line {n}" for n in range(4, 10)]
    end = logs.get_log_events(**stream, startFromHead=True, nextToken=rest["nextForwardToken"])
    assert end["events"] == [] and end["nextForwardToken"] == rest["nextForwardToken"]
    store.append(aws.number, aws.region, GROUP, "job/algo-1", [(now, "more\nlines")])
    more = logs.get_log_events(**stream, startFromHead=True, nextToken=end["nextForwardToken"])
    assert messages(more) == ["more\nlines"]


def test_from_the_end(logs, stream):
    last = logs.get_log_events(**stream, limit=3)
    assert messages(last) == ["line 7", "line 8", "line 9"]
    before = logs.get_log_events(**stream, limit=3, nextToken=last["nextBackwardToken"])
    assert messages(before) == ["line 4", "line 5", "line 6"]
    again = logs.get_log_events(**stream, limit=3, nextToken=before["nextForwardToken"])
    assert messages(again) == messages(last)


def test_start_and_end_time(logs, stream, now):
    found = logs.get_log_events(**stream, startFromHead=True, startTime=now - 7000, endTime=now - 4000)
    assert messages(found) == ["line 3", "line 4", "line 5"]
    end = logs.get_log_events(
        **stream, startFromHead=True, startTime=now - 7000, endTime=now - 4000, nextToken=found["nextForwardToken"]
    )
    assert end["events"] == [] and end["nextForwardToken"] == found["nextForwardToken"]
    assert messages(logs.get_log_events(**stream, startTime=now - 7000, endTime=now - 4000, limit=2)) == [
        "line 4", "line 5",
    ]  # fmt: skip


def test_bad_token_and_missing(logs, stream):
    with pytest.raises(logs.exceptions.InvalidParameterException):
        logs.get_log_events(**stream, nextToken="f/abc")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.get_log_events(logGroupName=GROUP, logStreamName="other")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.get_log_events(logGroupName="/none", logStreamName="other")


def test_put_events(aws, logs, now):
    logs.create_log_group(logGroupName="mine")
    logs.create_log_stream(logGroupName="mine", logStreamName="s")
    for create in (lambda: logs.create_log_group(logGroupName="mine"),
                   lambda: logs.create_log_stream(logGroupName="mine", logStreamName="s")):  # fmt: skip
        with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
            create()
    put = logs.put_log_events(
        logGroupName="mine", logStreamName="s", sequenceToken="ignored",
        logEvents=[{"timestamp": 1000, "message": "ancient"}, {"timestamp": 2000, "message": "old"}],
    )  # fmt: skip
    assert put["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 2}
    logs.put_log_events(logGroupName="mine", logStreamName="s", logEvents=[{"timestamp": now, "message": "a\\nb"}])
    # An earlier one than the last is kept, and found by its time although the file is out of order now.
    logs.put_log_events(
        logGroupName="mine", logStreamName="s", logEvents=[{"timestamp": now - 5000, "message": "late"}]
    )
    everything = logs.get_log_events(logGroupName="mine", logStreamName="s", startFromHead=True)
    assert messages(everything) == ["a\\nb", "late"]
    assert messages(
        logs.get_log_events(logGroupName="mine", logStreamName="s", startFromHead=True, endTime=now - 1000)
    ) == ["late"]  # fmt: skip
    with pytest.raises(logs.exceptions.InvalidParameterException, match="chronological"):
        logs.put_log_events(
            logGroupName="mine", logStreamName="s",
            logEvents=[{"timestamp": now, "message": "b"}, {"timestamp": now - 1, "message": "a"}],
        )  # fmt: skip
    logs.delete_log_stream(logGroupName="mine", logStreamName="s")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.delete_log_stream(logGroupName="mine", logStreamName="s")
    logs.delete_log_group(logGroupName="mine")
    assert logs.describe_log_groups(logGroupNamePrefix="mine")["logGroups"] == []


def test_deleting_a_group_deletes_its_files(aws, logs, stream):
    path = store.open_stream(aws.number, aws.region, GROUP, "job/algo-1")
    assert path.exists()
    logs.delete_log_group(logGroupName=GROUP)
    assert not path.exists()


def test_filter_over_streams(aws, logs, stream, now):
    store.append(aws.number, aws.region, GROUP, "job/algo-2", [(now - 9500, "ERROR two"), (now - 500, "last")])
    store.append(aws.number, aws.region, GROUP, "other/algo-1", [(now - 9500, "not ours")])
    pages = []
    request = {"logGroupName": GROUP, "logStreamNamePrefix": "job/"}
    while True:
        pages.append(logs.filter_log_events(**request, limit=5))
        if "nextToken" not in pages[-1]:
            break
        request["nextToken"] = token = pages[-1]["nextToken"]
    assert [len(page["events"]) for page in pages] == [5, 5, 2, 0]
    found = [message for page in pages for message in messages(page)]
    assert found == ["line 0", "ERROR two", *[f"line {n}" for n in range(1, 10)], "last"]
    assert len({event["eventId"] for page in pages for event in page["events"]}) == 12
    # Who goes on from the last token sees only what is new, in whichever stream.
    store.append(aws.number, aws.region, GROUP, "job/algo-1", [(now, "new 1")])
    store.append(aws.number, aws.region, GROUP, "job/algo-2", [(now + 1, "new 2")])
    assert messages(logs.filter_log_events(logGroupName=GROUP, logStreamNamePrefix="job/", nextToken=token)) == [
        "new 1", "new 2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", ["ERROR disk full", "WARN disk slow", "error cpu", "ERROR net", 'say "hi"']),
        ("ERROR", ["ERROR disk full", "ERROR net"]),
        ("disk ERROR", ["ERROR disk full"]),
        ('"disk slow"', ["WARN disk slow"]),
        ("ERROR -disk", ["ERROR net"]),
        ("?WARN ?net", ["WARN disk slow", "ERROR net"]),
        ('-ERROR -"disk slow"', ["error cpu", 'say "hi"']),
        ('"say \\"hi\\""', ['say "hi"']),
    ],
)
def test_filter_patterns(aws, logs, now, pattern, found):
    lines = ["ERROR disk full", "WARN disk slow", "error cpu", "ERROR net", 'say "hi"']
    store.append(aws.number, aws.region, GROUP, "s", [(now + n, line) for n, line in enumerate(lines)])
    assert messages(logs.filter_log_events(logGroupName=GROUP, filterPattern=pattern)) == found


@pytest.mark.parametrize("pattern", ["{ $.level = 1 }", "[a, b]", '"open', "%x%"])
def test_patterns_not_built_are_refused(aws, logs, stream, pattern):
    with pytest.raises(ClientError) as error:
        logs.filter_log_events(logGroupName=GROUP, filterPattern=pattern)
    assert error.value.response["Error"]["Code"] == "InvalidParameterException"


def test_unread_lines_between_pages_do_not_get_lost(aws, logs, now):
    """Two streams of a thousand events with equal times: pages neither repeat nor skip."""
    for name in ("a", "b"):
        store.append(aws.number, aws.region, GROUP, name, [(now + n // 10, f"{name}{n}") for n in range(1000)])
    seen, request = [], {"logGroupName": GROUP}
    while (page := logs.filter_log_events(**request, limit=333))["events"]:
        seen += messages(page)
        request["nextToken"] = page["nextToken"]
    assert sorted(seen) == sorted(f"{name}{n}" for name in "ab" for n in range(1000))
