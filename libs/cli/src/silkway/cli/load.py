"""`silkway load scms FILE`: a history of real trade, published as the facts that it stands for."""

from __future__ import annotations

import asyncio
import csv
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from aiokafka.errors import KafkaError
from rich.markup import escape
from rich.table import Table

from silkway.cli import addresses
from silkway.cli.console import FINDINGS, OUT, fail, print_json
from silkway.cli.feed import Feed
from silkway.cli.pace import Pace, Stalled
from silkway.cli.progress import FeedProgress
from silkway.cli.scms.notes import Notes
from silkway.cli.scms.plan import Plan, plan
from silkway.cli.scms.reader import read
from silkway.contracts.fields import TENANT_PATTERN
from silkway.contracts.keys import SCENARIO_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

load = typer.Typer(help="Publish a history of real trade.", no_args_is_help=True)


@load.callback()
def _load() -> None:
    """Publish a history of real trade."""


@load.command("scms")
def load_scms(
    file: Annotated[Path, typer.Argument(help="SCMS delivery history, CSV.", exists=True, dir_okay=False)],
    tenant: Annotated[str, typer.Option(help="Scenario tenant (sim-…); its clock is driven.")] = "sim-scms",
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Publish the SCMS delivery history as facts, in time order, driving the tenant's own clock.

    Loading a file again changes nothing; an interrupted load goes on where it stopped. Exit code 1: rows were
    left out, or the services did not get through; 2: the file cannot be read or the system not be reached.
    """
    if not re.fullmatch(TENANT_PATTERN, tenant) or not tenant.startswith(SCENARIO_PREFIX):
        fail(
            f"{tenant!r}: a load drives its tenant's clock, so its id starts with sim- (a-z, 0-9, -; at most 40)."
        )
    notes = Notes()
    try:
        rows = read(file, notes)
    except (OSError, csv.Error) as error:
        fail(f"{file}: {error}")
    planned = plan(rows, notes)
    if not planned.facts:
        reasons = "; ".join(f"line {row.line}, {row.field}: {row.reason}" for row in notes.left_out[:3])
        fail(f"{file}: no row that makes sense ({reasons or 'it has no rows'}).")
    system = addresses.find()
    databases = {name: system.database(name) for name in addresses.SERVICES}
    began = time.monotonic()
    try:
        asyncio.run(_publish(system, databases, tenant, planned))
    except Stalled as stalled:
        fail(str(stalled), FINDINGS)
    except KafkaError as error:
        fail(f"Kafka: {error}. Start the same command again: it goes on where it stopped.")
    _show(tenant, planned, notes, time.monotonic() - began, as_json)
    if notes.left_out:
        raise typer.Exit(FINDINGS)


async def _publish(
    system: addresses.Addresses, databases: Mapping[str, str], tenant: str, planned: Plan
) -> None:
    with FeedProgress(len(planned.facts), planned.facts[0].known_at, planned.closing_ticks[-1]) as progress:
        async with (
            Feed(system.kafka, system.prefix) as feed,
            Pace(databases, tenant, progress.reached) as pace,
        ):
            await feed.drive(tenant, planned.facts, planned.closing_ticks, pace, progress.published)


def _show(tenant: str, planned: Plan, notes: Notes, seconds: float, as_json: bool) -> None:
    result: dict[str, Any] = {
        "tenant": tenant,
        "lines": planned.lines,
        "orders": planned.orders,
        "shipments": planned.shipments,
        "facts": len(planned.facts),
        "seconds": round(seconds, 1),
        **notes.as_json(),
    }
    if as_json:
        print_json(result)
        return
    OUT.print(
        f"[bold]{tenant}[/bold]: {planned.lines:,} lines of {planned.orders:,} orders in {planned.shipments:,} "
        f"shipments, {len(planned.facts):,} facts, through all services in {seconds:.0f} s."
    )
    table = Table("times", "what", "how it was taken", "e.g.", title="What was odd", title_justify="left")
    for note in notes.notes:
        table.add_row(f"{note.count:,}", escape(note.what), escape(note.meaning), ", ".join(note.examples))
    OUT.print(table)
    if notes.left_out:
        left = Table("line", "field", "value", "why", title=f"Left out: {len(notes.left_out):,}")
        for row in notes.left_out[:50]:
            left.add_row(str(row.line), row.field, escape(row.value[:40]), row.reason)
        OUT.print(left)
