"""Training on several hosts: the rows of all come to the first, which trains on them; the others help by reading.

So a job on several hosts gives the model that one host would give of the same data. A channel that each host has whole
(FullyReplicated) is read by the first alone.
"""

import json
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

from areas.algorithms.container import AlgorithmError, Container, UserError
from areas.algorithms.formats.table import Table, stack

PORT = 7777
PATIENCE = 300  # seconds that the first host waits for the others to read and to come


class Helped(Exception):
    """This host is not the first, and has done its part."""


@contextmanager
def helping(job) -> Iterator[None]:
    """Where this is not the first host: send the rows of its shards to the first, and raise Helped."""
    hosts, current = _hosts(job.box)
    if current != hosts[0]:
        from areas.algorithms.frame import data

        for channel in _sharded(job.box):
            table = data.load(job.box, job.algorithm.channel(channel), job.algorithm.read, may_be_empty=True)
            _send(hosts[0], current, channel, table)
            job.log.say(f"Sent {table.rows} rows of channel '{channel}' to {hosts[0]}, which trains.")
        raise Helped
    yield


def are_shared(box: Container, channel: str) -> bool:
    """Whether several hosts have a share of the channel's rows each."""
    return len(box.resources["hosts"]) > 1 and channel in _sharded(box)


def gathered(box: Container, channel: str, table: Table) -> Table:
    """The first host's rows of a channel and those of all others; a channel that is shared can be asked for once.

    Raises UserError if no host has any.
    """
    hosts, _ = _hosts(box)
    parts = [table, *_received(hosts[0], channel, len(hosts) - 1)]
    found = [part for part in parts if part.rows]
    if not found:
        raise UserError(f"No data in channel '{channel}' of any instance")
    return stack(found)


def _hosts(box: Container) -> tuple[list[str], str]:
    resources = box.resources
    return sorted(resources["hosts"], key=_order), resources["current_host"]


def _order(host: str) -> tuple:
    return len(host), host  # algo-2 before algo-10


def _sharded(box: Container) -> list[str]:
    channels = box.channels
    return [name for name in sorted(channels) if channels[name].get("S3DistributionType") == "ShardedByS3Key"]


def _port(channel: str) -> int:
    """Each channel comes on a port of its own, so that their order doesn't matter."""
    return PORT + sum(channel.encode()) % 1000


def _send(host: str, sender: str, channel: str, table: Table) -> None:
    import numpy as np

    features = table.features
    parts = {"labels": table.labels} if table.labels is not None else {}
    if table.sparse:
        parts |= {"data": features.data, "indices": features.indices, "indptr": features.indptr}
    else:
        parts["features"] = np.ascontiguousarray(features)
    head = {
        "from": sender,
        "shape": features.shape,
        "parts": [[name, str(part.dtype), part.shape] for name, part in parts.items()],
    }
    body = json.dumps(head).encode()
    with _connected(host, _port(channel)) as connection:
        connection.sendall(struct.pack("<I", len(body)) + body)
        for part in parts.values():
            connection.sendall(np.ascontiguousarray(part).data.cast("B"))


def _connected(host: str, port: int) -> socket.socket:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection((host, port), timeout=PATIENCE)
        except OSError as error:
            if time.monotonic() > deadline:
                raise AlgorithmError(f"{host} can't be reached: {error}") from None
            time.sleep(0.05)


def _received(host: str, channel: str, count: int) -> list[Table]:
    tables = {}
    with socket.create_server((socket.gethostbyname(host), _port(channel)), backlog=count) as listener:
        listener.settimeout(PATIENCE)
        for _ in range(count):
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                raise AlgorithmError(f"A host has not sent its rows of channel '{channel}' in {PATIENCE} s") from None
            with connection, connection.makefile("rb") as stream:
                sender, table = _table(stream)
                tables[sender] = table
    return [tables[sender] for sender in sorted(tables, key=_order)]


def _table(stream) -> tuple[str, Table]:
    import numpy as np

    (size,) = struct.unpack("<I", stream.read(4))
    head, parts = json.loads(stream.read(size)), {}
    for name, kind, shape in head["parts"]:
        array = np.empty(shape, kind)
        if stream.readinto(array.data.cast("B")) != array.nbytes:
            raise AlgorithmError("Another host ended while it sent its rows")
        parts[name] = array
    labels = parts.pop("labels", None)
    if "features" in parts:
        return head["from"], Table(parts["features"], labels)
    import scipy.sparse

    matrix = scipy.sparse.csr_matrix((parts["data"], parts["indices"], parts["indptr"]), shape=head["shape"])
    return head["from"], Table(matrix, labels)
