"""One attempt at sending one message: no redirects, no proxies, ten seconds for everything together."""

import asyncio
import logging
import time
from dataclasses import dataclass
from functools import cache

import httpx

from registry.webhooks.addresses import BadAddress, check_url, resolve

TIMEOUT = 10.0  # seconds, from the look-up of the name to the end of what is kept of the answer
KEPT = 1024  # bytes of the answer

logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs whole addresses, and their paths may hold tokens


@dataclass(frozen=True)
class Answer:
    """What came of an attempt: an HTTP ``status`` or None, the beginning of the answer, and why it failed ("" if it didn't)."""

    status: int | None
    text: str
    error: str
    seconds: float

    @property
    def is_good(self) -> bool:
        return not self.error


def send(url: str, headers: dict[str, str], body: bytes) -> Answer:
    """POST ``body`` to ``url``. Never raises: whatever goes wrong is in the Answer."""
    started = time.monotonic()
    try:
        status, text = asyncio.run(_send(url, headers, body))
        error = "" if 200 <= status < 300 else _unwanted(status)
    except TimeoutError:
        status, text, error = None, "", f"There was no answer within {TIMEOUT:g} seconds."
    except BadAddress as refused:
        status, text, error = None, "", str(refused)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as failed:
        status, text, error = None, "", f"{type(failed).__name__}: {str(failed) or 'the receiver ended the connection'}"
    return Answer(status, text, error[:512], round(time.monotonic() - started, 3))


def _unwanted(status: int) -> str:
    if 300 <= status < 400:
        return f"The receiver answered {status}, but redirects are not followed: give the webhook its real address."
    return f"The receiver answered {status}, not 2xx."


async def _send(url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
    check_url(url)
    wanted = httpx.URL(url)
    host = wanted.raw_host.decode()
    port = wanted.port or (443 if wanted.scheme == "https" else 80)
    headers = {
        **headers,
        "Host": wanted.netloc.decode(),
        "Accept-Encoding": "identity",
        "User-Agent": "Atelier-Webhooks/1",
    }
    async with asyncio.timeout(TIMEOUT), httpx.AsyncClient(trust_env=False, verify=_trust(), timeout=TIMEOUT) as client:
        addresses = await resolve(host.strip("[]"), port)
        for address in addresses:
            request = client.build_request(
                "POST", wanted.copy_with(host=address), headers=headers, content=body,
                extensions={"sni_hostname": host.strip("[]")},
            )  # fmt: skip
            try:
                answer = await client.send(request, stream=True, follow_redirects=False)
                break
            except httpx.ConnectError:
                if address == addresses[-1]:
                    raise
        try:
            return answer.status_code, await _beginning(answer)
        finally:
            await answer.aclose()


async def _beginning(answer: httpx.Response) -> str:
    kept = b""
    async for part in answer.aiter_raw():
        kept += part
        if len(kept) >= KEPT:
            break
    return kept[:KEPT].decode(errors="replace").replace("\0", "�")[:KEPT]


@cache
def _trust():
    return httpx.create_ssl_context()
