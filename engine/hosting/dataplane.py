"""InvokeEndpoint: pick a variant, pick a server, pass the request on, say what came back. It never touches the ORM."""

import asyncio
import contextlib
import os
import random
import time
from urllib.parse import quote

from engine.context import Context
from engine.errors import AwsError
from engine.hosting import leases, routes
from engine.hosting.client import BODY_LIMIT, Answer, Lost, Pool, TooLarge, Unsent
from engine.hosting.traffic import Traffic

Reply = Answer  # status, headers, body: what the gateway sends to the client

TIMEOUT = 60.0  # seconds that a model has to answer
PATIENCE = 5.0  # seconds to wait for a server, while all of a variant's are being restarted
WORDS = 8192  # characters of a model server's error that are passed on
NOTICE = 0.5  # seconds until a change of the routes is seen when nobody invokes
FLUSH = 2.0  # seconds between two writes of the traffic: alarms see it so much later at most

SENT = {  # headers that a model server gets to see, beside Content-Length and Host
    "content-type": b"Content-Type",
    "accept": b"Accept",
    "x-amzn-sagemaker-custom-attributes": b"X-Amzn-SageMaker-Custom-Attributes",
    "x-amzn-sagemaker-inference-id": b"X-Amzn-SageMaker-Inference-Id",
}
REFUSED = {
    "x-amzn-sagemaker-target-model": "TargetModel (a multi-model endpoint)",
    "x-amzn-sagemaker-target-container-hostname": "TargetContainerHostname (a pipeline of containers)",
    "x-amzn-sagemaker-inference-component": "InferenceComponentName (an inference component)",
    "x-amzn-sagemaker-session-id": "SessionId (a stateful session)",
    "x-amzn-sagemaker-enable-explanations": "EnableExplanations (online explainability)",
}
KINDS = {"InvokeEndpointAsync": "Asynchronous inference", "InvokeEndpointWithResponseStream": "Response streaming"}


class Server:
    """One instance of a variant: a model server behind a Unix socket."""

    def __init__(self, id: str, socket: str, lease: str):
        self.id, self.lease = id, lease
        self.pool = Pool(socket)
        self.routed = True
        self._held = leases.take(lease)

    def leave(self) -> None:
        """No route leads here any more: give the lease back as soon as nothing is under way."""
        self.routed = False
        self.give_back_when_idle()

    def give_back_when_idle(self) -> None:
        if not self.routed and not self.pool.outstanding and self._held >= 0:
            self.pool.close_idle()
            os.close(self._held)
            self._held = -1


class Variant:
    def __init__(self, route: dict, servers: list[Server], fleet: int, config: str):
        self.name, self.weight = route["name"], route["weight"]
        self.fleet, self.config = fleet, config
        self.random = route.get("routing") == "RANDOM"
        self.servers = servers

    def pick(self, tried: set[str]) -> Server | None:
        """The server with the fewest requests under way (or any, by the variant's routing strategy)."""
        servers = [server for server in self.servers if server.id not in tried] if tried else self.servers
        if len(servers) < 2:
            return servers[0] if servers else None
        if self.random:
            return random.choice(servers)  # noqa: S311
        fewest = min(server.pool.outstanding for server in servers)
        return random.choice([server for server in servers if server.pool.outstanding == fewest])  # noqa: S311


class Endpoint:
    def __init__(self, route: dict, fleets: list[tuple[float, list[Variant]]]):
        self.record, self.fleets = route["record"], fleets

    def pick(self, wanted: str) -> Variant | None:
        """A variant by share of the fleet and weight, or the ``wanted`` one. None if there is none of that name."""
        fleets = self.fleets
        if wanted:
            fleets = [
                (share, [variant]) for share, variants in fleets for variant in variants if variant.name == wanted
            ]
        if not fleets:
            return None
        variants = _weighted(fleets)
        if wanted or len(variants) == 1:
            return variants[0]
        return _weighted([(variant.weight, variant) for variant in variants])


def _weighted(choices: list[tuple[float, object]]):
    if len(choices) == 1:
        return choices[0][1]
    point = random.random() * sum(weight for weight, _ in choices)  # noqa: S311
    for weight, choice in choices:
        if weight and point < weight:
            return choice
        point -= weight
    return max(choices, key=lambda pair: pair[0])[1]  # a rounding error away from the end


