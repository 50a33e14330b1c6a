"""Whether a log has gone is what Kafka says of it, not how long it takes to answer."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from silkway.messaging import replay
from silkway.messaging.replay import LogGone, LogReader

HERE = TopicPartition("trade.orders", 1)


class Slow:
    """A consumer whose broker holds the offsets from `first` up to `end`, and hands them out at the third question."""

    def __init__(self, first: int, end: int, silent: int = 2) -> None:
        self.first, self.end, self.silent = first, end, silent

    async def getmany(self, _: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        self.silent -= 1
        return {} if self.silent >= 0 else {HERE: [_record(n) for n in range(self.first, self.end)]}

    async def beginning_offsets(self, _: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {HERE: self.first}

    async def end_offsets(self, _: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {HERE: self.end}


def _record(offset: int) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord(HERE.topic, HERE.partition, offset, 0, 0, b"k", b"v", None, 1, 1, ())


async def test_a_busy_broker_is_waited_for() -> None:
    log = LogReader(Slow(0, 5))
    assert [r.offset for r in await log.take("trade.orders", 1, 0, 3)] == [0, 1, 2]
    assert [r.offset for r in await log.take("trade.orders", 1, 3, 5)] == [3, 4]


@pytest.mark.parametrize(
    ("first", "end", "said"), [(2, 9, "begins at 2"), (0, 2, "offset 4 any more, or not yet")]
)
async def test_what_kafka_no_longer_has_is_gone_at_once(first: int, end: int, said: str) -> None:
    log = LogReader(Slow(first, end))
    with pytest.raises(LogGone, match=said):
        await log.take("trade.orders", 1, 0, 5)


async def test_what_kafka_never_hands_out_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "MOST_SILENT", 3)
    log = LogReader(Slow(0, 5, silent=1_000))
    with pytest.raises(LogGone, match="does not hand out offset 4"):
        await log.take("trade.orders", 1, 0, 5)
