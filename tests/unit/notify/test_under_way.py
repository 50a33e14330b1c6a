"""How many deliveries are being sent at once: a tenant's slow receivers leave room for everybody else's."""

from __future__ import annotations

import asyncio

import pytest

from silkway.notify.channels.under_way import MOST, MOST_OF_A_TENANT, UnderWay


async def _never() -> None:
    await asyncio.Event().wait()


async def test_a_tenant_whose_receivers_never_answer_leaves_room_for_others() -> None:
    under_way = UnderWay(ended=lambda: None)
    # Given receivers of one tenant that never answer, at as many subscriptions as it likes
    for number in range(MOST_OF_A_TENANT):
        under_way.start(("slow", f"S-{number % 7}"), f"order/{number}", _never(), counted=True)

    # Then nothing more is started for it, whatever the subscription, and for others as ever
    assert under_way.room("slow") == 0
    assert under_way.room("quick") == MOST_OF_A_TENANT
    await under_way.stop()


async def test_all_tenants_together_start_no_more_than_there_are_connections() -> None:
    under_way = UnderWay(ended=lambda: None)
    for number in range(MOST):
        under_way.start((f"T-{number % (MOST // 10)}", "S"), f"order/{number}", _never(), counted=True)
    assert under_way.room("another") == 0
    await under_way.stop()
    assert under_way.room("another") == MOST_OF_A_TENANT


async def test_e_mails_and_replays_take_no_room_of_webhooks() -> None:
    under_way = UnderWay(ended=lambda: None)
    for number in range(2 * MOST_OF_A_TENANT):
        under_way.start(("acme", f"mail-{number}"), "", _never())
    assert under_way.room("acme") == MOST_OF_A_TENANT
    await under_way.stop()


@pytest.mark.parametrize("fails", [False, True])
async def test_what_is_over_makes_room_and_only_what_did_not_fail_is_told(fails: bool) -> None:
    told: list[int] = []
    over = asyncio.Event()
    under_way = UnderWay(ended=lambda: told.append(1))

    async def work() -> None:
        await over.wait()
        if fails:
            raise RuntimeError("a fault of ours")

    under_way.start(("acme", "S"), "order/1", work(), counted=True)
    under_way.start(("acme", "S"), "order/2", _never(), counted=True)
    assert set(under_way.subjects(("acme", "S"))) == {"order/1", "order/2"}
    assert under_way.room("acme") == MOST_OF_A_TENANT - 2

    over.set()
    await asyncio.sleep(0.01)
    assert list(under_way.subjects(("acme", "S"))) == ["order/2"]
    assert under_way.room("acme") == MOST_OF_A_TENANT - 1
    assert len(told) == (not fails)  # a fault that was told would be met again at once, and so on
    await under_way.stop()
    assert under_way.room("acme") == MOST_OF_A_TENANT
