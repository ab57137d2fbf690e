"""The hosts of a job that has several instances: their names, addresses, logs and shares of the data."""

import time

from catalog.models import Record
from engine.errors import AwsError
from engine.logs import store as logs
from engine.models import Work

MOST = 20  # instances of one job: each is a container on this machine


def check_count(count: int, instance_type: str, use: str) -> None:
    """ResourceLimitExceeded for more instances than one machine carries. ``use`` is "training job", say."""
    if count > MOST:
        raise AwsError(
            "ResourceLimitExceeded",
            f"The account-level service limit '{instance_type} for {use} usage' is {MOST} Instances, with current "
            f"utilization of 0 Instances and a request delta of {count} Instances. Please use AWS Service Quotas to request "
            f"an increase for this quota. If AWS Service Quotas is not available, contact AWS support to request an "
            f"increase for this quota.",
        )


def names(count: int) -> list[str]:
    """``algo-1`` … ``algo-n``, sorted as text as SageMaker's resourceconfig.json has them."""
    return sorted(f"algo-{number}" for number in range(1, count + 1))


def addresses(work: Work, count: int) -> dict[str, str]:
    """A loopback address for each host: the job's own, so that several jobs may listen on the same port.

    A single host is 127.0.0.1, where most programs listen.
    """
    if count == 1:
        return {"algo-1": "127.0.0.1"}
    high, low = divmod(work.id % (254 * 254), 254)
    return {f"algo-{number}": f"127.{high + 1}.{low + 1}.{number}" for number in range(1, count + 1)}


def log_path(record: Record, work: Work, group: str, host: str = "algo-1") -> str:
    """The file of a host's log stream ``<job>/<host>-<epoch seconds>``; the same one for every attempt."""
    if not work.state.get("logs_since"):
        work.state = {**work.state, "logs_since": int(time.time())}
        work.save(update_fields=["state"])
    connection = record.connection
    stream = f"{record.name}/{host}-{work.state['logs_since']}"
    return str(logs.open_stream(connection.account, connection.region, group, stream))


def share(things: list, host: int, count: int) -> list:
    """The things of host ``host`` (from 0) under ShardedByS3Key: every one on exactly one of ``count`` hosts."""
    return things[host::count]
