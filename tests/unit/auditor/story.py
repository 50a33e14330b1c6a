"""One order from its draft to its settlement, as it stands on the log: who said what, in the order of its causes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from silkway.auditor.domain import Finding, judge
from silkway.contracts import (
    ClaimAgreed,
    ClaimAnswered,
    ClaimOpened,
    ClaimPaid,
    ClaimRequested,
    Event,
    HoldGranted,
    HoldPosted,
    HoldReleased,
    HoldRequested,
    LimitReassessed,
    OrderAccepted,
    OrderCompleted,
    OrderConfirmed,
    OrderDelivered,
    OrderDrafted,
    OrderFunded,
    OrderPlaced,
    OrderRecorded,
    OrderSettled,
    PaymentMatched,
    PaymentReceived,
    PayoutDue,
    PayoutMade,
    PayoutPaid,
    ReceiptConfirmed,
    RecoveryDue,
    ShipmentDelivered,
    SupplierRegistered,
)
from silkway.contracts.logistics_events import DeliveredLine
from silkway.contracts.order import OrderLine, Terms
from tests.simulation.town import PARTITIONS
from tests.unit.auditor.log import Line, Writer, tick_line
from tests.unit.desk import day

E = TypeVar("E", bound=Event)
_ORDER: dict[str, Any] = {"order_id": "PO-1"}
_OF_SUPPLIER: dict[str, Any] = {**_ORDER, "supplier_id": "S-1"}
_USD: dict[str, Any] = {**_OF_SUPPLIER, "currency": "USD"}
_ENTRY = "VA-1|E-1|10000"
_LINE = OrderLine(line_id="cups", description="cups", quantity=10, value_minor=100_00)


class Say(NamedTuple):
    """Something said on a topic, known at a day of the story."""

    topic: str
    event: Event
    at: float

    def but(self, **fields: Any) -> Say:
        """The same with other fields."""
        return self._replace(event=self.event.model_copy(update=fields))


def _order(at: float, event: Event) -> Say:
    return Say("order.events", event, at)


def _credit(at: float, event: Event) -> Say:
    return Say("credit.events", event, at)


def _fact(at: float, event: Event) -> Say:
    return Say(event.topic, event, at)


def _limit(limit_minor: int) -> LimitReassessed:
    return LimitReassessed(
        supplier_id="S-1", limit_minor=limit_minor, shortfall_minor=0, rules_version="V1", reasons=()
    )


def beginning() -> list[Say]:
    """From the supplier's registration to the order that is covered, paid and delivered."""
    recorded = OrderRecorded(
        buyer_id="B-1", total_minor=100_00, deposit_minor=30_00, account_id="VA-1", payment_reference="REF-1",
        lines=(_LINE,), acceptance_days=5, coverage="AFTER_DELIVERY", drafted_at=day(1), **_USD,
    )  # fmt: skip
    drafted = OrderDrafted(
        order_id="PO-1", buyer_id="B-1", supplier_id="S-1", currency="USD", account_id="VA-1",
        payment_reference="REF-1", lines=(_LINE,), terms=Terms(deposit_minor=30_00, balance_due="BEFORE_SHIPMENT"),
        coverage="AFTER_DELIVERY", drafted_at=day(1),
    )  # fmt: skip
    arrived = DeliveredLine(line_id="cups", quantity=10, delivered_on=day(20).date(), late=False, mode="SEA")
    return [
        _fact(0, SupplierRegistered(supplier_id="S-1", name="Cups", registered_at=day(0))),
        _credit(0, _limit(500_00)),
        _fact(1, drafted),
        _order(1, recorded),
        _fact(2, OrderConfirmed(party="BUYER", confirmed_at=day(2), **_ORDER)),
        _fact(2, OrderConfirmed(party="SUPPLIER", confirmed_at=day(2), **_ORDER)),
        _order(2, OrderPlaced(total_minor=100_00, placed_at=day(2), **_USD)),
        _order(2, HoldRequested(amount_minor=100_00, coverage="AFTER_DELIVERY", request=1, **_USD)),
        _credit(2, HoldGranted(
            hold_id="PO-1|1", requested_minor=100_00, granted_minor=100_00, full=True, limit_minor=100_00,
            expires_at=day(90), **_USD,
        )),
        _fact(3, PaymentReceived(
            account_id="VA-1", bank_reference="E-1", payment_reference="REF-1", amount_minor=100_00,
            currency="USD", received_at=day(3),
        )),
        _order(3, PaymentMatched(
            payment_id=_ENTRY, amount_minor=100_00, currency="USD", received_minor=100_00, open_minor=0, **_ORDER,
        )),
        _order(3, OrderFunded(total_minor=100_00, funded_at=day(3), **_ORDER)),
        Say("logistics.events", ShipmentDelivered(
            shipment_id="SH-1", lines=(arrived,), delivered_at=day(20), **_ORDER
        ), 20),
        _order(20, OrderDelivered(
            supplier_id="S-1", state="DELIVERED", delivered_at=day(20), lines_late=0, **_ORDER
        )),
    ]  # fmt: skip


