"""Money that comes in parts, too much, twice, nameless, to the wrong place, and money that banks take back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, Literal

from silkway.cli.demo.carriage import carry
from silkway.cli.demo.world import days
from silkway.contracts import PaymentAssigned, PaymentReturned

if TYPE_CHECKING:
    from silkway.cli.demo.deal import Deal
    from silkway.cli.demo.scene import Scene

_FEE_MINOR: Final = 2_513
"""What a bank on the way keeps for itself: no order is open by what is left."""


def part_payments(scene: Scene) -> None:
    """The balance comes in three parts, the last after a reminder."""
    deal = scene.deal().place().pay_deposit()
    carry(deal)
    at, third = deal.balance_at(), deal.balance_minor // 3
    deal.pay(third, at)
    deal.pay(third, at + days(0.3))
    deal.pay(deal.balance_minor, at + days(3))
    deal.accept().settle()


def overpaid(scene: Scene) -> None:
    """The buyer rounds up; what is too much goes back."""
    deal = scene.deal().place().pay_deposit()
    carry(deal)
    too_much = 100 + deal.balance_minor // 50
    _, known_at = deal.pay(deal.balance_minor + too_much, deal.balance_at())
    deal.owe_back(too_much)
    deal.refund(known_at)
    deal.accept().settle()


def paid_again(scene: Scene) -> None:
    """The buyer pays the balance once more when all is settled; it goes back."""
    deal = scene.deal().place().pay_deposit()
    carry(deal)
    balance = deal.balance_minor
    deal.pay_balance().accept().settle()
    _, known_at = deal.pay(balance, deal.known_at + days(5))
    deal.owe_back(balance)
    deal.refund(known_at)


def paid_twice_and_returned(scene: Scene) -> None:
    """The balance comes twice; before the refund is paid the bank takes the second one back."""
    deal = scene.deal().place().pay_deposit()
    carry(deal)
    balance, at = deal.balance_minor, deal.balance_at()
    deal.pay(balance, at)
    reference, known_at = deal.pay(balance, at + days(1))
    deal.owe_back(balance)
    take_back(deal, reference, balance, known_at + days(3))
    deal.expected.refund_due_minor = 0
    deal.expected.must_say("refund.withdrawn")
    deal.expected.rows[5] += 1
    deal.accept().settle()


def deposit_returned(scene: Scene) -> None:
    """The bank takes the deposit back; the buyer pays it again."""
    deal = scene.deal(production_days=14).place()
    reference, known_at = deal.pay(deal.deposit_minor, deal.drafted_at + days(2))
    take_back(deal, reference, deal.deposit_minor, known_at + days(2))
    deal.pay(deal.deposit_minor, known_at + days(5))
    carry(deal)
    deal.pay_balance().accept().settle()


def nameless_but_fitting(scene: Scene) -> None:
    """Nothing is quoted with the balance, and only one order on the account is open by so much."""
    deal = scene.deal(account_id=f"VA-{scene.number:05}-alone").place().pay_deposit()
    carry(deal)
    deal.pay(deal.balance_minor, deal.balance_at(), quoting=None)
    deal.accept().settle()


def nameless_and_two_fit(scene: Scene) -> None:
    """Nothing is quoted, and two orders are open by so much: operations find out whose it is."""
    account, supplier = f"VA-{scene.number:05}-shared", scene.new_supplier()
    one, other = (
        scene.deal(
            account_id=account, supplier=supplier, usd_minor=480_000, deposit_percent=30, production_days=16,
            balance_due="BEFORE_SHIPMENT",
        ).place()
        for _ in range(2)
    )  # fmt: skip
    for deal in (one, other):
        deal.pay(deal.deposit_minor, deal.drafted_at + days(3))
    balance = one.balance_minor
    reference, known_at = one.pay(balance, one.drafted_at + days(7), quoting=None, matched=False)
    one.count_in(balance, assign(one, reference, balance, known_at + days(2), "ASSIGN"))
    other.pay(balance, other.drafted_at + days(11))
    for deal in (one, other):
        carry(deal)
        deal.accept().settle()


def misquoted(scene: Scene) -> None:
    """A reference nobody knows and an amount that fits nobody: assigned; the bank's fee is paid afterwards."""
    deal = scene.deal(usd_minor=900_000 + scene.random.randint(1, 50_000)).place().pay_deposit()
    carry(deal)
    amount = deal.balance_minor - _FEE_MINOR
    quoting = f"INVOICE {scene.random.randint(10_000, 99_999)}"
    reference, known_at = deal.pay(amount, deal.balance_at(), quoting=quoting, matched=False)
    deal.count_in(amount, assign(deal, reference, amount, known_at + days(2), "ASSIGN"))
    deal.pay(deal.balance_minor, known_at + days(4))
    deal.accept().settle()


