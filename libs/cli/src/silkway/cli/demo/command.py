"""`silkway demo`: the built-in trade, played live and compared with what must come of it."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

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
from silkway.cli.demo.proportions import Proportions, read
from silkway.cli.demo.seen import see
from silkway.cli.demo.stories import STORIES
from silkway.cli.demo.verdict import as_data, show
from silkway.cli.demo.verify import Verdict, compare
from silkway.cli.pace import Stalled
from silkway.contracts.fields import TENANT_PATTERN
from silkway.contracts.keys import SCENARIO_PREFIX
from silkway.messaging.database import DATABASE_ERRORS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from silkway.cli.demo.trade import Trade

LIVES: Final = ("DRAFTED", "PLACED", "COMPLETED", "SETTLED", "CANCELLED")


def demo(
    orders: Annotated[int, typer.Option(min=1, max=99_999, help="How many orders.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed draws the same trade.")] = 7,
    speed: Annotated[float, typer.Option(min=0.01, help="Days of the trade in a second, at most.")] = 5.0,
    tenant: Annotated[str, typer.Option(help="Scenario tenant; default sim-demo-ORDERS-SEED.")] = "",
    verify: Annotated[bool, typer.Option("--verify", help="Compare every order with what is expected.")] = False,
    proportions: Annotated[
        Path | None, typer.Option(help="TOML: how often each story is told.", exists=True, dir_okay=False)
    ] = None,
    if_new: Annotated[bool, typer.Option("--if-new", help="Do nothing if it was played before.")] = False,
    progress_file: Annotated[Path | None, typer.Option(help="Write the progress there, as JSON.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:  # fmt: skip
    """Play the built-in trade in a tenant of its own and show it live.

    Exit code 1: not every order was settled or cancelled, one differs from what is expected, or the services
    stood still; 2: nothing to talk to.
    """
    options = Options(tenant or f"sim-demo-{orders}-{seed}", orders, seed, speed, if_new, _read(proportions))
    if not re.fullmatch(TENANT_PATTERN, options.tenant) or not options.tenant.startswith(SCENARIO_PREFIX):
        fail(
            f"{options.tenant!r}: the trade has a clock of its own, so its tenant starts with sim- (a-z, 0-9, -)."
        )
    system = addresses.find()
    last, trade = _play(system, options, progress_file)
    verdict = _verify(system, last.tenant, trade) if verify else None
    if as_json:
        result: dict[str, Any] = {
            "tenant": last.tenant, "orders": last.total, "ended": last.done, "states": last.states,
            "unmatched": last.matters.unmatched, "claims": last.matters.claims,
            "incidents": last.matters.incidents,
            "facts": last.facts, "facts_per_s": round(last.facts_per_s),
        }  # fmt: skip
        print_json(result | ({"verified": as_data(verdict)} if verdict else {}))
    else:
        OUT.print(_summary(last))
        if verdict:
            show(verdict)
    if last.done < last.total or (verdict and (verdict.differences or verdict.counts)):
        raise typer.Exit(FINDINGS)


def _read(file: Path | None) -> Proportions | None:
    if file is None:
        return None
    try:
        return read(file.read_text(), STORIES)
    except (OSError, ValueError) as error:
        fail(f"{file}: {error}")


def _play(
    system: addresses.Addresses, options: Options, progress_file: Path | None
) -> tuple[Progress, Trade]:
    with Live(console=ERR, transient=True, refresh_per_second=4) as live:

        def show_progress(progress: Progress) -> None:
            if ERR.is_terminal:
                live.update(_picture(progress))
            if progress_file is not None:
                _write(progress, progress_file)

        try:
            return asyncio.run(play(system, options, show_progress))
        except Stalled as stalled:
            fail(str(stalled), FINDINGS)
        except KafkaError as error:
            fail(f"Kafka: {error}. The same command again goes on where this one stopped.")
        except KeyboardInterrupt:
            sys.exit(130)


def _verify(system: addresses.Addresses, tenant: str, trade: Trade) -> Verdict:
    """Compare; what was played before is drawn again, to nobody, for what must come of it."""
    if not trade.expected:
        for _ in trade.facts():
            pass
    try:
        return asyncio.run(_compare(system, tenant, trade))
    except DATABASE_ERRORS as error:
        fail(f"Database: {error}")
    except KafkaError as error:
        fail(f"Kafka: {error}")


async def _compare(system: addresses.Addresses, tenant: str, trade: Trade) -> Verdict:
    sight = await see(system, tenant)
    return compare(trade.expected, sight.orders, sight.counts, trade.counts)


def _summary(last: Progress) -> str:
    ended = f"{last.tenant}: {last.done:,} of {last.total:,} orders settled or cancelled"
    facts = f"{last.facts:,} facts, {last.facts_per_s:,.0f} a second" if last.facts else ""
    return "\n".join(filter(None, (ended, str(last.matters), facts)))


def _picture(progress: Progress) -> RenderableType:
    table = Table(*LIVES, title=f"{progress.tenant}, {progress.day}", title_justify="left")
    table.add_row(*(str(progress.states.get(life, 0)) for life in LIVES))
    parts: list[RenderableType] = [
        table,
        ProgressBar(total=progress.total, completed=progress.done, width=60),
        Text(str(progress.matters)),
        Text(f"{progress.facts:,} facts, {progress.facts_per_s:,.0f} a second", style="dim"),
    ]
    for notice in progress.notices:
        style = "yellow" if notice.severity == "WARNING" else ""
        line = f"{notice.known_at[:16].replace('T', ' ')}  {notice.order_id}  {notice.text}"
        parts.append(Text(line, style=style, no_wrap=True, overflow="ellipsis"))
    return Group(*parts)


def _write(progress: Progress, file: Path) -> None:
    """In one step, so that whoever reads it sees the old or the new, whole."""
    states = ", ".join(f"{count} {life}" for life, count in progress.states.items())
    text = "; ".join(filter(None, (f"{progress.day}: {states}", str(progress.matters))))
    data = {
        "tenant": progress.tenant, "done": progress.done, "total": progress.total, "text": text,
        "finished": progress.finished,
    }  # fmt: skip
    draft = file.with_name(f"{file.name}.new")
    draft.write_text(json.dumps(data))
    draft.replace(file)
