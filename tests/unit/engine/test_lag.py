"""How far a service is behind the log is a figure that people can watch."""

from __future__ import annotations

from types import SimpleNamespace

from aiokafka import TopicPartition
from prometheus_client import REGISTRY

from silkway.messaging.batches import Batches
from silkway.messaging.consumer import Consumer
from silkway.messaging.relay import Relay
from silkway.messaging.settings import Settings
from silkway.messaging.transaction import Engine
from tests.integration.engine.toy import Faults, toy_service


def lag(topic: str) -> float | None:
    return REGISTRY.get_sample_value("silkway_lag_records", {"topic": topic})


async def test_lag_is_what_lies_between_what_was_applied_and_the_end_of_the_log() -> None:
    toy = toy_service(Faults())
    engine = Engine(toy, dict.fromkeys(toy.inputs, 2), 2, "t.")
    settings = Settings("order", "nowhere:9092", "postgresql://nowhere", "127.0.0.1", 0, "t.", "1")
    batches, relay = Batches(engine, "postgresql://nowhere", "order-1"), Relay("", "", "", "")
    consumer = Consumer(settings, ["t.trade.orders", "t.order.redrive"], engine.reader, batches, relay)
    ends = {("t.trade.orders", 0): 100, ("t.trade.orders", 1): 50, ("t.order.redrive", 0): None}
    consumer._kafka = SimpleNamespace(
        assignment=lambda: {TopicPartition(*place) for place in ends}, highwater=lambda tp: ends[tp]
    )

    consumer._applied = {("t.trade.orders", 0): 90, ("t.trade.orders", 1): 50}
    consumer._show_lag()

    assert (lag("trade.orders"), lag("order.redrive")) == (10, 0)
