"""`silkway status`: is it up, is it ready, does anything pile up."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import httpx
import typer
from rich.table import Table

from silkway.cli import addresses
from silkway.cli.addresses import AUDITOR, SERVICES, Addresses
from silkway.cli.console import OUT, print_json
from silkway.cli.figures import Backlog, Findings, backlog, open_findings, readiness
from silkway.embedded import Home

if TYPE_CHECKING:
    from collections.abc import Mapping

READY: Final = 0
DEGRADED: Final = 1
NOT_RUNNING: Final = 3


def status(json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show processes, readiness, lag, parked and waiting records, and what the auditor found.

    Exit code: 0 all ready, nothing parked, no finding open, 1 not quite, 3 nothing runs.
    """
    folder, found = addresses.home(), addresses.find()
    supervised = Home(folder).holder() is not None
    written = addresses.read_system(folder) if supervised else {}
    waits_for, backlogs, findings = asyncio.run(_ask(found))
    if not supervised and all(why.startswith("does not answer") for why in waits_for.values()):
        print_json({"state": "not running"}) if json else OUT.print("not running")
        raise typer.Exit(NOT_RUNNING)
    ready = not any(waits_for.values()) and all(b is not None and b.parked == 0 for b in backlogs.values())
    ready = ready and not findings
    if json:
        print_json(_document(found, written, waits_for, backlogs, findings, ready))
    else:
        OUT.print(_table(written, waits_for, backlogs))
        if findings:
            what = ", ".join(f"{count} {invariant}" for invariant, count in findings.items())
            OUT.print(f"the log contradicts itself: {what}; see GET /findings of the auditor", style="red")
        OUT.print("ready" if ready else "degraded", style="green" if ready else "yellow")
    raise typer.Exit(READY if ready else DEGRADED)


async def _ask(found: Addresses) -> tuple[dict[str, str], dict[str, Backlog | None], Findings]:
    apis = {name: api for name, api in found.apis.items() if name != AUDITOR or name in found.databases}

    async def backlog_of(service: str) -> Backlog | None:
        if found.kafka_servers is None or service not in found.databases:
            return None
        return await backlog(found.databases[service], found.kafka_servers)

    async with httpx.AsyncClient() as client:
        waits_for, backlogs = await asyncio.gather(
            readiness(client, apis), asyncio.gather(*map(backlog_of, SERVICES))
        )
        findings = await open_findings(client, apis.get(AUDITOR))
    return waits_for, dict(zip(SERVICES, backlogs, strict=True)), findings


def _document(
    found: Addresses,
    written: Mapping[str, Any],
    waits_for: Mapping[str, str],
    backlogs: Mapping[str, Backlog | None],
    findings: Findings,
    ready: bool,
) -> dict[str, Any]:
    return {
        "state": "ready" if ready else "degraded",
        "processes": written.get("processes", {}),
        "kafka": found.kafka_servers,
        "data": written.get("data"),
        "services": {
            name: {
                "api": found.apis[name],
                "ready": not waits_for[name],
                "waits_for": waits_for[name],
                **(asdict(known) if (known := backlogs[name]) else {}),
            }
            for name in SERVICES
        },
        "auditor": {"waits_for": waits_for.get(AUDITOR), "findings": findings},
    }


def _table(
    written: Mapping[str, Any], waits_for: Mapping[str, str], backlogs: Mapping[str, Backlog | None]
) -> Table:
    table = Table("process", "state", "restarts", "ready", "lag", "parked", "waiting", "refused", "outbox")
    processes: dict[str, Any] = {name: {} for name in SERVICES} | written.get("processes", {})
    for name, process in processes.items():
        ready = {None: "", "": "[green]yes[/]"}.get(waits_for.get(name), f"[yellow]{waits_for.get(name)}[/]")
        known = backlogs.get(name)
        counts = [str(count) for count in asdict(known).values()] if known else []
        table.add_row(name, process.get("state", "?"), str(process.get("restarts", "?")), ready, *counts)
    return table
