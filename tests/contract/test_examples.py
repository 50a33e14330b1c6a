"""The examples that backends copy do what they say."""

import asyncio
import importlib.util
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from silkway.contracts import Envelope, OrderDrafted, OrderPlaced, read, write

EXAMPLES = Path(__file__).parents[2] / "libs" / "contracts" / "examples"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Log:
    """In a producer's place: keeps what it is given."""

    def __init__(self, **_settings: object) -> None:
        self.records: list[tuple[str, Any, Any, Any]] = []

    async def __aenter__(self) -> "Log":
        return self

    async def __aexit__(self, *_error: object) -> None:
        return None

    async def send_and_wait(
        self, topic: str, value: bytes, key: bytes, *, headers: list[tuple[str, bytes]]
    ) -> None:
        self.records.append((topic, key, headers, value))


async def test_the_producer_publishes_what_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    producer, log = example("producer"), Log()
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "unused")
    monkeypatch.setattr(producer, "AIOKafkaProducer", lambda **_settings: log)

    main: Callable[[], Awaitable[None]] = producer.main
    await asyncio.wait_for(main(), timeout=5)

    assert {topic for topic, *_ in log.records} == {"trade.orders"}
    read_back = [read(*record) for _, *record in log.records]
    assert [envelope.id for envelope, _ in read_back] == [
        "PO-1/drafted",
        "PO-1/confirmed/BUYER",
        "PO-1/confirmed/SUPPLIER",
    ]


def test_the_consumer_hears_its_tenant_only(
    drafted: OrderDrafted, capsys: pytest.CaptureFixture[str]
) -> None:
    receive = example("consumer").receive
    placed = OrderPlaced(
        order_id="PO-1", supplier_id="S-3", currency="USD", total_minor=5, placed_at=drafted.drafted_at
    )

    for tenant in ("acme", "other"):
        envelope = Envelope.of(
            placed, tenant=tenant, source="/silkway/order", id="1", time=drafted.drafted_at
        )
        key, headers, value = write(envelope, placed)
        receive(SimpleNamespace(key=key, headers=headers, value=value))
        newer = [(name, b"silkway.order.praised.v1" if name == "ce_type" else text) for name, text in headers]
        receive(SimpleNamespace(key=key, headers=newer, value=value))

    assert capsys.readouterr().out.splitlines() == [
        "2026-03-01 09:30:00+08:00 PO-1 binds both parties: 5 USD"
    ]
