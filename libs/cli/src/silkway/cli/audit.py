"""`silkway audit`: the four databases against each other and against the log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from importlib import import_module
from typing import Annotated, Any

import asyncpg
import typer
from aiokafka.errors import KafkaError
from rich.progress import Progress, TaskID

from silkway.cli import addresses
from silkway.cli.console import ERR, FINDINGS, OUT, fail, print_json
from silkway.cli.invariants import INVARIANTS, Broken, check
from silkway.cli.migrate import MigrationFailed, apply_migrations
from silkway.messaging import Service
from silkway.messaging.compare import Difference, compare
from silkway.messaging.database import DATABASE_ERRORS
from silkway.messaging.deploy import NotPrepared
from silkway.messaging.personal import sealed_since
from silkway.messaging.replay import LogGone, frozen, replay, scratch_database

_SHOWN = 50
_REMEDIES: list[tuple[type[BaseException], str]] = [
    (
        asyncpg.DiskFullError,
        " Make room: a replay needs as much again as the database that it is compared with.",
    ),
    (
        asyncpg.InsufficientPrivilegeError,
        " Take a role that may create databases (CREATEDB); for `restore`, the migrator.",
    ),
    (asyncpg.InvalidCatalogNameError, " Run `silkway migrate` first."),
    (asyncpg.UndefinedTableError, " Run `silkway migrate` first."),
]


def audit(
    services: Annotated[list[str] | None, typer.Argument(help="Services; all where none is named.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The findings as JSON.")] = False,
) -> None:
    """Compare every table with what the log makes of it, and the services with each other.

    Each service's journal is replayed from the log into a scratch database on the same server, which is
    dropped afterwards; nothing is sent, and the services may go on meanwhile. Exit code 1: findings, each with
    its place and both values; 2: the system cannot be reached or its log is not whole.
    """
    system = addresses.find()
    chosen = services or list(addresses.SERVICES)
    if unknown := set(chosen) - set(addresses.SERVICES):
        fail(f"{', '.join(sorted(unknown))}: the services are {', '.join(addresses.SERVICES)}")
    with unusable_told():
        result = asyncio.run(_audit(system, chosen))
    findings = [*result["differences"], *result["broken"]]
    if as_json:
        print_json(result)
    else:
        _show(result, findings)
    if findings:
        raise typer.Exit(FINDINGS)


@contextmanager
def unusable_told() -> Iterator[None]:
    """Ends with 2 and one line on whatever keeps from an answer: 1 is for answers, and scripts tell them apart."""
    try:
        yield
    except LogGone as error:
        fail(f"The log is not whole: {error}")
    except MigrationFailed as error:
        fail(f"The migrations do not run: {error}")
    except NotPrepared as error:
        fail(f"The system is not ready for it: {error}")
    except (*DATABASE_ERRORS, KafkaError) as error:
        remedy = next((words for kind, words in _REMEDIES if isinstance(error, kind)), "")
        fail(f"The system cannot be used: {type(error).__name__}: {error}.{remedy}")


async def _audit(system: addresses.Addresses, services: list[str]) -> dict[str, Any]:
    began = time.monotonic()
    records: dict[str, int] = {}
    differences: list[dict[str, Any]] = []
    broken: list[dict[str, Any]] = []
    async with AsyncExitStack() as stack:
        progress = stack.enter_context(Progress(console=ERR, transient=True))
        live = {name: await stack.enter_async_context(frozen(system.database(name))) for name in services}
        for name in services:
            task = progress.add_task(f"{name}: replaying the log", total=None)
            records[name], found = await _replayed(system, name, live[name], progress, task)
            differences += [{"service": name, **_fields(d), "message": str(d)} for d in found]
        if set(services) == set(addresses.SERVICES):
            for invariant in INVARIANTS:
                broken += [{**_fields(b), "message": str(b)} async for b in check(invariant, live)]
    return {
        "records": records,
        "differences": differences,
        "invariants": len(INVARIANTS) if set(services) == set(addresses.SERVICES) else 0,
        "broken": broken,
        "seconds": round(time.monotonic() - began, 1),
    }


async def _replayed(
    system: addresses.Addresses, name: str, live: Any, progress: Progress, task: TaskID
) -> tuple[int, list[Difference]]:
    """The number of records replayed for one service, and what differs."""
    service: Service = import_module(f"silkway.{name}.consumer").SERVICE
    async with scratch_database(system.database(name)) as scratch:
        records = await replay_into(scratch, system, service, live, progress, task)
        return records, await compare(live, scratch, service.kinds)


async def replay_into(
    scratch: str, system: addresses.Addresses, service: Service, live: Any, progress: Progress, task: TaskID
) -> int:
    """Make the state of a service anew in the empty database `scratch`, with progress; the number of records."""
    await apply_migrations(service.name, scratch)
    return await replay(
        service,
        live,
        scratch,
        system.kafka,
        system.prefix,
        lambda done, total: progress.update(task, completed=done, total=total),
        sealed_since=sealed_since(),
    )


def _fields(found: Difference | Broken) -> dict[str, Any]:
    return {name: getattr(found, name) for name in found.__slots__}


def _show(result: dict[str, Any], findings: list[dict[str, Any]]) -> None:
    for finding in findings[:_SHOWN]:
        where = f"{finding['service']}: " if "service" in finding else ""
        OUT.print(f"{where}{finding['message']}", style="red", markup=False, soft_wrap=True)
    if len(findings) > _SHOWN:
        OUT.print(f"… and {len(findings) - _SHOWN} more (see --json)")
    records = sum(result["records"].values())
    verdict = f"{len(findings)} findings" if findings else "no findings"
    OUT.print(
        f"{records:,} records replayed, {result['invariants']} invariants checked"
        f" in {result['seconds']} s: {verdict}"
    )
