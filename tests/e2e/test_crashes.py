"""Orders in full flow while processes, the broker and the database are killed: nothing is lost, nothing twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from silkway.cli.demo.seen import see
from silkway.cli.demo.trade import Trade
from silkway.cli.demo.verify import compare
from silkway.cli.demo.world import AHEAD
from tests.e2e.blows import Blows
from tests.e2e.system import system_on
from tests.e2e.wire import (
    assert_each_once_and_in_order,
    assert_heard_as_said,
    assert_inboxes_hold,
    assert_nothing_left,
    versions_on_the_wire,
)

if TYPE_CHECKING:
    from pathlib import Path

    from silkway.embedded import Stack

TENANT = "sim-crash"
ORDERS = 120


async def test_nothing_is_lost_when_everything_is_killed(own_stack: Stack, tmp_path: Path) -> None:
    # Given two instances of each service, and hundreds of orders
    trade = Trade(ORDERS, seed=7)
    facts = list(trade.facts())
    async with await system_on(own_stack, tmp_path, instances=2) as system:
        strike = Blows(system, own_stack)
        strokes = [*strike.services(), strike.relay, strike.kafka, strike.postgres]
        share = -(-len(facts) // len(strokes))
        async with system.feed() as feed, system.pace(TENANT) as pace:
            # When, while they flow, one part of the system after the other is killed
            for number, stroke in enumerate(strokes):
                part = facts[number * share : (number + 1) * share]
                async with asyncio.TaskGroup() as together:
                    together.create_task(feed.drive(TENANT, part, [part[-1].known_at], pace, ahead=AHEAD))
                    together.create_task(stroke())
            await feed.drive(TENANT, [], trade.closing_ticks(), pace, ahead=AHEAD)

        # Then every order is as it must be, and nothing has been left behind or done twice
        sight = await see(system.addresses, TENANT)
        verdict = compare(trade.expected, sight.orders, sight.counts, trade.counts)
        assert not verdict.differences, "\n".join(map(str, verdict.differences[:20]))
        assert not verdict.counts
        await assert_nothing_left(system)
        once = {(fact.source, fact.id): fact.event.topic for fact in facts}  # some are told twice
        await assert_inboxes_hold(system, once.values())
        versions = await versions_on_the_wire(system, TENANT)
        assert_each_once_and_in_order(versions)
        await assert_heard_as_said(system, TENANT, versions)

        # And the audit finds nothing
        audit = await system.cli("audit", "--json")
        assert audit.code == 0, audit.stdout[:3000] + audit.stderr[-3000:]
