"""Random lives of one order, as its four topics tell them, and the service that hears them in any order.

`write` draws a life from a seed: for each topic what is said, each with the time at which it became known. `Hearing`
reads the topics interleaved at will. A deadline fires once all topics have been read up to it; where facts are read
late on purpose (parked and sent again, say) time runs ahead of them.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise
from random import Random
from typing import Any, Final

from silkway.contracts import (
    AmendmentRequested,
    CancellationRequested,
    Event,
    OrderRefunded,
    PayoutDue,
    PayoutMade,
    PayoutWithdrawn,
    RefundDue,
    RefundWithdrawn,
)
from silkway.contracts.order import Inspection, Terms
from silkway.order.consumer import SERVICE
from silkway.order.domain import Order
from silkway.order.store import ORDER
from tests.unit.desk import Desk, Heard, day
from tests.unit.order.trade import (
    CUPS,
    ORDER_ID,
    PLATES,
    amendment,
    cancellation,
    confirmed,
    delivered,
    dispatched,
    dispute_withdrawn,
    disputed,
    drafted,
    failed,
    line,
    linked,
    paid,
    paid_out,
    passed,
    received,
    refunded,
    resolved,
    returned,
    undelivered,
)

Topics = dict[str, list[Heard]]
END: Final = day(1000)
TOTAL_MINOR: Final = 100_00


def write(chance: Random, transfers: bool) -> Topics:
    """A life. `transfers`: whether banks also pay out and pay back, as if it had always been due."""
    cancels = chance.random() < 0.35
    return {
        "trade.orders": _known(chance, _orders(chance, cancels)),
        "trade.payments": _known(chance, _payments(chance, transfers)),
        "logistics.events": _known(chance, _goods(chance, cancels)),
    }


def _known(chance: Random, told: Iterable[Callable[[dt.datetime], Event]]) -> list[Heard]:
    """Each known some time after the one before; what happened did so shortly before that, or well before."""
    at, heard = day(0), []
    for event in told:
        at += dt.timedelta(hours=chance.choice((0, 1, 12, 40, 100, 200)))
        happened = at - dt.timedelta(hours=chance.choice((0, 0, 1, 30, 150)))
        heard.append(Heard(event(max(happened, day(0))), at))
    return heard


def _orders(chance: Random, cancels: bool) -> list[Callable[[dt.datetime], Event]]:
    but: dict[str, Any] = {"place_on": chance.choice(("BOTH_CONFIRMED", "FIRST_PAYMENT"))}
    if chance.random() < 0.3:
        but["inspection"] = Inspection(gate=chance.choice(("BEFORE_BALANCE", "BEFORE_SHIPMENT")))
    but["terms"] = Terms(
        deposit_minor=30_00, balance_due=chance.choice(("BEFORE_SHIPMENT", "AFTER_DELIVERY"))
    )
    said: list[Callable[[dt.datetime], Event]] = [
        lambda at: confirmed("BUYER", at),
        lambda at: confirmed("SUPPLIER", at),
    ]
    said += [passed] * (chance.random() < 0.3) + [failed] * (chance.random() < 0.2)
    said += [received] * (chance.random() < 0.4)
    if cancels:
        said.append(cancellation)
    if chance.random() < 0.3:
        minor = chance.choice((50_00, 60_01, 75_00))
        said.append(
            lambda at: amendment(
                at, lines=(line(CUPS, 10, minor), line(PLATES, 5, 40_00)), deposit_minor=10_00
            )
        )
    chance.shuffle(said)
    if chance.random() < 0.4:
        given = chance.choice((0, 0, 20_00, TOTAL_MINOR - 20_00))
        said.insert(chance.randint(2, len(said)), disputed)
        over = dispute_withdrawn if chance.random() < 0.3 else lambda at: resolved(at, given)
        said.insert(chance.randint(said.index(disputed) + 1, len(said)), over)
        if chance.random() < 0.4:
            first = chance.randint(2, len(said))
            said.insert(first, lambda at: disputed(at, "D-2"))
            said.insert(chance.randint(first + 1, len(said)), lambda at: resolved(at, 0, "D-2"))
    return [lambda at: drafted(**but, drafted_at=at), *said]


def _payments(chance: Random, transfers: bool) -> list[Callable[[dt.datetime], Event]]:
    said: list[Callable[[dt.datetime], Event]] = []
    for number, minor in enumerate(_parts(chance, TOTAL_MINOR + chance.choice((-10_00, 0, 0, 0, 5_00)))):
        entry = f"E-{number}"
        pay = _pay(minor, entry)
        said += [pay] * chance.choice((1, 1, 1, 2))
        if chance.random() < 0.15:
            back = chance.choice((minor, 1))
            said.append(_return(back, minor, entry))
            said += [_pay(minor, f"{entry}-again")] * (chance.random() < 0.7)
    if chance.random() < 0.2:
        said.append(lambda at: paid(7_00, "E-EUR", currency="EUR", received_at=at))
    if transfers:
        sums = (1, 5_00, 20_00, 25_00, 50_00, 75_00, 80_00, TOTAL_MINOR)
        for number in range(chance.randint(0, 3)):
            said += [
                _pay_out(chance.choice(sums), f"X-{number}"),
                _refund(chance.choice(sums), f"R-{number}"),
            ]
        if chance.random() < 0.3:
            said.insert(
                chance.randint(0, len(said)),
                lambda at: paid(70_00, "E-bare", payment_reference=None, received_at=at),
            )
    return said


def _pay(minor: int, entry: str) -> Callable[[dt.datetime], Event]:
    return lambda at: paid(minor, entry, received_at=at)


def _return(back_minor: int, minor: int, entry: str) -> Callable[[dt.datetime], Event]:
    return lambda at: returned(
        back_minor, minor, bank_reference=entry, return_reference=f"B-{entry}", returned_at=at
    )


def _pay_out(minor: int, reference: str) -> Callable[[dt.datetime], Event]:
    return lambda at: paid_out(minor, reference, paid_at=at)


def _refund(minor: int, reference: str) -> Callable[[dt.datetime], Event]:
    return lambda at: refunded(minor, reference, paid_at=at)


def _goods(chance: Random, cancels: bool) -> list[Callable[[dt.datetime], Event]]:
    """Up to three shipments, each linked, dispatched, delivered; one of them split, a delivery taken back."""
    said: list[Callable[[dt.datetime], Event]] = []
    for number, cups in enumerate(_parts(chance, 10)):
        carried, shipment = {CUPS: cups, **({} if number else {PLATES: 5})}, f"SH-{number}"
        told: list[Callable[[dt.datetime], Event]] = [
            _on(linked, shipment, carried),
            _dispatch(shipment, carried),
        ]
        if cups > 1 and chance.random() < 0.2:
            moved, child = {CUPS: 1}, f"{shipment}-split"
            told += [_split(shipment, child, moved), _dispatch(child, moved)]
            told.append(_deliver(child, moved, chance.random() < 0.2))
            carried = {**carried, CUPS: cups - 1}
        told.append(_deliver(shipment, carried, chance.random() < 0.2))
        if not cancels and chance.random() < 0.2:
            told.append(_on(undelivered, shipment, carried))
            told += [_deliver(shipment, carried, chance.random() < 0.2)] * (chance.random() < 0.8)
        elif chance.random() < 0.2:
            told.append(_on(partial(undelivered, told_anew=True), shipment, carried))
            told.append(_deliver(shipment, carried, chance.random() < 0.2))
        said = _merged(chance, said, told)
    if chance.random() < 0.25:
        return said[: chance.randint(0, len(said))]  # it never arrives
    return said


def _on(say: Callable[[str, dict[str, int]], Event], shipment: str, carried: dict[str, int]) -> Any:
    return lambda _: say(shipment, carried)


def _dispatch(shipment: str, carried: dict[str, int]) -> Callable[[dt.datetime], Event]:
    return lambda at: dispatched(shipment, carried, on=_days(at))


def _split(shipment: str, child: str, moved: dict[str, int]) -> Callable[[dt.datetime], Event]:
    return lambda _: linked(child, moved, split_from=shipment)


def _deliver(shipment: str, carried: dict[str, int], late: bool) -> Callable[[dt.datetime], Event]:
    return lambda at: delivered(shipment, carried, int(_days(at)), late)


def _days(at: dt.datetime) -> float:
    return (at - day(0)) / dt.timedelta(days=1)


def _merged(chance: Random, one: list[Any], other: list[Any]) -> list[Any]:
    """Both lists in one, each keeping its order."""
    merged, left, right = [], list(one), list(other)
    while left or right:
        merged.append((left if not right or (left and chance.random() < 0.5) else right).pop(0))
    return merged


def _parts(chance: Random, total: int) -> list[int]:
    """The total in one to three positive parts."""
    cuts = sorted({0, total, *(chance.randint(1, total - 1) for _ in range(chance.randint(0, 2)))})
    return [right - left for left, right in pairwise(cuts)]


class Hearing:
    """The order service, hearing a life to its end. `after` is called after each step with the desk."""

    def __init__(self, topics: Topics, after: Callable[[Desk], None] = lambda _: None) -> None:
        self.desk = Desk(SERVICE)
        self._rest = {topic: list(heard) for topic, heard in topics.items()}
        self._after = after

    def in_time(self) -> Desk:
        """All topics by known time: nothing is ever late."""
        return self._hear(lambda ready: min(ready, key=lambda topic: self._rest[topic][0].known_at), None)

    def at_will(self, chance: Random, late: bool) -> Desk:
        """The next topic drawn; `late`: time may run ahead of what is not read yet."""
        return self._hear(chance.choice, chance if late else None)

    def _hear(self, choose: Callable[[list[str]], str], ahead: Random | None) -> Desk:
        while ready := sorted(topic for topic, heard in self._rest.items() if heard):
            self.desk.hear(*self._rest[choose(ready)].pop(0))
            self._after(self.desk)
            self.desk.reach(self._time(ahead))
            self._after(self.desk)
        self.desk.reach(END)
        self._after(self.desk)
        return self.desk

    def _time(self, ahead: Random | None) -> dt.datetime:
        """The least of what is still to be read. Requests are never judged late: nothing makes up for that."""
        unread = [heard for rest in self._rest.values() for heard in rest]
        until = min((heard.known_at for heard in unread), default=END)
        asked = any(isinstance(heard.event, CancellationRequested | AmendmentRequested) for heard in unread)
        if ahead is None or asked:
            return until
        return until + dt.timedelta(days=ahead.choice((0, 0, 5, 30)))


class Books:
    """What the events say is due, kept as a reader of them would."""

    def __init__(self) -> None:
        self.refund_due_minor = self.payout_due_minor = 0
        self._read = 0

    def follow(self, desk: Desk) -> None:
        """Read the events said since the last time."""
        for said in desk.said[self._read :]:
            match said.event:
                case RefundDue(amount_minor=minor):
                    self.refund_due_minor = minor
                case RefundWithdrawn(amount_minor=minor):
                    self.refund_due_minor -= minor
                case OrderRefunded(amount_minor=minor):
                    self.refund_due_minor = max(self.refund_due_minor - minor, 0)
                case PayoutDue(amount_minor=minor):
                    self.payout_due_minor = minor
                case PayoutWithdrawn(amount_minor=minor):
                    self.payout_due_minor -= minor
                case PayoutMade(amount_minor=minor):
                    self.payout_due_minor = max(self.payout_due_minor - minor, 0)
        self._read = len(desk.said)


def order_of(desk: Desk) -> Order | None:
    """The order, once it is drafted."""
    for (rank, _), state in desk.states.items():
        if rank == ORDER.rank and state.order_id == ORDER_ID:
            order: Order = state
            return order
    return None
