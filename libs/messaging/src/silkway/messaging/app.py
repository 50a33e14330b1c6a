"""Runs one instance of a service: consumer, relay and HTTP in one event loop."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import asyncpg
import structlog
import uvloop

from silkway.contracts import TOPICS
from silkway.messaging.batches import Batches
from silkway.messaging.consumer import Consumer
from silkway.messaging.database import connect, connection_pool
from silkway.messaging.deploy import NotPrepared, partitions_of
from silkway.messaging.figures import ENGINE, Figure, Figures
from silkway.messaging.files import watch_files
from silkway.messaging.health import Health
from silkway.messaging.http import Api, Publisher, create_api
from silkway.messaging.http.gate import Gate, GateSettings
from silkway.messaging.http.probes import add_probes
from silkway.messaging.http.server import Server
from silkway.messaging.logs import configure_logs
from silkway.messaging.personal import open_vault
from silkway.messaging.rehearsal import Rehearsal
from silkway.messaging.relay import Relay
from silkway.messaging.retention import watch
from silkway.messaging.routing import Service
from silkway.messaging.settings import Settings
from silkway.messaging.traces import Traces, traces_of
from silkway.messaging.transaction import Engine

_log = structlog.get_logger()
STOP_TIMEOUT_S = 8.0
_NONE: Mapping[str, Any] = {}
T = TypeVar("T")

Part = Callable[[Publisher, Traces], Coroutine[Any, Any, None]]
"""Something of a service's own that runs beside consumer, relay and HTTP for as long as they do."""


def run(
    service: Service,
    api: Api,
    settings: Settings | None = None,
    parts: Mapping[str, Part] = _NONE,
    figures: Sequence[Figure] = (),
) -> None:
    """Run until SIGTERM or SIGINT; work in hand is finished within `STOP_TIMEOUT_S`.

    parts: by name. figures: what the service's own tables tell in /metrics.
    """
    settings = settings or Settings.read(service.name)
    configure_logs(service.name, settings.instance, settings.log_level)
    # What was imported lives for ever. Two batches keep some 400,000 objects alive, which die with them: a collection
    # in its midst finds nothing. At a threshold of 50,000 that took an eighth of the time, at this one nothing.
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000_000, 20, 50)
    watch_files()
    uvloop.run(_serve(service, api, settings, parts, figures))


async def _serve(
    service: Service, api: Api, settings: Settings, parts: Mapping[str, Part], figures: Sequence[Figure]
) -> None:
    stop = _told_to_stop()
    traces = traces_of(settings.service, settings.instance)
    app, publisher = create_api(api), Publisher(settings.kafka, settings.prefix, traces=traces)
    app.state.traces = traces
    app.state.pool, app.state.publisher = await _pool(settings), publisher
    app.state.prefix, app.state.vault = settings.prefix, await open_vault(settings.name)
    app.state.gate = gate = Gate.of(GateSettings.read(), app.state.pool)
    health, server = Health(app.state.pool), Server(app, settings.http_host, settings.http_port)
    # It answers from the first moment on, so that it can be asked what the start waits for.
    tasks = {"http": _task(server.serve())}
    add_probes(
        app,
        health.waits_for,
        alive=lambda: ", ".join(name for name, task in tasks.items() if task.done()),
        shown=health.shown,
        before_metrics=Figures(app.state.pool, [*ENGINE, *figures], settings.prefix).read,
    )
    failed: list[asyncio.Task[Any]] = []
    if (partitions := await _unless(stop, _prepared(service, settings, health))) is not None:
        app.state.rehearsal = Rehearsal(_engine(service, settings, partitions))
        consumer, relay = _way(service, settings, partitions, traces)
        health.consumer = consumer
        tasks |= {
            "consumer": _task(consumer.run()),
            "relay": _task(relay.run()),
            "retention": _task(watch(service, settings)),
            **{part: _task(work(publisher, traces)) for part, work in parts.items()},
        }
        _log.info("started", http=f"{settings.http_host}:{settings.http_port}", kafka=settings.kafka)
        gate.warn(settings.http_host)
        waiting = _task(stop.wait())
        finished, _ = await asyncio.wait([waiting, *tasks.values()], return_when=asyncio.FIRST_COMPLETED)
        failed = [task for task in finished if task is not waiting]
        consumer.stop()
    server.should_exit = True
    ending = [tasks[name] for name in ("http", "consumer") if name in tasks]
    await asyncio.wait(ending, timeout=STOP_TIMEOUT_S)
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    await publisher.close()
    await gate.close()
    traces.close()
    app.state.pool.terminate()
    if app.state.vault is not None:
        app.state.vault.close()
    _log.info("stopped")
    for task in failed:  # a part that ends by itself takes the process along; it is started again
        task.result()
        raise SystemExit("a part of the service ended by itself")


def _told_to_stop() -> asyncio.Event:
    """Set by SIGTERM and SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What comes of `work`; nothing where the process is told to stop before."""
    waiting, task = _task(stop.wait()), _task(work)
    await asyncio.wait([waiting, task], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        return task.result()  # type: ignore[no-any-return]  # tasks of any kind
    task.cancel()
    return None


def _engine(service: Service, settings: Settings, partitions: Mapping[str, int]) -> Engine:
    outputs = TOPICS[service.output].partitions
    return Engine(service, partitions, outputs, settings.prefix, settings.sealed_since)


def _way(
    service: Service, settings: Settings, partitions: Mapping[str, int], traces: Traces
) -> tuple[Consumer, Relay]:
    """In and out."""
    name, engine = settings.name, _engine(service, settings, partitions)
    relay = Relay(settings.kafka, settings.database_url, name, settings.prefix + service.journal, traces)
    topics = [settings.prefix + topic for topic in service.inputs]
    batches = Batches(engine, settings.database_url, name, traces)
    return Consumer(settings, topics, engine.reader, batches, relay), relay


def _task(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    return asyncio.get_running_loop().create_task(work)


async def _prepared(service: Service, settings: Settings, health: Health) -> dict[str, int]:
    """The partitions to read, once the database answers and is migrated."""
    pause_s = 0.2
    while True:
        try:
            connection = await connect(settings.database_url, settings.name)
            try:
                return dict(await partitions_of(connection, service, settings.prefix))
            finally:
                connection.terminate()
        except NotPrepared as missing:
            health.start = f"its migrations: {missing}"
            _log.warning("not prepared", missing=str(missing))
        except (asyncpg.PostgresError, OSError, TimeoutError) as error:
            health.start = f"the database: {type(error).__name__}"
            _log.warning("database away", error=repr(error)[:300])
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, 5)


async def _pool(settings: Settings) -> asyncpg.Pool[asyncpg.Record]:
    """Connections for requests and probes. None is made before it is needed: the database may be away."""
    return await connection_pool(
        settings.database_url,
        min_size=0,
        max_size=8,
        timeout=5,
        command_timeout=10,
        server_settings={"application_name": f"{settings.name}-http"},
    )
