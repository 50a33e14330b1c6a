"""Quotes over HTTP, with real Kafka and PostgreSQL: rates in, priced options out, kept as facts, found by index."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from silkway.logistics.store.quotes import RATES_OF_A_LANE
from tests.integration.http.conftest import START, TENANT, Running, running
from tests.unit.http.counter import assert_problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import httpx

CARD: dict[str, Any] = {
    "rate_card_id": "BLUE-1", "carrier": "Blue Line", "mode": "SEA", "origin": "CNNGB", "destination": "DEHAM",
    "currency": "USD", "valid_from": "2026-01-01", "valid_until": "2026-06-30",
    "tiers": [{"from_g": 0, "unit_minor": 100}], "fuel_bp": 1000, "transit_days": 30,
    "fees": [{"code": "DOCUMENTS", "amount_minor": 4500}], "published_at": "2026-01-01T00:00:00Z",
}  # fmt: skip
AIR = CARD | {
    "rate_card_id": "CRANE-1", "carrier": "Crane Air", "mode": "AIR", "transit_days": 5, "insurance_bp": 30,
    "tiers": [{"from_g": 0, "unit_minor": 1000}], "promises": ["FIVE_DAY_LINE"],
}  # fmt: skip
NEED: dict[str, Any] = {
    "origin": "CNNGB", "destination": "DEHAM", "ready_on": "2026-01-10", "gross_g": 100_000, "volume_cm3": 600_000,
    "value_minor": 1_000_000, "currency": "USD",
}  # fmt: skip


@pytest.fixture(scope="module")
async def logistics(
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
) -> AsyncIterator[Running]:
    """The logistics service with two rate cards; its tenant's clock stands at `START`."""
    prefix = await new_topics()
    url = await service_database("logistics", prefix)
    async with running("logistics", kafka_bootstrap, url, prefix) as service:
        await service.tick(START)
        for card in (CARD, AIR):
            accepted = await service.client.post("/rate-cards", json=card)
            assert accepted.status_code == 202, accepted.text
            assert (await service.outcome(accepted))["outcome"] == "applied"
        await time_has_come(url)
        yield service


