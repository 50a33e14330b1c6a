"""`silkway demo`: the built-in trade, played live."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from aiokafka.errors import KafkaError
from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from silkway.cli import addresses
from silkway.cli.console import ERR, FINDINGS, OUT, fail, print_json
from silkway.cli.demo.play import Options, Progress, play
from silkway.cli.pace import Stalled
from silkway.contracts.fields import TENANT_PATTERN
from silkway.contracts.keys import SCENARIO_PREFIX

if TYPE_CHECKING:
    from rich.console import RenderableType

LIVES: Final = ("DRAFTED", "PLACED", "COMPLETED", "SETTLED")


def demo(
    orders: Annotated[int, typer.Option(min=1, max=99_999, help="How many orders.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed draws the same trade.")] = 7,
    speed: Annotated[float, typer.Option(min=0.01, help="Days of the trade in a second, at most.")] = 5.0,
    tenant: Annotated[str, typer.Option(help="Scenario tenant; default sim-demo-ORDERS-SEED.")] = "",
    if_new: Annotated[bool, typer.Option("--if-new", help="Do nothing if it was played before.")] = False,
    progress_file: Annotated[Path | None, typer.Option(help="Write the progress there, as JSON.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Play the built-in trade in a tenant of its own and show it live.

    Exit code 1: not every order was settled, or the services stood still; 2: nothing to talk to.
    """
    options = Options(tenant or f"sim-demo-{orders}-{seed}", orders, seed, speed, if_new)
    if not re.fullmatch(TENANT_PATTERN, options.tenant) or not options.tenant.startswith(SCENARIO_PREFIX):
        fail(
            f"{options.tenant!r}: the trade has a clock of its own, so its tenant starts with sim- (a-z, 0-9, -)."
        )
    last = _play(addresses.find(), options, progress_file)
    if as_json:
        print_json({"tenant": last.tenant, "orders": last.total, "settled": last.done, "states": last.states})
    else:
        OUT.print(f"{last.tenant}: {last.done} of {last.total} orders settled.")
    if last.done < last.total:
        raise typer.Exit(FINDINGS)


def _play(system: addresses.Addresses, options: Options, progress_file: Path | None) -> Progress:
    with Live(console=ERR, transient=True, refresh_per_second=4) as live:

        def show(progress: Progress) -> None:
            if ERR.is_terminal:
                live.update(_picture(progress))
            if progress_file is not None:
                _write(progress, progress_file)

        try:
            return asyncio.run(play(system, options, show))
        except Stalled as stalled:
            fail(str(stalled), FINDINGS)
        except KafkaError as error:
            fail(f"Kafka: {error}. The same command again goes on where this one stopped.")
        except KeyboardInterrupt:
            sys.exit(130)


def _picture(progress: Progress) -> RenderableType:
    table = Table(*LIVES, title=f"{progress.tenant}, {progress.day}", title_justify="left")
    table.add_row(*(str(progress.states.get(life, 0)) for life in LIVES))
    parts: list[RenderableType] = [
        table,
        ProgressBar(total=progress.total, completed=progress.done, width=60),
    ]
    for notice in progress.notices:
        style = "yellow" if notice.severity == "WARNING" else ""
        line = f"{notice.known_at[:16].replace('T', ' ')}  {notice.order_id}  {notice.text}"
        parts.append(Text(line, style=style, no_wrap=True, overflow="ellipsis"))
    return Group(*parts)


def _write(progress: Progress, file: Path) -> None:
    """In one step, so that whoever reads it sees the old or the new, whole."""
    text = f"{progress.day}: {', '.join(f'{count} {life}' for life, count in progress.states.items())}"
    data = {
        "tenant": progress.tenant, "done": progress.done, "total": progress.total, "text": text,
        "finished": progress.finished,
    }  # fmt: skip
    draft = file.with_name(f"{file.name}.new")
    draft.write_text(json.dumps(data))
    draft.replace(file)