def wrong_currency(scene: Scene) -> None:
    """The deposit comes in pounds: it goes back, and comes again as agreed."""
    deal = scene.deal(production_days=16).place()
    at = deal.drafted_at + days(2)
    reference, known_at = deal.pay(deal.deposit_minor, at, currency="GBP", matched=False)
    assign(deal, reference, deal.deposit_minor, known_at + days(1), "RETURN")
    deal.pay(deal.deposit_minor, known_at + days(4))
    carry(deal)
    deal.pay_balance().accept().settle()


def unknown_account(scene: Scene) -> None:
    """The balance goes to an account that nobody has: it goes back, and comes again to the right one."""
    deal = scene.deal().place().pay_deposit()
    carry(deal)
    at = deal.balance_at()
    account = f"VA-{scene.number:05}-nobody"
    reference, known_at = deal.pay(deal.balance_minor, at, account_id=account, matched=False)
    assign(deal, reference, deal.balance_minor, known_at + days(1), "RETURN", account_id=account)
    deal.pay(deal.balance_minor, known_at + days(3))
    deal.accept().settle()


def stray_money(scene: Scene) -> None:
    """Besides, money comes that nobody can explain; it stays in the queue of operations."""
    deal = scene.deal().place().pay_deposit()
    carry(deal)
    deal.pay(
        31_415 + scene.number, deal.drafted_at + days(6), quoting="THANK YOU", matched=False,
        account_id=f"VA-{scene.number:05}-stray",
    )  # fmt: skip
    scene.counts["unmatched"] += 1
    deal.pay_balance().accept().settle()


def take_back(deal: Deal, reference: str, amount_minor: int, at: dt.datetime) -> dt.datetime:
    """The bank takes an entry back that had found the order; when that becomes known."""
    event = PaymentReturned(
        account_id=deal.drafted.account_id, bank_reference=reference, entry_minor=amount_minor,
        return_reference=f"R/{reference}", amount_minor=amount_minor, currency=deal.drafted.currency,
        reason="Objection of the debtor", returned_at=at,
    )  # fmt: skip
    known_at = deal.scene.tell(event, at, f"{deal.order_id}/returned/{reference}")
    deal.expected.must_say("payment.reversed")
    deal.count_in(-amount_minor, known_at)
    return known_at


def assign(
    deal: Deal, reference: str, amount_minor: int, at: dt.datetime, action: Literal["ASSIGN", "RETURN"],
    account_id: str | None = None,
) -> dt.datetime:  # fmt: skip
    """Operations decide about unmatched money; when that becomes known."""
    event = PaymentAssigned(
        account_id=account_id or deal.drafted.account_id, bank_reference=reference, amount_minor=amount_minor,
        action=action, order_id=deal.order_id if action == "ASSIGN" else None, by="Mei Lin, operations",
        reason="As the buyer explained", assigned_at=at,
    )  # fmt: skip
    return deal.scene.tell(event, at, f"{deal.order_id}/assigned/{reference}")


STORIES: Final = {
    "part_payments": (part_payments, 1),
    "overpaid": (overpaid, 1),
    "paid_again": (paid_again, 1),
    "paid_twice_and_returned": (paid_twice_and_returned, 1),
    "deposit_returned": (deposit_returned, 1),
    "nameless_but_fitting": (nameless_but_fitting, 1),
    "nameless_and_two_fit": (nameless_and_two_fit, 2),
    "misquoted": (misquoted, 1),
    "wrong_currency": (wrong_currency, 1),
    "unknown_account": (unknown_account, 1),
    "stray_money": (stray_money, 1),
}
