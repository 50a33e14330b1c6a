"""From the publishing of a fact to the notice that comes of it, at 1% and at 50% of the load that the four services
bear, beside bare relays over the same hops.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from rich.table import Table

from bench.floor import Floor
from bench.hops import PAUSE_S, STAGE_OF, Delays, Way, due, summary
from bench.parts import Bar, Panel, Part, Run
from bench.straight import STAGES
from bench.through_services import Noticed

SHARES: Final = (0.01, 0.5)
TIMES_THE_FLOOR: Final = 3
"""At half of the load the 99th percentile is at most so many times that of the bare relays."""
SECONDS: Final = 60.0
RAMP_S: Final = (STAGES - 1) * PAUSE_S
"""From here on until no more orders begin, facts of all stages are told; only these are measured."""
WAIT_S: Final = 20.0
POLL_S: Final = 0.05
Found = dict[str, dict[float, Delays]]


async def measure(run: Run) -> Part:
    """Both loads on the services, then both on the relays."""
    rate, found = await run.bears(), Found()
    ways: Mapping[str, Way] = {
        "silkway": Noticed(run.stack, run.folder, "delays"),
        "floor": Floor(run.stack.kafka.bootstrap, run.folder),
    }
    for name, way in ways.items():
        async with way:
            found[name] = {}
            for number, share in enumerate(SHARES):
                with run.doing(f"{name} at {share:.0%}"):
                    took_s = await delays_s(way, f"L{number}", share * rate, run.lasting(SECONDS))
                found[name][share] = summary(share * rate, list(took_s.values()))
    return Part(
        figures={
            "bears": rate,
            **{
                name: {f"{share:.0%}": asdict(delays) for share, delays in loads.items()}
                for name, loads in found.items()
            },
        },
        table=_table(found, rate),
        panel=_panel(found),
        bars=[_bar(found)],
    )


async def delays_s(way: Way, run: str, rate: float, seconds: float) -> dict[float, float]:
    """Tell lives at this rate, each fact at its time, whatever has come back; how long each notice took, in seconds,
    by when its fact was told, on the monotonic clock. `seconds`: more than RAMP_S.

    Waits for the rest at the end. Raises RuntimeError where notices have not come.
    """
    began, told = time.monotonic(), {}
    plan = due(rate, seconds)
    while plan:
        now = time.monotonic() - began
        facts = []
        while plan and plan[0][0] <= now:
            facts.append(heapq.heappop(plan)[1:])
        for number, stage in facts:
            if stage in STAGE_OF.values() and RAMP_S <= now <= seconds:
                told[f"{run}-{number:07}", stage] = time.monotonic()
        if facts:
            await way.publish(run, facts)
        await asyncio.sleep(0.002)
    for _ in range(int(WAIT_S / POLL_S)):
        if told.keys() <= way.heard.keys():
            break
        await asyncio.sleep(POLL_S)
    missing = told.keys() - way.heard.keys()
    if missing:
        raise RuntimeError(f"{len(missing)} of {len(told)} notices have not come, such as {min(missing)}")
    return {at: way.heard[key] - at for key, at in told.items()}


def _bar(found: Found) -> Bar:
    own, floor = found["silkway"][0.5].p99_ms, found["floor"][0.5].p99_ms
    text = f"at half load, the 99th percentile is {own / floor:.1f} times the bare relays' (at most {TIMES_THE_FLOOR})"
    return Bar(text, own <= TIMES_THE_FLOOR * floor)


def _table(found: Found, rate: float) -> Table:
    shown = Table(title=f"From a fact to its notice, ms; they bear {rate:.0f} orders a second")
    for column in ("", "load", "orders/s", "notices", "p50", "p95", "p99"):
        shown.add_column(column, justify="left" if not column else "right")
    for name, loads in found.items():
        for share, d in loads.items():
            times = (f"{ms:.0f}" for ms in (d.p50_ms, d.p95_ms, d.p99_ms))
            shown.add_row(name, f"{share:.0%}", f"{d.rate:.1f}", f"{d.notices}", *times)
    return shown


def _panel(found: Found) -> Panel:
    values = {
        f"{name} {share:.0%}\n{what}": ms
        for share in SHARES
        for name, loads in found.items()
        for what, ms in (("p50", loads[share].p50_ms), ("p99", loads[share].p99_ms))
    }
    return Panel("From a fact to its notice", "ms", values)
