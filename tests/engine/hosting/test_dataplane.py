"""The way of an invocation: to whom it goes, what is passed on, what the client is told when it fails."""

import asyncio
import time
from pathlib import Path

import pytest

from engine.errors import AwsError
from engine.hosting import dataplane, routes
from tests.engine.hosting.conftest import ACCOUNT, invoke, variant, write_routes


def test_headers_there_and_back(start, run):
    server = start("a")
    write_routes((1.0, [variant("v", server)]))
    answer = run(
        invoke(
            b"1,2", content_type="text/csv", accept="text/csv", authorization="secret",
            x_amzn_sagemaker_custom_attributes="trace=1", x_amzn_sagemaker_inference_id="7",
        )
    )  # fmt: skip
    assert answer.status == 200 and answer.body == b"a"
    assert dict(answer.headers) == {
        "x-Amzn-Invoked-Production-Variant": "v",
        "Content-Type": "text/plain",
        "X-Amzn-SageMaker-Custom-Attributes": "from the model",
    }
    headers, body = server.seen[0]
    assert body == b"1,2"
    assert headers == {
        "Host": "localhost:8080", "Content-Length": "3", "Content-Type": "text/csv", "Accept": "text/csv",
        "X-Amzn-SageMaker-Custom-Attributes": "trace=1", "X-Amzn-SageMaker-Inference-Id": "7",
    }  # fmt: skip


@pytest.mark.parametrize(
    "where", [{"endpoint": "other"}, {"account": "999999999999"}, {"region": "eu-west-1"}], ids=str
)
def test_other_names_accounts_and_regions(start, run, where):
    write_routes((1.0, [variant("v", start("a"))]))
    with pytest.raises(AwsError) as caught:
        run(invoke(**where))
    assert caught.value.code == "ValidationError"
    name, account = where.get("endpoint", "e"), where.get("account", ACCOUNT)
    assert caught.value.message == f"Endpoint {name} of account {account} not found."


@pytest.mark.parametrize(("status", "kind"), [(400, "client"), (415, "client"), (500, "server"), (302, "server")])
def test_errors_of_the_model(start, run, status, kind):
    write_routes((1.0, [variant("v", start("a"))]))
    with pytest.raises(AwsError) as caught:
        run(invoke(str(status).encode()))
    error = caught.value
    assert (error.code, error.status) == ("ModelError", 424)
    assert error.message.startswith(f'Received {kind} error ({status}) from primary with message "a". See https://')
    assert error.message.endswith(f"in account {ACCOUNT} for more information.")
    assert error.extra["OriginalStatusCode"] == status and error.extra["OriginalMessage"] == "a"
    assert error.extra["LogStreamArn"].endswith("log-group:/aws/sagemaker/Endpoints/e:log-stream:v/a")


def test_model_that_takes_too_long(start, run, monkeypatch):
    monkeypatch.setattr(dataplane, "TIMEOUT", 0.1)
    write_routes((1.0, [variant("v", start("a"))]))

    async def both():
        with pytest.raises(AwsError) as caught:
            await invoke(b"slow")
        return caught.value, await invoke(b"next")

    error, answer = run(both())
    assert error.extra["OriginalStatusCode"] == 0
    assert "Received server error (0) from primary with message" in error.message
    assert "Your invocation timed out while waiting for a response from container primary." in error.message
    assert answer.body == b"a"  # and not the late answer to the first


def test_connection_that_breaks(start, run):
    server = start("a")
    write_routes((1.0, [variant("v", server, start("b"))]))
    with pytest.raises(AwsError, match="The model server broke off"):
        run(invoke(b"break off"))
    assert sum(len(one.seen) for one in (server,)) <= 1  # it is not sent twice


def test_too_large(start, run):
    write_routes((1.0, [variant("v", start("a"))]))
    with pytest.raises(AwsError, match="larger than 6291456 bytes") as caught:
        run(invoke(b"big"))
    assert caught.value.code == "ModelError"
    with pytest.raises(AwsError, match="at most 6291456") as caught:
        run(invoke(b"x" * (6 * 1024 * 1024 + 1)))
    assert caught.value.code == "ValidationError"


def test_answer_without_a_length(start, run):
    write_routes((1.0, [variant("v", start("a"))]))
    assert run(invoke(b"without a length")).body == b"a"


@pytest.mark.parametrize("header", sorted(dataplane.REFUSED))
def test_what_is_not_built(start, run, header):
    write_routes((1.0, [variant("v", start("a"))]))
    with pytest.raises(AwsError, match="is not supported by the embedded engine yet"):
        run(invoke(**{header: "x"}))


