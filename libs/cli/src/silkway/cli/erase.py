"""`silkway erase` and `silkway seal`: personal data out of reach, and out of facts before they are published."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from silkway.cli.console import FINDINGS, OUT, fail, print_json
from silkway.cli.desk import ByOption, JsonOption, TenantOption, call, person, publish
from silkway.cli.publish import FileArgument, Reading, read_file
from silkway.contracts import Envelope
from silkway.messaging.personal import open_vault

KEPT: Final = (
    "Kept, as books have to be: ids, amounts, times, states and reasons in codes. The log is as it was."
)


def erase(
    tenant: TenantOption,
    about: Annotated[
        str,
        typer.Argument(help="supplier/ID or buyer/ID with all their orders; subscription/ID, order/ID, …"),
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Apply all erasures once more, after a backup was brought back.")
    ] = False,
    by: ByOption = "",
    key: Annotated[str, typer.Option("--id", help="What you call it; a repeat is harmless.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Erase what people wrote or are named in. Exit code 1: refused, or not on the log yet."""
    if again == bool(about):
        fail("Say what to erase, or --again.")
    if again:
        done = call("notify", "POST", "/erasures/again", tenant)
        erased: list[dict[str, Any]] = done["erasures"]
    else:
        body = {"erasure_id": key or str(uuid.uuid4()), "about": about, "by": person(by)}
        done, outcome = publish("notify", "/erasures", tenant, body, key=f"erasure/{body['erasure_id']}")
        erased = [done]
        if outcome["outcome"] != "applied":
            fail(
                f"Erased, but the log says {outcome['outcome']}: {outcome.get('detail')}. Repeat it.",
                FINDINGS,
            )
    if as_json:
        print_json(done)
        return
    table = Table("erasure", "about", "erased", "texts")
    for one in erased:
        texts = ", ".join(f"{count} of {kind}" for kind, count in sorted(one["texts"].items()))
        table.add_row(one["erasure_id"], one["about"], one["erased_at"][:19], texts or "none (any more)")
    OUT.print(table if erased else "None.")
    OUT.print(KEPT)


def seal(file: FileArgument) -> None:
    """Write facts, JSON lines as for `publish`, with seals for personal data: fit for any producer of Kafka's.

    Exit code 1: some lines are wrong; 2: there is no store of personal data.
    """
    reading = read_file(file)
    for wrong in reading.findings:
        print(f"{wrong.line}: {wrong.field}: {wrong.reason}. {wrong.remedy}", file=sys.stderr)
    if reading.findings:
        raise typer.Exit(FINDINGS)
    for line in asyncio.run(_sealed(reading)):
        print(line)


async def _sealed(reading: Reading) -> list[str]:
    vault = await open_vault("silkway-seal")
    if vault is None:
        fail("There is no store of personal data: SILKWAY_PERSONAL_DATA_SEALED_SINCE is not set.")
    lines = []
    for tenant, fact in reading.facts:
        envelope = Envelope.of(fact.event, tenant=tenant, source=fact.source, id=fact.id, time=fact.time)
        event = await vault.seal(envelope, fact.event)
        given = {
            "type": event.type, "tenant": tenant, "source": fact.source, "id": fact.id,
            "time": fact.time.isoformat(), "data": event.model_dump(mode="json", exclude_none=True),
        }  # fmt: skip
        lines.append(json.dumps(given, ensure_ascii=False))
    vault.close()
    return lines
