"""A small HTTP client over kept-alive connections that costs the same for us and for a peer."""

import http.client
import threading
import time
from urllib.parse import urlsplit


def latencies(url: str, method: str, path: str, body: bytes, headers: dict, count: int) -> list[float]:
    """Milliseconds of each of ``count`` requests on one connection, sorted. Raises when an answer isn't 2xx."""
    parts, found = urlsplit(url), []
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.connect()
    for _ in range(count):
        started = time.perf_counter()
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        content = response.read()
        found.append((time.perf_counter() - started) * 1000)
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {content[:300]!r}")
    connection.close()
    return sorted(found)


def rate(url: str, method: str, path: str, body: bytes, headers: dict, *, clients: int, seconds: float) -> float:
    """Requests a second of several clients at once."""
    done, counts = time.monotonic() + seconds, [0] * clients

    def work(index):
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        while time.monotonic() < done:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            response.read()
            if response.status >= 300:
                raise RuntimeError(f"{method} {path}: {response.status}")
            counts[index] += 1

    threads = [threading.Thread(target=work, args=(index,)) for index in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds
