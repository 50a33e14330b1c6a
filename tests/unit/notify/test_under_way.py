"""How many deliveries are being sent at once: a tenant's slow receivers leave room for everybody else's."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from silkway.notify.channels.under_way import MOST, MOST_OF_A_TENANT, UnderWay


async def _never() -> None:
    await asyncio.Event().wait()


async def test_a_tenant_whose_receivers_never_answer_leaves_room_for_others() -> None:
    under_way = UnderWay(ended=lambda: None)
    # Given receivers of one tenant that never answer, at as many subscriptions as it likes
    for number in range(MOST_OF_A_TENANT):
        under_way.start(("slow", f"S-{number % 7}"), f"order/{number}", _never())

    # Then nothing more is started for it, whatever the subscription, and for others as ever
    assert under_way.room("slow") == 0
    assert under_way.room("quick") == MOST_OF_A_TENANT
    await under_way.stop()


async def test_all_tenants_together_start_no_more_than_there_are_connections() -> None:
    under_way = UnderWay(ended=lambda: None)
    for number in range(MOST):
        under_way.start((f"T-{number % (MOST // 10)}", "S"), f"order/{number}", _never())
    assert under_way.room("another") == 0
    await under_way.stop()
    assert under_way.room("another") == MOST_OF_A_TENANT


@pytest.mark.parametrize("how", ["done", "failed"])
async def test_what_is_over_makes_room_and_is_told(how: str) -> None:
    over, told = asyncio.Event(), asyncio.Event()
    under_way = UnderWay(ended=told.set)

    async def work() -> None:
        await over.wait()
        if how == "failed":
            raise RuntimeError("a fault of ours")

    under_way.start(("acme", "S"), "order/1", work())
    under_way.start(("acme", "S"), "order/2", _never())
    assert Counter(under_way.subjects(("acme", "S"))) == Counter(["order/1", "order/2"])
    assert under_way.room("acme") == MOST_OF_A_TENANT - 2

    over.set()
    await told.wait()
    assert list(under_way.subjects(("acme", "S"))) == ["order/2"]
    assert under_way.room("acme") == MOST_OF_A_TENANT - 1
    await under_way.stop()
    assert under_way.room("acme") == MOST_OF_A_TENANT
