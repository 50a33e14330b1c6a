"""While nothing comes the broker is asked seldom, and what comes then is heard at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.integration.engine.facts import confirmed, day, drafted
from tests.integration.engine.place import Place, until
from tests.integration.engine.toy import Faults, toy_service

if TYPE_CHECKING:
    from silkway.messaging.consumer import Consumer


def count_questions(consumer: Consumer) -> Counter[str]:
    """What is asked of the broker from now on, by the names of the requests."""
    asked: Counter[str] = Counter()
    send = consumer._kafka._client.send

    async def counted(node: int, request: Any, **more: Any) -> Any:
        asked[type(request).__name__] += 1
        return await send(node, request, **more)

    consumer._kafka._client.send = counted
    return asked


async def test_in_silence_the_broker_is_asked_seldom_and_the_first_record_ends_it(place: Place) -> None:
    # Given a service that has worked off all there is, for a while
    await place.tick(day(0))
    await place.fact(drafted(), "draft")
    async with place.service() as consumer:
        await place.becomes("draft")
        await place.outbox_empties()

        async def silent() -> bool:
            return not consumer._gathering._gathers

        await until(silent, "nothing comes any more")

        # Then it asks twice a second, and not twenty times
        asked = count_questions(consumer)
        await asyncio.sleep(2)
        assert 1 <= asked["FetchRequest"] <= 6

        # And when a fact comes, then it is applied without waiting for more, and records are gathered again
        await place.fact(confirmed(), "c1")
        await place.becomes("c1")
        assert await place.value("SELECT count(*) FROM marks") == 2


async def test_a_tick_costs_two_transactions_however_its_topics_follow_each_other(place: Place) -> None:
    async def time_is(number: int) -> bool:
        return bool(await place.value("SELECT own FROM clocks") == day(number))

    # Given a service that has seen the first tick
    await place.tick(day(0))
    async with place.service():
        await until(lambda: time_is(0), "the first tick has come")
        before = await place.value("SELECT max(id) FROM journal")

        # When the next one comes topic by topic, as those pass it on who send them
        for topic in toy_service(Faults()).gates():
            await place.tick(day(1), [topic])
            await asyncio.sleep(0.05)
        await until(lambda: time_is(1), "time moves")

        # Then one transaction has passed it on, and one has judged deadlines; what only came before them cost none
        assert await place.value("SELECT count(*) FROM journal WHERE id > $1", before) == 2
        assert await place.value("SELECT count(*) FROM ticks WHERE tick < $1", day(1)) == 0


async def test_whether_the_log_is_the_one_we_read_is_asked_of_all_partitions_at_once(place: Place) -> None:
    await place.tick(day(0))
    await place.fact(drafted(), "draft")
    async with place.service() as consumer:
        await place.becomes("draft")
        asked = count_questions(consumer)
        await consumer._verify()
        assert asked["OffsetRequest"] == 2
        assert len(consumer.assigned) > 8
        assert not consumer.halted