def test_line_breaks_do_not_smuggle_headers(start, run):
    write_routes((1.0, [variant("v", start("a"))]))
    with pytest.raises(AwsError, match="line break"):
        run(invoke(x_amzn_sagemaker_custom_attributes="a\r\nContent-Length: 0"))


def test_shares_of_fleets_and_weights_of_variants(start, run):
    servers = {name: start(name) for name in ("a", "b", "c", "zero")}
    write_routes(
        (0.25, [variant("v", servers["a"])]),
        (
            0.75,
            [variant("v", servers["b"], weight=3), variant("w", servers["c"]), variant("x", servers["zero"], weight=0)],
        ),
    )

    async def many():
        return [(await invoke()).body.decode() for _ in range(1000)]

    seen = run(many())
    assert seen.count("zero") == 0
    assert 180 <= seen.count("a") <= 320
    assert 480 <= seen.count("b") <= 645
    assert 125 <= seen.count("c") <= 250


def test_target_variant_beats_weight(start, run):
    write_routes((1.0, [variant("v", start("a")), variant("w", start("b"), weight=0)]))
    assert run(invoke(x_amzn_sagemaker_target_variant="w")).body == b"b"
    with pytest.raises(AwsError, match="Variant x of endpoint e not found"):
        run(invoke(x_amzn_sagemaker_target_variant="x"))


def test_no_variant_with_weight(start, run):
    write_routes((1.0, [variant("v", start("a"), weight=0), variant("w", start("b"), weight=0)]))
    with pytest.raises(AwsError, match="every weight is 0"):
        run(invoke())


def test_least_busy_server_is_taken(start, run):
    one, two = start("a"), start("b")
    write_routes((1.0, [variant("v", one, two)]))

    async def beside_a_slow_one():
        slow = asyncio.create_task(invoke(b"slow"))
        await asyncio.sleep(0.1)
        quick = [(await invoke()).body for _ in range(10)]
        return quick, (await slow).body

    quick, busy = run(beside_a_slow_one())
    assert set(quick) == {b"a", b"b"} - {busy}


def test_dead_server_is_passed_over(start, run):
    dead, living = start("a"), start("b")
    dead.shutdown()
    dead.server_close()
    Path(dead.socket_path).unlink()
    write_routes((1.0, [variant("v", dead, living)]))

    async def many():
        return [(await invoke()).body for _ in range(20)]

    assert set(run(many())) == {b"b"}


def test_none_is_up(start, run, monkeypatch):
    monkeypatch.setattr(dataplane, "PATIENCE", 0.2)
    write_routes((1.0, [variant("v")]))
    with pytest.raises(AwsError, match="No model server of variant v is up: it is being restarted") as caught:
        run(invoke())
    assert caught.value.extra["OriginalStatusCode"] == 503


def test_server_that_comes_up_while_one_waits(start, run):
    write_routes((1.0, [variant("v")]))
    server = start("a")

    async def waiting():
        task = asyncio.create_task(invoke())
        await asyncio.sleep(0.2)
        write_routes((1.0, [variant("v", server)]))
        return await task

    assert run(waiting()).body == b"a"


def test_lease_is_held_until_the_last_answer(start, run):
    old, new = start("old"), start("new")
    write_routes((1.0, [variant("v", old)]))

    async def update():
        slow = asyncio.create_task(invoke(b"slow"))
        await asyncio.sleep(0.1)
        write_routes((1.0, [variant("v", new)]))
        held = []
        assert (await invoke()).body == b"new"
        held.append(old.is_free)
        assert (await slow).body == b"old"
        deadline = (
            time.monotonic() + 3
        )  # another data plane of this process may hold one, too, until it sees the change
        while not old.is_free and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        held.append(old.is_free)
        return held

    assert run(update()) == [False, True]


def test_lease_comes_free_without_traffic(start, run, monkeypatch):
    monkeypatch.setattr(dataplane, "NOTICE", 0.05)
    server = start("a")
    write_routes((1.0, [variant("v", server)]))

    async def leave():
        await invoke()
        assert not server.is_free
        routes.write({})
        deadline = time.monotonic() + 2
        while not server.is_free:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)

    run(leave())


def test_a_crowd_is_answered_over_few_connections(start, run):
    server = start("a")
    write_routes((1.0, [variant("v", server)]))

    async def crowd():
        return await asyncio.gather(*[invoke() for _ in range(300)])

    assert {answer.body for answer in run(crowd())} == {b"a"}
    assert len(server.seen) == 300