async def time_has_come(url: str) -> None:
    """The service has read its tenant's tick in all partitions but those of order.events, which has no clock here."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO clocks (clock, own) VALUES ($1, $2) ON CONFLICT (clock) DO UPDATE SET own = excluded.own",
        TENANT,
        START,
    )
    await connection.close()


async def quoted(service: Running, **but: Any) -> httpx.Response:
    headers = but.pop("headers", {})
    return await service.client.post("/quotes", json=NEED | but, headers=headers)


async def test_a_quote_has_options_of_several_modes_whose_charges_add_up(logistics: Running) -> None:
    answer = await quoted(logistics)
    assert answer.status_code == 202, answer.text
    quote = answer.json()["quote"]
    assert [(o["mode"], o["option_id"]) for o in quote["options"]] == [
        ("SEA", "1"),
        ("AIR", "2"),
        ("AIR", "2I"),
    ]
    for option in quote["options"]:
        assert option["price_minor"] == sum(charge["amount_minor"] for charge in option["charges"])
    sea, air, insured = quote["options"]
    assert (sea["chargeable_g"], sea["price_minor"]) == (600_000, 60_000 + 6_000 + 4_500)
    assert (air["chargeable_g"], air["arrives_on"]) == (100_000, "2026-01-15")
    assert insured["price_minor"] == air["price_minor"] + 3_000
    assert 19_000 < sea["distance_km"] < 21_000
    assert quote["given_at"] == "2026-01-01T00:00:00Z"
    assert quote["valid_until"] == "2026-01-04T00:00:00Z"

    # And it is kept as a fact
    assert (await logistics.outcome(answer))["outcome"] == "applied"
    kept = (await logistics.client.get(f"/quotes/{quote['quote_id']}")).json()
    assert kept["order_id"] is None
    assert {k: v for k, v in kept["quote"].items() if v is not None}["need"]["gross_g"] == 100_000
    assert len(kept["quote"]["options"]) == 3


async def test_the_same_key_gives_the_same_quote_and_not_for_other_goods(logistics: Running) -> None:
    key = {"Idempotency-Key": "quote-1"}
    first = await quoted(logistics, headers=key)
    again = await quoted(logistics, headers=key)
    assert again.json() == first.json()
    assert (await logistics.outcome(first))["outcome"] == "applied"
    other = await quoted(logistics, headers=key, gross_g=1)
    assert_problem(other, 409, "idempotency-key-reused", ["Idempotency-Key"])


async def test_where_nobody_goes_there_is_no_offer(logistics: Running) -> None:
    assert_problem(await quoted(logistics, destination="CLSAI"), 404, "no-offer")
    assert_problem(await quoted(logistics, deliver_by="2026-01-11"), 404, "no-offer")
    assert_problem(await quoted(logistics, ready_on="2026-07-01"), 404, "no-offer")


async def test_what_is_wrong_with_a_request_is_named(logistics: Running) -> None:
    assert_problem(await quoted(logistics, origin="Ningbo"), 422, "invalid-content", ["origin"])
    assert_problem(await quoted(logistics, gross_g=1.5), 422, "invalid-content", ["gross_g"])
    assert_problem(await quoted(logistics, currency=None), 422, "invalid-content", ["currency"])


async def test_a_card_that_contradicts_itself_is_refused_with_the_reason(logistics: Running) -> None:
    wrong = CARD | {"rate_card_id": "WRONG", "valid_until": "2025-01-01"}
    outcome = await logistics.outcome(await logistics.client.post("/rate-cards", json=wrong))
    assert outcome["outcome"] == "refused"
    assert outcome["detail"]["field"] == "valid_until"


async def test_rates_quotes_and_bookings_are_seen(logistics: Running) -> None:
    lane = {"origin": "CNNGB", "destination": "DEHAM"}
    cards = (await logistics.client.get("/rate-cards", params=lane)).json()["items"]
    assert [card["rate_card_id"] for card in cards] == ["BLUE-1", "CRANE-1"]
    assert cards[1]["promises"] == ["FIVE_DAY_LINE"]
    assert cards[0]["tariff"]["fuel_bp"] == 1000
    half = await logistics.client.get("/rate-cards", params={"origin": "CNNGB"})
    assert_problem(half, 422, "invalid-content", ["destination"])
    assert (await logistics.client.get("/bookings", params={"state": "CONFIRMED"})).json()["items"] == []
    assert_problem(await logistics.client.get("/bookings/PO-none"), 404, "not-found")
    assert_problem(await logistics.client.get("/quotes/Q-none"), 404, "not-found")


async def test_a_shipment_that_is_read_before_the_order_is_kept_with_its_booking(logistics: Running) -> None:
    booked = {
        "shipment_id": "SH-early", "mode": "SEA", "booking_id": "PO-9/1", "booked_at": "2026-01-01T00:00:00Z",
        "lines": [{"order_id": "PO-9", "line_id": "1", "quantity": 1}],
    }  # fmt: skip
    accepted = await logistics.client.post("/shipments", json=booked)
    assert (await logistics.outcome(accepted))["outcome"] == "applied"
    booking = (await logistics.client.get("/bookings/PO-9")).json()
    assert booking["attempts"] == []

    # And a refusal waits for its request
    refusal = {"reason": "NO_SPACE", "refused_at": "2026-01-01T00:00:00Z"}
    early = await logistics.client.post("/bookings/PO-9/1/refusals", json=refusal)
    outcome = await logistics.outcome(early, wait="500ms")
    assert (outcome["outcome"], outcome["detail"]) == ("waiting", {"for": "order.placed"})


async def test_a_quote_scans_nothing_however_many_rates_there_are(
    service_database: Callable[..., Awaitable[str]],
) -> None:
    connection = await asyncpg.connect(await service_database("logistics", ""))
    await connection.execute(
        """
        INSERT INTO rate_cards
        SELECT 'acme', chr(65 + n % 26) || chr(65 + n / 26 % 26) || 'AAA-DEHAM', 'C-' || n, 'Line', 'STANDARD', 'SEA',
               'USD', date '2026-01-01' + (n % 365)::int, date '2026-02-01' + (n % 365)::int, 30, 0, '[]', '[]', 72,
               '{}', now(), now()
        FROM generate_series(0, 100000 - 1) AS n
        """
    )
    await connection.execute("ANALYZE rate_cards")
    day = dt.date(2026, 3, 1)
    rows = await connection.fetch(
        "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + RATES_OF_A_LANE, "acme", "BBAAA-DEHAM", day, day
    )
    plan = str(rows[0][0])
    assert "Seq Scan" not in plan
    assert "rate_cards_valid" in plan
    await connection.close()