def settlement() -> list[Say]:
    """The buyer accepts, the supplier is paid, the claim window ends."""
    return [
        _fact(21, ReceiptConfirmed(received_at=day(21), **_ORDER)),
        _order(21, OrderAccepted(by="RECEIPT", accepted_at=day(21), **_ORDER)),
        _order(21, OrderCompleted(total_minor=100_00, lines=1, lines_late=0, completed_at=day(21), **_USD)),
        _order(21, PayoutDue(account_id="VA-1", amount_minor=100_00, **_USD)),
        _fact(22, PayoutPaid(
            account_id="VA-1", payout_reference="X-1", amount_minor=100_00, currency="USD", paid_at=day(22),
            **_ORDER,
        )),
        _order(22, PayoutMade(amount_minor=100_00, paid_out_minor=100_00, escrow_minor=0, **_USD)),
        _order(22, OrderSettled(settled_at=day(22), paid_out_minor=100_00, **_ORDER)),
        _credit(50, HoldReleased(hold_id="PO-1|1", released_minor=100_00, released_at=day(50), **_USD)),
    ]  # fmt: skip


def claim() -> list[Say]:
    """The buyer claims a fifth, the supplier agrees, it is paid out of the hold."""
    of_claim: dict[str, Any] = {**_OF_SUPPLIER, "claim_id": "CL-1"}
    return [
        _fact(21, ClaimRequested(
            claim_id="CL-1", kind="QUALITY", amount_minor=20_00, currency="USD", text="cracks",
            requested_at=day(21), **_ORDER,
        )),
        _credit(21, ClaimOpened(
            kind="QUALITY", by="BUYER", amount_minor=20_00, currency="USD", opened_at=day(21), answer_by=day(25),
            escalate_from=day(25), escalates_at=day(29), **of_claim,
        )),
        _fact(22, ClaimAnswered(claim_id="CL-1", agreed=True, answered_at=day(22), **_ORDER)),
        _credit(22, ClaimAgreed(amount_minor=20_00, currency="USD", answered_at=day(22), **of_claim)),
        _credit(22, HoldPosted(
            hold_id="PO-1|1", paid_minor=20_00, freed_minor=80_00, currency="USD", posted_at=day(22), **of_claim,
        )),
        _credit(22, ClaimPaid(paid_minor=20_00, currency="USD", paid_at=day(22), **of_claim)),
        _credit(22, RecoveryDue(
            amount_minor=20_00, currency="USD", due_from="SUPPLIER", reason="PAID", buyer_minor=0,
            supplier_minor=20_00, **of_claim,
        )),
    ]  # fmt: skip


def written(story: Sequence[Say]) -> list[Line]:
    """The story on the log, with a tick in all partitions after each day on which something was said."""
    writer, lines = Writer(), list[Line]()
    last = story[0].at
    for said in sorted(story, key=lambda said: said.at):
        if said.at != last:
            lines += _ticks(said.at)
            last = said.at
        lines.append(writer.line(said.topic, said.event, day(said.at)))
    return [*lines, *_ticks(last + 1)]


def _ticks(at: float) -> list[Line]:
    return [tick_line(("credit.events", number), day(at)) for number in range(PARTITIONS)]


def found_in(story: Sequence[Say]) -> list[Finding]:
    """What the auditor finds in it."""
    return judge(written(story), partitions=PARTITIONS)


def place_of(story: Sequence[Say], event: type[Event], nth: int = 0) -> int:
    """Where the nth of this type stands in the story."""
    return [i for i, said in enumerate(story) if isinstance(said.event, event)][nth]


def with_other(story: Sequence[Say], event: type[Event], **fields: Any) -> list[Say]:
    """The story in which the first event of this type says something else."""
    place = place_of(story, event)
    return [*story[:place], story[place].but(**fields), *story[place + 1 :]]


def without(story: Sequence[Say], event: type[Event]) -> list[Say]:
    """The story in which nobody ever said the first of these."""
    place = place_of(story, event)
    return [*story[:place], *story[place + 1 :]]


def twice(story: Sequence[Say], event: type[Event], **fields: Any) -> list[Say]:
    """The story in which the first of these is said again, as the next event, perhaps with other fields."""
    place = place_of(story, event)
    return [*story[: place + 1], story[place].but(**fields), *story[place + 1 :]]