class Plane:
    """The routes, the connections and the counters of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop):
        self.loop = loop
        self.traffic = Traffic()
        self.endpoints: dict[str, Endpoint] = {}
        self.servers: dict[tuple[str, str], Server] = {}
        self.leaving: list[Server] = []
        self.stamp: tuple | None = None
        self.refresh()
        self.keeper = loop.create_task(self._keep())

    def refresh(self) -> None:
        """Read the routes again if they changed. Connections to servers that stay are kept."""
        stamp = routes.stamp()
        if stamp == self.stamp:
            return
        self.stamp = stamp
        before, self.servers = self.servers, {}
        self.endpoints = {key: self._endpoint(route, before) for key, route in routes.read().items()}
        for server in before.values():
            server.leave()
            if server.pool.outstanding:
                self.leaving.append(server)

    def _endpoint(self, route: dict, before: dict) -> Endpoint:
        fleets = []
        for fleet in route["fleets"]:
            variants = [
                Variant(
                    variant,
                    [self._server(instance, before) for instance in variant["instances"]],
                    fleet.get("number", 0),
                    fleet.get("config", ""),
                )
                for variant in fleet["variants"]
            ]
            fleets.append((fleet["share"], variants))
        return Endpoint(route, fleets)

    def _server(self, instance: dict, before: dict) -> Server:
        key = (instance["id"], instance["socket"])
        server = before.pop(key, None) or self.servers.get(key) or Server(**instance)
        self.servers[key] = server
        return server

    async def _keep(self) -> None:
        """Let go of what left, soon; write the traffic every few seconds."""
        written = time.monotonic()
        while True:
            await asyncio.sleep(NOTICE)
            self.refresh()
            for server in self.leaving:
                server.give_back_when_idle()
            self.leaving = [server for server in self.leaving if server.pool.outstanding]
            if time.monotonic() - written >= FLUSH:
                written = time.monotonic()
                await asyncio.to_thread(self.traffic.flush)

    async def close(self) -> None:
        self.keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.keeper
        for server in self.servers.values():
            server.leave()
        await asyncio.to_thread(self.traffic.flush)

    async def invoke(self, context: Context, name: str, headers: dict[str, str], body: bytes) -> Reply:
        self.refresh()
        key = routes.key(context.account, context.region, name)
        endpoint = self.endpoints.get(key)
        if endpoint is None:
            raise AwsError("ValidationError", f"Endpoint {name} of account {context.account} not found.")
        _check(headers, body)
        wanted = headers.get("x-amzn-sagemaker-target-variant", "")
        variant = endpoint.pick(wanted)
        if variant is None:
            raise AwsError("ValidationError", f"Variant {wanted} of endpoint {name} not found.")
        if not wanted and not variant.weight:
            raise AwsError("ValidationError", f"No variant of endpoint {name} gets traffic: every weight is 0.")
        began = time.perf_counter()
        status, blamed, answered = 500, False, began
        try:
            server, answer = await self._send(key, variant, _request(headers, body), began)
            answered = time.perf_counter()
            if not 200 <= answer.status < 300:
                raise _refusal(context, name, variant.name, server.id, answer)
            status = answer.status
            return _reply(answer, variant.name)
        except _Failure as failure:
            if failure.server:
                answered = time.perf_counter()
            blamed = True
            raise _model_error(context, name, variant.name, failure.server, failure.status, failure.words) from None
        except AwsError as error:
            blamed = error.code == "ModelError"
            status = error.extra.get("OriginalStatusCode") or error.status
            raise
        finally:
            model = answered - began
            overhead = max(time.time() - context.now - model, 0.0)
            self.traffic.count(
                endpoint.record, variant.name, status, blamed, model, overhead, variant.fleet, variant.config
            )

    async def _send(self, key: str, variant: Variant, data: bytes, began: float) -> tuple[Server, Answer]:
        """Send to a server of the variant; to the next one if it got nothing; wait a moment while none is up."""
        tried: set[str] = set()
        while True:
            server = variant.pick(tried)
            if server is None:
                if time.perf_counter() - began > PATIENCE:
                    words = f"No model server of variant {variant.name} is up: it is being restarted."
                    raise _Failure("", words, 503)
                await asyncio.sleep(0.1)
                tried.clear()
                self.refresh()
                variant = self._again(key, variant)
                continue
            try:
                return server, await server.pool.request(data, TIMEOUT)
            except Unsent:
                tried.add(server.id)
            except TimeoutError:
                words = "Your invocation timed out while waiting for a response from container primary."
                raise _Failure(server.id, words) from None
            except Lost as error:
                raise _Failure(server.id, f"The model server broke off: {error}.") from None
            except TooLarge:
                raise _Failure(server.id, f"The model's answer is larger than {BODY_LIMIT} bytes.") from None
            finally:
                server.give_back_when_idle()

    def _again(self, key: str, variant: Variant) -> Variant:
        endpoint = self.endpoints.get(key)
        found = endpoint.pick(variant.name) if endpoint else None
        return found or variant


class _Failure(Exception):
    """A server gave no answer: its id ("" if there is none), what to tell the client, and as which status."""

    def __init__(self, server: str, words: str, status: int = 0):
        super().__init__(words)
        self.server, self.words, self.status = server, words, status


def _check(headers: dict[str, str], body: bytes) -> None:
    if len(body) > BODY_LIMIT:
        raise AwsError("ValidationError", f"The body has {len(body)} bytes; an invocation takes at most {BODY_LIMIT}.")
    for header, what in REFUSED.items():
        if header in headers:
            raise AwsError("ValidationError", f"{what} is not supported by the embedded engine yet.")


def _request(headers: dict[str, str], body: bytes) -> bytes:
    lines = [b"POST /invocations HTTP/1.1\r\nHost: localhost:8080\r\nContent-Length: %d\r\n" % len(body)]
    for name, sent in SENT.items():
        if value := headers.get(name):
            if "\r" in value or "\n" in value:
                raise AwsError("ValidationError", f"The header {name} has a line break in it.")
            lines.append(b"%b: %b\r\n" % (sent, value.encode("utf-8", "replace")))
    return b"%b\r\n%b" % (b"".join(lines), body)


def _reply(answer: Answer, variant: str) -> Reply:
    headers = [("x-Amzn-Invoked-Production-Variant", variant)]
    for name, value in answer.headers:
        if name == "content-type":
            headers.append(("Content-Type", value))
        elif name == "x-amzn-sagemaker-custom-attributes":
            headers.append(("X-Amzn-SageMaker-Custom-Attributes", value))
    return Reply(200, headers, answer.body)


def _refusal(context: Context, endpoint: str, variant: str, server: str, answer: Answer) -> AwsError:
    return _model_error(context, endpoint, variant, server, answer.status, answer.body.decode("utf-8", "replace"))


def _model_error(context: Context, endpoint: str, variant: str, server: str, status: int, words: str) -> AwsError:
    words = words if len(words) <= WORDS else words[:WORDS] + "…"
    kind = "client" if 400 <= status < 500 else "server"
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    console = f"https://{context.region}.console.aws.amazon.com/cloudwatch/home?region={context.region}"
    stream = f":log-stream:{variant}/{server}" if server else ""
    return AwsError(
        "ModelError",
        f'Received {kind} error ({status}) from primary with message "{words}". See '
        f"{console}#logEventViewer:group={quote(group)} in account {context.account} for more information.",
        424,
        OriginalStatusCode=status,
        OriginalMessage=words,
        LogStreamArn=f"arn:aws:logs:{context.region}:{context.account}:log-group:{group}{stream}",
    )


_planes: dict[int, Plane] = {}


def _plane() -> Plane:
    loop = asyncio.get_running_loop()
    plane = _planes.get(id(loop))
    if plane is None or plane.loop is not loop:
        plane = _planes[id(loop)] = Plane(loop)
    return plane


async def invoke(context: Context, operation: str, endpoint: str, headers: dict[str, str], body: bytes) -> Reply:
    """Answer an invocation of ``endpoint`` in the caller's account and region.

    ``headers`` have lower-case names. Raises AwsError: ValidationError (no such endpoint or variant, body above 6 MB),
    ModelError (the model answered with an error, or not within 60 s).
    """
    if operation != "InvokeEndpoint":
        what = KINDS.get(operation, operation)
        raise AwsError("ValidationError", f"{what} is not supported by the embedded engine yet.")
    return await _plane().invoke(context, endpoint, headers, body)


async def close() -> None:
    """Write the traffic that isn't written yet. For the end of the engine process."""
    plane = _planes.pop(id(asyncio.get_running_loop()), None)
    if plane:
        await plane.close()
