"""`silkway rebuild`: the state of a service made anew from the log, and compared with the live one."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from importlib import import_module
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table

from silkway.cli import addresses
from silkway.cli.audit import replay_into, unusable_told
from silkway.cli.console import ERR, FINDINGS, OUT, fail, print_json
from silkway.messaging.compare import Compared, Difference, compare
from silkway.messaging.journal_topic import journal_differences, journal_topic
from silkway.messaging.replay import frozen, scratch_database
from silkway.messaging.retention import retention_findings

if TYPE_CHECKING:
    from silkway.messaging import Service

_SHOWN = 50


def rebuild(
    service: Annotated[str, typer.Argument(help="order, logistics, credit or notify.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare the rebuilt state with the live one, table by table.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the rebuilt database, and say where it is.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Replay the journal of a service from the log into a database of its own beside the live one.

    Nothing is sent, and the service may go on: what is compared is one moment of it. The rebuilt database never takes
    the place of the live one: that is what `silkway restore` is for. Exit code 1: the states, or the journal and its
    topic, differ; 2: the system cannot be reached or its log is not whole.
    """
    system = addresses.find()
    if service not in addresses.SERVICES:
        fail(f"{service}: the services are {', '.join(addresses.SERVICES)}")
    if not (verify or keep):
        fail(
            "Say --verify, --keep or both: else all is replayed and thrown away. The live database is never touched."
        )
    with unusable_told():
        result = asyncio.run(_rebuild(system, service, verify, keep))
    if as_json:
        print_json(result)
    else:
        _show(result)
    if result["differences"]:
        raise typer.Exit(FINDINGS)


async def _rebuild(system: addresses.Addresses, name: str, verify: bool, keep: bool) -> dict[str, Any]:
    service: Service = import_module(f"silkway.{name}.consumer").SERVICE
    began = time.monotonic()
    tables: list[Compared] = []
    differences: list[Difference] = []
    async with (
        frozen(system.database(name)) as live,
        scratch_database(system.database(name), keep=keep) as scratch,
    ):
        with Progress(console=ERR, transient=True) as progress:
            task = progress.add_task(f"{name}: replaying the log", total=None)
            records = await replay_into(scratch, system, service, live, progress, task)
            if verify:
                progress.update(task, description=f"{name}: comparing")
                differences = await compare(live, scratch, service.kinds, tables.append)
                async with journal_topic(system.kafka, system.prefix + service.journal) as journal:
                    differences += await journal_differences(journal, live)
        entries, position = await live.fetchrow("SELECT count(*), coalesce(max(id), 0) FROM journal") or (
            0,
            0,
        )
        warnings = await retention_findings(system.kafka, live, service, system.prefix)
    return {
        "service": name,
        "entries": entries,
        "journal_id": position,
        "records": records,
        "tables": [asdict(table) for table in tables],
        "differences": [{**asdict(d), "message": str(d)} for d in differences],
        "warnings": warnings,
        "database": scratch if keep else None,
        "verified": verify,
        "seconds": round(time.monotonic() - began, 1),
    }


def _show(result: dict[str, Any]) -> None:
    if result["tables"]:
        table = Table("table", "rows", "live", "rebuilt")
        for row in result["tables"]:
            style = "" if row["found"] == row["expected"] else "red"
            table.add_row(
                row["table"], f"{row['rows']:,}", row["found"][:12], row["expected"][:12], style=style
            )
        OUT.print(table)
    shown = sorted(result["differences"][:_SHOWN], key=lambda found: str(found["aggregate"]))
    for aggregate, found in groupby(shown, key=lambda one: one["aggregate"]):
        OUT.print(aggregate, style="bold red", markup=False, highlight=False)
        for difference in found:
            OUT.print(f"  {difference['message']}", style="red", markup=False, soft_wrap=True)
    if (more := len(result["differences"]) - _SHOWN) > 0:
        OUT.print(f"… and {more} more (see --json)")
    for warning in result["warnings"]:
        ERR.print(warning, style="yellow", markup=False, soft_wrap=True)
    verdict = (
        ("equal" if not result["differences"] else "different") if result["verified"] else "not compared"
    )
    OUT.print(
        f"{result['service']}: {result['entries']:,} transactions up to journal id {result['journal_id']},"
        f" {result['records']:,} records, in {result['seconds']} s: {verdict}"
    )
    if result["database"]:
        OUT.print(f"kept: {result['database']}", markup=False, soft_wrap=True)
