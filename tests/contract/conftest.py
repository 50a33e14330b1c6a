"""One order, as drafted by a platform's backend, and its Kafka record."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from silkway.contracts import Envelope, KafkaMessage, OrderDrafted, OrderLine, Terms, write

SHANGHAI = timezone(timedelta(hours=8))


@pytest.fixture
def drafted() -> OrderDrafted:
    return OrderDrafted(
        order_id="PO-1",
        buyer_id="B-7",
        supplier_id="S-3",
        currency="USD",
        account_id="VA-3",
        payment_reference="PR-1",
        lines=(
            OrderLine(line_id="1", description="Solar lamps", quantity=500, value_minor=600_00),
            OrderLine(
                line_id="2",
                description="Spare cells",
                quantity=50,
                value_minor=230_00,
                deliver_by=date(2026, 4, 1),
            ),
        ),
        terms=Terms(deposit_minor=249_00, balance_due="AFTER_DELIVERY"),
        drafted_at=datetime(2026, 3, 1, 9, 30, tzinfo=SHANGHAI),
    )


@pytest.fixture
def envelope(drafted: OrderDrafted) -> Envelope:
    return Envelope.of(
        drafted,
        tenant="acme",
        source="/shops/eu",
        id="0001",
        time=datetime(2026, 3, 1, 9, 30, tzinfo=SHANGHAI),
    )


@pytest.fixture
def ours(drafted: OrderDrafted) -> Envelope:
    """An envelope with every attribute that exists, as our own services write them."""
    return Envelope.of(
        drafted,
        tenant="acme",
        source="/silkway/order",
        id="0002",
        time=datetime(2026, 3, 1, 9, 30, tzinfo=SHANGHAI),
        knowntime=datetime(2026, 3, 1, 1, 31, tzinfo=UTC),
        version=3,
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )


@pytest.fixture
def message(envelope: Envelope, drafted: OrderDrafted) -> KafkaMessage:
    return write(envelope, drafted)
