"""Webhooks to servers that fail, are away, or are gone: nothing lost, in order, the same id whenever sent again."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from silkway.contracts.fields import END_OF_TIME
from tests.integration.channels.receiver import Call, Receiver, receiving
from tests.integration.channels.world import World, milestone
from tests.integration.http.conftest import START

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    NewWorld = Callable[..., AbstractAsyncContextManager[World]]

QUICK = ",".join(["0.05"] * 80)


def orders(count: int, each: int) -> list[tuple[str, int]]:
    """Legs of many orders, interleaved."""
    return [(f"PO-{order}", leg) for leg in range(each) for order in range(count)]


def legs_by_order(calls: Sequence[Call]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for call in calls:
        found[call.subject].append(call.data["leg"])
    return dict(found)


def check(receiver: Receiver, count: int, each: int) -> None:
    """All arrived, in order per order, each under one id."""
    assert legs_by_order(receiver.taken) == {f"order/PO-{order}": list(range(each)) for order in range(count)}
    ids: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for call in receiver.calls:
        ids[call.subject, call.data["leg"]].add(call.webhook_id)
    assert {len(of_one) for of_one in ids.values()} == {1}
    assert len({next(iter(of_one)) for of_one in ids.values()}) == count * each
    assert receiver.problems == []


@pytest.mark.parametrize(
    ("count", "each", "kills"),
    [(50, 10, 2), pytest.param(500, 20, 3, marks=pytest.mark.slow)],
)
async def test_half_of_the_calls_fail_and_the_service_is_killed(
    new_world: NewWorld, count: int, each: int, kills: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        new_world(NOTIFY_RETRY_AFTER_S=QUICK) as world,
        receiving(Receiver(failing=0.5)) as receiver,
    ):
        receiver.secret = await world.subscribe(receiver.url)
        began = time.monotonic()
        await world.tell(milestone(order_id, leg) for order_id, leg in orders(count, each))
        for number in range(1, kills + 1):
            await _until_taken(world, receiver, count * each * number // (kills + 1))
            await world.kill()
            await world.start()
        await world.delivered(count * each, within_s=600)
        seconds = time.monotonic() - began
        check(receiver, count, each)
        assert await world.rows("SELECT FROM parked") == []
        assert await world.differences() == []
        sent = len(receiver.calls)
    with capsys.disabled():
        print(
            f"\n{count * each} webhooks in {seconds:.0f} s, {sent} calls, {kills} kills: none lost, in order"
        )


async def _until_taken(world: World, receiver: Receiver, count: int) -> None:
    async def are() -> bool:
        return len(receiver.taken) >= count

    await world.until(are, f"{count} webhooks taken", 300)


async def test_one_order_that_cannot_be_taken_holds_up_no_other(new_world: NewWorld) -> None:
    class Choosy(Receiver):
        async def _one(self, reader: asyncio.StreamReader) -> int | None:
            status = await super()._one(reader)
            return 422 if self.calls[-1].subject == "order/PO-0" else status

    async with new_world(NOTIFY_RETRY_AFTER_S="0.5,600") as world, receiving(Choosy()) as receiver:
        await world.subscribe(receiver.url)
        await world.tell(milestone(order_id, leg) for order_id, leg in orders(5, 4))
        await world.delivered(16)

        async def held_up() -> bool:
            return await world.count("PENDING") == 4

        await world.until(held_up, "those of the order wait")
        refused = [call for call in receiver.calls if call.subject == "order/PO-0"]
        assert {call.data["leg"] for call in refused} == {0}


async def test_a_dead_subscriber_is_paused_and_hears_everything_when_resumed(new_world: NewWorld) -> None:
    async with new_world(NOTIFY_RETRY_AFTER_S="0.1,0.1") as world, receiving(Receiver(down=True)) as receiver:
        receiver.secret = await world.subscribe(receiver.url)
        await world.tell(milestone(order_id, leg) for order_id, leg in orders(3, 2))

        async def paused() -> bool:
            async with world.client() as client:
                return bool((await client.get("/subscriptions/shop")).json()["state"] == "PAUSED")

        await world.until(paused, "the subscription is paused")
        await world.tell([milestone("PO-0", 2)])
        receiver.down = False
        await asyncio.sleep(1)
        assert receiver.taken == []

        await world.ask("/subscriptions/shop/resume", by="lin", requested_at=_now())
        await world.delivered(7)
        assert legs_by_order(receiver.taken)["order/PO-0"] == [0, 1, 2]


async def test_a_replay_sends_everything_since_then_again_with_the_same_ids(new_world: NewWorld) -> None:
    async with new_world(NOTIFY_RETRY_AFTER_S=QUICK) as world, receiving(Receiver()) as receiver:
        receiver.secret = await world.subscribe(receiver.url)
        await world.tell(milestone(order_id, leg) for order_id, leg in orders(30, 10))
        await world.delivered(300)
        first = [call.webhook_id for call in receiver.calls]
        receiver.calls.clear()

        at = START.isoformat()
        await world.ask("/subscriptions/shop/replays", by="lin", from_at=at, requested_at=_now())
        await _until_taken(world, receiver, 300)
        check(receiver, 30, 10)
        assert await world.differences() == []
        assert {call.webhook_id for call in receiver.calls} == set(first)

        receiver.calls.clear()
        later = END_OF_TIME.replace(year=2199).isoformat()
        await world.ask("/subscriptions/shop/replays", by="lin", from_at=later, requested_at=_now())
        await world.tell([milestone("PO-0", 10)])
        await world.delivered(301)
        assert [call.data["leg"] for call in receiver.calls] == [10]


async def test_a_new_secret_signs_beside_the_old_one_and_is_shown_once(new_world: NewWorld) -> None:
    async with new_world(NOTIFY_RETRY_AFTER_S=QUICK) as world, receiving(Receiver()) as receiver:
        old = await world.subscribe(receiver.url)
        assert await world.subscribe(receiver.url) is None
        new = await world.subscribe(receiver.url, secret_ref="V2", registered_at=_now())
        assert old is not None
        assert new is not None
        assert old != new
        receiver.secret = new
        await world.tell([milestone("PO-1", 0)])
        await world.delivered(1)
        assert receiver.problems == []


async def test_what_was_sent_is_seen_with_its_log(new_world: NewWorld) -> None:
    async with (
        new_world(NOTIFY_RETRY_AFTER_S="0.1,0.1,0.1") as world,
        receiving(Receiver(down=True)) as receiver,
    ):
        await world.subscribe(receiver.url)
        await world.tell([milestone("PO-1", 0), milestone("PO-2", 0)])
        await world.until(_calls(receiver, 2), "both were tried")
        receiver.down = False
        await world.delivered(2)
        async with world.client() as client:
            page = (await client.get("/deliveries?order_id=PO-1&subscription_id=shop&state=DELIVERED")).json()
            (delivery,) = page["items"]
            whole = (await client.get(f"/deliveries/{delivery['delivery_id']}")).json()
            first = (await client.get("/deliveries?limit=1")).json()
            second = (await client.get(f"/deliveries?limit=1&cursor={first['next']}")).json()
        assert whole["log"][0]["outcome"] == "DELIVERED"
        assert whole["log"][-1]["status"] == 500
        assert receiver.calls[0].webhook_id in {delivery["delivery_id"], second["items"][0]["delivery_id"]}
        assert first["items"] != second["items"]
        assert second["next"] is None


def _calls(receiver: Receiver, count: int) -> Callable[[], Awaitable[bool]]:
    async def are() -> bool:
        return len(receiver.calls) >= count

    return are


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()
