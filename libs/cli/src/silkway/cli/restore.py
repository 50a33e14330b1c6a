"""`silkway restore`: a database from a backup catches up with what its service has done since."""

from __future__ import annotations

import asyncio
import getpass
import time
from dataclasses import asdict
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from silkway.cli import addresses
from silkway.cli.audit import unusable_told
from silkway.cli.console import ERR, FINDINGS, OUT, fail, print_json
from silkway.cli.migrate import apply_migrations
from silkway.messaging.personal import sealed_since
from silkway.messaging.restore import NotRestorable, Restored
from silkway.messaging.restore import restore as catch_up

if TYPE_CHECKING:
    from silkway.messaging import Service


def restore(
    service: Annotated[str, typer.Argument(help="order, logistics, credit or notify.")],
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Let the database of a service, taken from a backup of any moment, catch up by the journal on Kafka.

    The same records are applied in the same transactions as before: the same decisions, ids and versions. What may
    not have been published is left for the service to publish; no event is sent with another content. All instances
    of the service must be stopped, or wait for this. It may be stopped and called again. Exit code 1: this database
    cannot catch up, with the reason; 2: the system cannot be reached or its log is not whole.
    """
    system = addresses.find()
    if service not in addresses.SERVICES:
        fail(f"{service}: the services are {', '.join(addresses.SERVICES)}")
    began = time.monotonic()
    with unusable_told():
        try:
            done = asyncio.run(_restore(system, service))
        except NotRestorable as error:
            fail(str(error), FINDINGS)
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        print_json({"service": service, **asdict(done), "seconds": seconds})
        return
    OUT.print(
        f"{service}: from journal id {done.since} to {done.until}: {done.transactions:,} transactions,"
        f" {done.records:,} records in {seconds} s; {done.unsent} rows left to be published"
    )
    if done.set_back:
        OUT.print(
            f"{done.set_back} partitions were set back to what this database had read:"
            f" `silkway offsets show {service}` tells what Kafka had been told, and why any stood still",
            markup=False, soft_wrap=True,
        )  # fmt: skip


async def _restore(system: addresses.Addresses, name: str) -> Restored:
    service: Service = import_module(f"silkway.{name}.consumer").SERVICE
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=ERR, transient=True) as progress:
        task = progress.add_task(f"{name}: waiting until no instance runs", total=None)

        def show(so_far: Restored) -> None:
            progress.update(
                task,
                description=f"{name}: journal id {so_far.until}, {so_far.transactions:,} transactions,"
                f" {so_far.records:,} records",
            )

        await apply_migrations(name, system.database(name))
        return await catch_up(
            service, system.database(name), system.kafka, system.prefix, show,
            by=getpass.getuser(), sealed_since=sealed_since(),
        )  # fmt: skip
