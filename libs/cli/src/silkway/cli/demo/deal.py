"""One order of the built-in trade: what is said and paid about it, and what must come of that."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from silkway.cli.demo.expect import Expected
from silkway.cli.demo.world import RATES, Lane, Supplier, days
from silkway.contracts import (
    CURRENCIES,
    OrderConfirmed,
    OrderDrafted,
    OrderLine,
    PaymentReceived,
    PayoutPaid,
    ReceiptConfirmed,
    RefundPaid,
    Terms,
)

if TYPE_CHECKING:
    from silkway.cli.demo.scene import Scene
    from silkway.contracts.fields import BalanceDue, Coverage, Party, PlaceOn

PAYOUT_DAYS: Final = 2
COVER_DAYS: Final = 60
"""Cover lasts so long after the foreseen delivery where a story does not say otherwise."""
COVERAGES: Final[tuple[Coverage, ...]] = ("BEFORE_SHIPMENT", "AFTER_DELIVERY", "AFTER_DELIVERY", "NONE")
BALANCES: Final[tuple[BalanceDue, ...]] = ("BEFORE_SHIPMENT", "AFTER_DELIVERY")
CONTENDED: Final = frozenset({"RELEASED", "REFUSED"})


class Deal:
    """An order with the times that its story goes by. `…_known_at` is when Silkway comes to know.

    Each method tells facts and notes in `expected` what follows from them, by the rules of the trade.
    """

    def __init__(
        self, scene: Scene, order_id: str, *,
        supplier: Supplier | None = None, crowded: bool = False, currency: str | None = None,
        lane: Lane | None = None, coverage: Coverage | None = None, usd_minor: int | None = None,
        lines: int | None = None, deposit_percent: int | None = None, balance_due: BalanceDue | None = None,
        place_on: PlaceOn | None = None, account_id: str | None = None, drafted_at: dt.datetime | None = None,
        production_days: float | None = None, late_days: float = 0, ship_by_days: float | None = None,
        cover_days: float = COVER_DAYS, acceptance_days: int | None = None, **more: Any,
    ) -> None:  # fmt: skip
        """Draft it. Whatever is not chosen is drawn.

        crowded: its supplier's limit is shared by many. currency: of a supplier of its own. late_days: that
        the goods are ready after the planned day; ship_by_days: that they are promised after it. cover_days:
        from the foreseen delivery. more: further fields of the draft.
        """
        random = scene.random
        self.scene, self.order_id = scene, order_id
        self.lane = lane or scene.lane()
        self.coverage: Coverage = random.choice(COVERAGES) if coverage is None else coverage
        goods = scene.goods(lines or random.randint(1, 4), usd_minor)
        percent = deposit_percent or random.choice((20, 30, 50))
        self.supplier = supplier or self._find_supplier(goods, percent, crowded, currency)
        self.drafted_at = drafted_at or scene.at + scene.between(0, 0.2)
        planned = self.drafted_at + days(production_days or random.uniform(8, 20))
        self.ready_at = planned + days(late_days)
        self.acceptance_days = acceptance_days or random.choice((3, 5, 7))
        on_lines = lines_of(goods, self.supplier.currency)
        total = sum(line.value_minor for line in on_lines)
        arrives_at = planned + days(self.lane.transit_days)
        if self.coverage != "NONE":
            more.setdefault("cover_until", (arrives_at + days(cover_days)).date())
        if ship_by_days is not None:
            more["ship_by"] = (planned + days(ship_by_days)).date()
        self.drafted = OrderDrafted(
            order_id=order_id, buyer_id=scene.buyer(), supplier_id=self.supplier.supplier_id,
            currency=self.supplier.currency, account_id=account_id or f"VA-{self.supplier.supplier_id}",
            payment_reference=f"PAY-{order_id}", lines=on_lines,
            terms=Terms(
                deposit_minor=total * percent // 100,
                balance_due=random.choice(BALANCES) if balance_due is None else balance_due,
            ),
            incoterm=self.lane.incoterm, place_on=place_on or "BOTH_CONFIRMED",
            deliver_by=(arrives_at + days(4)).date(), destination_country=self.lane.country,
            acceptance_days=self.acceptance_days, coverage=self.coverage, drafted_at=self.drafted_at, **more,
        )  # fmt: skip
        self.lines = {line.line_id: line for line in on_lines}
        self.total_minor = total
        self.deposit_minor = self.drafted.terms.deposit_minor
        unheard = scene.between(0.5, 1.5) if scene.chance(scene.twists.draft_late) else days(0)
        self.drafted_known_at = scene.tell(self.drafted, self.drafted_at, f"{order_id}/drafted", late=unheard)
        self.known_at = self.drafted_known_at
        """The last of what was told so far and matters for what follows."""
        self.paid_at = self.delivered_at = self.delivered_known_at = self.accepted_known_at = self.drafted_at
        self.awarded_minor = 0
        """What the buyer has to pay less because a dispute was decided so."""
        self.payments = 0
        self.away: set[str] = set()
        """Shipments with its goods that have not been delivered."""
        self.late_lines: set[str] = set()
        covered = {"NONE": frozenset({"NONE"})}.get(self.coverage, CONTENDED if crowded else {"RELEASED"})
        self.expected = Expected(order_id, scene.story, frozenset(covered), total_minor=total)

    def _find_supplier(
        self, goods: list[tuple[str, int, int]], percent: int, crowded: bool, currency: str | None
    ) -> Supplier:
        if crowded:
            return self.scene.crowded_supplier()
        if currency is not None:
            return self.scene.new_supplier(currency)
        usd_minor = sum(value for _, _, value in goods)
        share = {"NONE": 0, "BEFORE_SHIPMENT": percent, "AFTER_DELIVERY": 100}[self.coverage]
        return self.scene.roomy_supplier(usd_minor * share // 100)

    # --- what is said --------------------------------------------------------------------------------------

    def place(self) -> Deal:
        """Both parties confirm; the order is placed, and its hold granted."""
        parties: tuple[Party, ...] = ("BUYER", "SUPPLIER")
        for party in parties:
            at = self.drafted_at + self.scene.between(0, 1.5)
            event = OrderConfirmed(order_id=self.order_id, party=party, confirmed_at=at)
            known_at = self.scene.tell(event, at, f"{self.order_id}/confirmed/{party.lower()}")
            self.known_at = max(self.known_at, known_at)
        self.placed()
        return self

    def placed(self) -> None:
        """Note that it is placed."""
        self.expected.life = "PLACED"
        if self.coverage != "NONE":
            self.expected.must_say("hold.granted", "hold.released")

    def receive(self) -> Deal:
        """The buyer accepts the delivered goods by word."""
        at = self.delivered_known_at + self.scene.between(0.3, 2)
        event = ReceiptConfirmed(order_id=self.order_id, received_at=at)
        self.accepted_known_at = self.scene.tell(event, at, f"{self.order_id}/received")
        self.expected.must_say("order.accepted")
        return self

    def fall_silent(self) -> Deal:
        """The buyer says nothing: accepted by itself."""
        self.accepted_known_at = self.delivered_known_at + days(self.acceptance_days)
        self.expected.must_say("order.accepted")
        return self

    def accept(self) -> Deal:
        """The one or the other."""
        return self.receive() if self.scene.chance(0.6) else self.fall_silent()

    # --- money ---------------------------------------------------------------------------------------------

    @property
    def balance_minor(self) -> int:
        """What is still to be paid."""
        expected = self.expected
        return (
            self.total_minor - expected.received_minor + expected.refunded_minor + expected.refund_due_minor
        )

    def pay(
        self, amount_minor: int, at: dt.datetime, *, quoting: str | None = "", bank: str = "", matched: bool = True,
        currency: str | None = None, account_id: str | None = None,
    ) -> tuple[str, dt.datetime]:  # fmt: skip
        """The bank reports money; its reference, and when that becomes known.

        quoting: the payment reference, by default the order's, None for none. matched: it finds the order.
        At times the bank reports the same entry twice, as events of their own.
        """
        self.payments += 1
        reference = bank or f"{self.order_id}/{self.payments}"
        event = PaymentReceived(
            account_id=account_id or self.drafted.account_id, bank_reference=reference,
            payment_reference=self.drafted.payment_reference if quoting == "" else quoting,
            amount_minor=amount_minor, currency=currency or self.drafted.currency, received_at=at,
        )  # fmt: skip
        fact_id = f"{self.order_id}/paid/{self.payments}"
        known_at = self.scene.tell(event, at, fact_id)
        if self.scene.chance(self.scene.twists.entry_twice):
            self.scene.tell(event, at, f"{fact_id}/end-of-day", late=self.scene.between(0.3, 1))
        if matched:
            self.count_in(amount_minor, known_at)
        return reference, known_at

    def count_in(self, amount_minor: int, known_at: dt.datetime) -> None:
        """Money has found the order."""
        self.expected.received_minor += amount_minor
        self.known_at, self.paid_at = max(self.known_at, known_at), max(self.paid_at, known_at)
        self.note_funds()

    def pay_deposit(self) -> Deal:
        """Some days after the draft; at times before anybody has heard of the order."""
        early = self.expected.life == "PLACED" and self.scene.chance(self.scene.twists.money_early)
        after = self.scene.between(*((-2, -1) if early else (2, 5)))
        self.pay(self.deposit_minor, self.drafted_at + after)
        return self

    def pay_balance(self) -> Deal:
        """All that is open, before shipment or after delivery by the terms."""
        self.pay(self.balance_minor, self.balance_at())
        return self

    def balance_at(self) -> dt.datetime:
        """When the buyer pays the balance."""
        if self.drafted.terms.balance_due == "BEFORE_SHIPMENT":
            return self.ready_at - self.scene.between(0.5, 2)
        return max(self.delivered_at, self.ready_at) + self.scene.between(1, 5)

    def owe_back(self, amount_minor: int) -> None:
        """So much is to be refunded now."""
        self.expected.refund_due_minor += amount_minor
        self.expected.must_say("refund.due")

    def refund(self, after: dt.datetime) -> Deal:
        """The bank pays back all that is due, some days after it became so."""
        at = after + self.scene.between(2, 4)
        amount_minor = self.expected.refund_due_minor
        event = RefundPaid(
            account_id=self.drafted.account_id, order_id=self.order_id, amount_minor=amount_minor,
            refund_reference=f"{self.order_id}/refund", currency=self.drafted.currency, paid_at=at,
        )  # fmt: skip
        self.known_at = max(self.known_at, self.scene.tell(event, at, f"{self.order_id}/refunded"))
        self.expected.refunded_minor += amount_minor
        self.expected.refund_due_minor = 0
        self.expected.must_say("order.refunded")
        self.note_funds()
        return self

    def settle(self) -> Deal:
        """Delivered, accepted and funded: the supplier is paid, at times in two parts."""
        after = max(self.accepted_known_at, self.paid_at, self.delivered_known_at, self.known_at)
        amount_minor = self.expected.escrow_minor - self.expected.refund_due_minor
        self.expected.must_say("payout.due")
        first = amount_minor // 3 if self.scene.chance(self.scene.twists.payout_in_parts) else 0
        for number, part in enumerate((first, amount_minor - first), start=1):
            if part:
                self._pay_out(part, after + days(PAYOUT_DAYS + number), number)
        self.expected.life = "SETTLED"
        return self

    def _pay_out(self, amount_minor: int, at: dt.datetime, number: int) -> None:
        event = PayoutPaid(
            account_id=self.drafted.account_id, order_id=self.order_id, amount_minor=amount_minor,
            payout_reference=f"{self.order_id}/payout/{number}", currency=self.drafted.currency, paid_at=at,
        )  # fmt: skip
        self.known_at = self.scene.tell(event, at, f"{self.order_id}/payout/{number}")
        self.expected.paid_out_minor += amount_minor

    def note_funds(self) -> None:
        """How far it is paid."""
        kept = self.expected.received_minor - self.expected.refunded_minor
        enough = kept >= self.total_minor - self.awarded_minor
        self.expected.funds = "FUNDED" if enough else "PART_PAID" if kept else "UNPAID"


def in_currency(usd_minor: int, currency: str) -> int:
    """About as much in minor units of a currency."""
    return int(usd_minor / RATES[currency] * 10 ** CURRENCIES[currency] / 100)


def lines_of(goods: list[tuple[str, int, int]], currency: str) -> tuple[OrderLine, ...]:
    """Goods as lines of an order in this currency."""
    return tuple(
        OrderLine(
            line_id=str(number), description=description, quantity=quantity,
            value_minor=in_currency(usd_minor, currency),
        )
        for number, (description, quantity, usd_minor) in enumerate(goods, start=1)
    )  # fmt: skip
