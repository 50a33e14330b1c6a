"""The audit has teeth: it finds every change that did not come from the log, and names it."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING, Final

from silkway.cli.demo.trade import Trade
from tests.e2e.change import Change, Hand

if TYPE_CHECKING:
    from tests.e2e.system import System

TENANT: Final = "sim-audited"
ORDERS: Final = 20
CHANGES: Final = int(os.environ.get("SILKWAY_AUDIT_CHANGES", "4"))
"""How many random changes to try; each takes an audit of some seconds."""


async def assert_found(system: System, change: Change) -> None:
    audit = await system.cli("audit", "--json", within_s=300)
    assert audit.code == 1, f"{change}: {audit.code}, {audit.stderr[-2000:]}"
    differences = audit.json()["differences"]
    assert any(map(change.is_named_by, differences)), f"{change} is not in {differences}"


async def test_every_change_is_found_and_named(system: System) -> None:
    # Given a system in which nothing is wrong
    trade = Trade(ORDERS, seed=3)
    async with system.feed() as feed, system.pace(TENANT) as pace:
        await feed.drive(TENANT, trade.facts(), trade.closing_ticks(), pace)
    before = await system.cli("audit", "--json")
    assert before.code == 0, before.stdout[:3000] + before.stderr[-2000:]

    # When any amount, quantity, state or time of any service is changed, then the audit names it
    hand = Hand(system, Random(11))
    for _ in range(CHANGES):
        change = await hand.slip()
        print(change)
        await assert_found(system, change)
        await hand.undo(change)

    # When all is as it was, then nothing is wrong again
    after = await system.cli("audit", "--json")
    assert after.code == 0, after.stdout[:3000] + after.stderr[-2000:]
