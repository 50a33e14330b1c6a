"""Runs one instance of a service: consumer, relay and HTTP in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any

import asyncpg
import structlog
import uvicorn
import uvloop

from silkway.contracts import TOPICS
from silkway.messaging.batches import Batches
from silkway.messaging.consumer import Consumer
from silkway.messaging.database import connect
from silkway.messaging.deploy import partitions_of
from silkway.messaging.health import add_health
from silkway.messaging.http import Api, Publisher, create_api
from silkway.messaging.logs import configure_logs
from silkway.messaging.rehearsal import Rehearsal
from silkway.messaging.relay import Relay
from silkway.messaging.retention import watch
from silkway.messaging.routing import Service
from silkway.messaging.settings import Settings
from silkway.messaging.transaction import Engine

_log = structlog.get_logger()
STOP_TIMEOUT_S = 8.0
_NONE: Mapping[str, Any] = {}


Part = Callable[[Publisher], Coroutine[Any, Any, None]]
"""Something of a service's own that runs beside consumer, relay and HTTP for as long as they do."""


def run(
    service: Service, api: Api, settings: Settings | None = None, parts: Mapping[str, Part] = _NONE
) -> None:
    """Run until SIGTERM or SIGINT; work in hand is finished within `STOP_TIMEOUT_S`. `parts` by name."""
    settings = settings or Settings.read(service.name)
    configure_logs(service.name, settings.instance, settings.log_level)
    # What was imported lives for ever. Two batches keep some 400,000 objects alive, which die with them: a collection
    # in its midst finds nothing. At a threshold of 50,000 that took an eighth of the time, at this one nothing.
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000_000, 20, 50)
    uvloop.run(_serve(service, api, settings, parts))


async def _serve(service: Service, api: Api, settings: Settings, parts: Mapping[str, Part]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    name = settings.name
    partitions = await _prepared(service, settings, name)
    engine = Engine(service, partitions, TOPICS[service.output].partitions, settings.prefix)
    relay = Relay(settings.kafka, settings.database_url, name, settings.prefix + service.journal)
    consumer = Consumer(
        settings,
        [settings.prefix + topic for topic in service.inputs],
        engine.reader,
        Batches(engine, settings.database_url, name),
        relay,
    )
    app = create_api(api)
    publisher = Publisher(settings.kafka, settings.prefix)
    app.state.pool = await _pool(settings, name)
    app.state.publisher, app.state.prefix = publisher, settings.prefix
    app.state.rehearsal = Rehearsal(service, partitions, settings.prefix)
    server = _Server(
        uvicorn.Config(
            app,
            host=settings.http_host,
            port=settings.http_port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=3,
            timeout_keep_alive=15,
        )
    )
    tasks = {
        "consumer": _task(consumer.run()),
        "relay": _task(relay.run()),
        "http": _task(server.serve()),
        "retention": _task(watch(service, settings)),
        **{part: _task(work(publisher)) for part, work in parts.items()},
    }
    add_health(app, consumer, lambda: ", ".join(n for n, task in tasks.items() if task.done()))
    _log.info("started", http=f"{settings.http_host}:{settings.http_port}", kafka=settings.kafka)
    waiting = _task(stop.wait())
    finished, _ = await asyncio.wait([waiting, *tasks.values()], return_when=asyncio.FIRST_COMPLETED)
    failed = [task for task in finished if task is not waiting]
    consumer.stop()
    server.should_exit = True
    await asyncio.wait([tasks["consumer"], tasks["http"]], timeout=STOP_TIMEOUT_S)
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    await publisher.close()
    app.state.pool.terminate()
    _log.info("stopped")
    for task in failed:  # a part that ends by itself takes the process along; it is started again
        task.result()
        raise SystemExit("a part of the service ended by itself")


def _task(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    return asyncio.get_running_loop().create_task(work)


async def _prepared(service: Service, settings: Settings, name: str) -> dict[str, int]:
    """The partitions to read, once the database answers."""
    pause_s = 0.2
    while True:
        try:
            connection = await connect(settings.database_url, name)
        except (asyncpg.PostgresError, OSError, TimeoutError) as error:
            _log.warning("database away", error=repr(error)[:300])
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, 5)
            continue
        try:
            return dict(await partitions_of(connection, service, settings.prefix))
        finally:
            connection.terminate()


async def _pool(settings: Settings, name: str) -> asyncpg.Pool[asyncpg.Record]:
    return await asyncpg.create_pool(
        settings.database_url,
        min_size=1,
        max_size=8,
        timeout=5,
        command_timeout=10,
        server_settings={"application_name": f"{name}-http"},
    )


class _Server(uvicorn.Server):
    """Leaves the signals to us: the consumer must stop as well."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
