"""One order as its trade tells it over HTTP: who says what, where, one day after the other."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import httpx

    from tests.e2e.system import System

START: Final = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def day(number: float) -> dt.datetime:
    """So many days after the beginning."""
    return START + dt.timedelta(days=number)


def text(number: float) -> str:
    """The same as JSON has it."""
    return day(number).isoformat()


def draft(order_id: str, **changes: Any) -> dict[str, Any]:
    """An order over USD 8,300 in two lines, 30% before production, the rest before shipment."""
    return {
        "order_id": order_id,
        "buyer_id": "B-1",
        "supplier_id": "S-1",
        "currency": "USD",
        "account_id": "VA-1",
        "payment_reference": f"PAY-{order_id}",
        "lines": [
            {"line_id": "1", "description": "Mugs", "quantity": 1000, "value_minor": 500_000},
            {"line_id": "2", "description": "Plates", "quantity": 400, "value_minor": 330_000},
        ],
        "terms": {"deposit_minor": 249_000, "balance_due": "BEFORE_SHIPMENT"},
        "deliver_by": str(day(30).date()),
        "destination_country": "DE",
        "acceptance_days": 7,
        "drafted_at": text(0.1),
        **changes,
    }


def confirmation(party: str) -> dict[str, Any]:
    return {"party": party, "confirmed_at": text(0.2)}


def payment(order_id: str, bank_reference: str, amount_minor: int, **changes: Any) -> dict[str, Any]:
    return {
        "account_id": "VA-1",
        "bank_reference": bank_reference,
        "payment_reference": f"PAY-{order_id}",
        "amount_minor": amount_minor,
        "currency": "USD",
        "received_at": text(1),
        **changes,
    }


def booking(shipment_id: str, order_id: str) -> dict[str, Any]:
    return {
        "shipment_id": shipment_id,
        "mode": "SEA",
        "carrier": "Blue Anchor Line",
        "lines": [
            {"order_id": order_id, "line_id": "1", "quantity": 1000},
            {"order_id": order_id, "line_id": "2", "quantity": 400},
        ],
        "references": [],
        "booked_at": text(2),
    }


def delivered(number: float) -> dict[str, Any]:
    return {"kind": "DELIVERED", "classifier": "ACTUAL", "occurred_at": text(number), "place": "Hamburg"}


def payout(order_id: str, number: float) -> dict[str, Any]:
    return {
        "account_id": "VA-1",
        "order_id": order_id,
        "payout_reference": f"OUT-{order_id}",
        "amount_minor": 830_000,
        "currency": "USD",
        "paid_at": text(number),
    }


SUPPLIER: Final = {
    "supplier_id": "S-1",
    "name": "Jingdezhen Fine Ceramics",
    "country": "CN",
    "time_zone": "Asia/Shanghai",
    "registered_at": text(-1),
}


class Trade:
    """A tenant's trade over HTTP: `tell` a fact to a service, move its clock, see an order whole."""

    def __init__(self, system: System, tenant: str) -> None:
        self.system, self.tenant = system, tenant

    async def post(
        self, service: str, path: str, body: dict[str, Any], key: str | None = None
    ) -> httpx.Response:
        """Send a fact; `key` is its Idempotency-Key."""
        headers = {} if key is None else {"Idempotency-Key": key}
        async with self.system.client(service, self.tenant) as client:
            return await client.post(path, json=body, headers=headers)

    async def outcome(self, service: str, accepted: httpx.Response, wait: str = "20s") -> dict[str, Any]:
        """What became of an accepted fact."""
        assert accepted.status_code == 202, accepted.text
        async with self.system.client(service, self.tenant) as client:
            answer = await client.get(f"{accepted.json()['status']}&wait={wait}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def tell(self, service: str, path: str, body: dict[str, Any]) -> None:
        """Send a fact and see it applied."""
        outcome = await self.outcome(service, await self.post(service, path, body))
        assert outcome["outcome"] == "applied", outcome

    async def tick(self, number: float) -> None:
        """It becomes this day, everywhere."""
        await self.system.tick(self.tenant, day(number))

    async def whole(self, order_id: str) -> dict[str, Any]:
        """The order as notify shows it; nothing where notify has not heard of it."""
        async with self.system.client("notify", self.tenant) as client:
            answer = await client.get(f"/orders/{order_id}")
        assert answer.status_code in (200, 404), answer.text
        found: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
        return found

    async def seen(self, order_id: str, **expected: Any) -> dict[str, Any]:
        """Wait until the order, seen whole, has these values."""

        async def fits() -> dict[str, Any] | None:
            order = await self.whole(order_id)
            return order if order and expected.items() <= order.items() else None

        return await self.system.until(fits, f"{order_id} is {expected}")
