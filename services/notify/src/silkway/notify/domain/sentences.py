"""What happened, in one line of English: a sentence for each event of an order."""

from collections.abc import Callable
from typing import Any, Final

from silkway.contracts import (
    CURRENCIES,
    AcceptanceReversed,
    AmendmentRefused,
    BookingCancellationRequested,
    BookingChanged,
    BookingDeclined,
    BookingRequested,
    CancellationRefused,
    ClaimAgreed,
    ClaimClosed,
    ClaimContested,
    ClaimEscalated,
    ClaimOpened,
    ClaimPaid,
    ClaimRefused,
    ClaimRejected,
    ClaimUpheld,
    ClaimWithdrawn,
    CoverAtRisk,
    CoverSafe,
    CustomsCleared,
    DeliveryRetracted,
    DispatchRetracted,
    DisputeClosed,
    DisputeOpened,
    EtaChanged,
    HoldExpired,
    HoldGranted,
    HoldPosted,
    HoldRefused,
    HoldReleased,
    HoldRequested,
    HoldVoided,
    InspectionBooked,
    InspectionRecorded,
    MilestoneRecorded,
    MilestoneWithdrawn,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderCompleted,
    OrderDelivered,
    OrderFunded,
    OrderPlaced,
    OrderRecorded,
    OrderRefunded,
    OrderReinstated,
    OrderSettled,
    OrderShipped,
    OrderUndelivered,
    PaymentMatched,
    PaymentReversed,
    PayoutDue,
    PayoutMade,
    PayoutReleased,
    PayoutWithdrawn,
    PromiseAtRisk,
    PromiseBroken,
    PromiseKept,
    QuoteRefused,
    RecoveryDue,
    RecoveryRecorded,
    RefundDue,
    RefundWithdrawn,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentHeard,
    ShipmentLinked,
    ShipmentRecovered,
    ShipmentSilent,
)
from silkway.notify.domain.told import Told


def sentence(told: Told, order_currency: str | None) -> str:
    """What happened. `order_currency`: of amounts that an event gives in the order's, if it is known yet."""
    if isinstance(told, OrderAmended | OrderCancelled | DisputeClosed):
        return _IN_ORDER_CURRENCY[type(told)](told, order_currency)
    return _SENTENCES[type(told)](told)


def money(amount_minor: int, currency: str | None) -> str:
    """An amount for people: 123456, USD -> "USD 1,234.56"; without its currency in minor units."""
    if currency is None:
        return f"{amount_minor} minor units"
    digits = CURRENCIES[currency]
    whole, rest = divmod(abs(amount_minor), 10**digits)
    return f"{currency} {'-' if amount_minor < 0 else ''}{whole:,}" + (f".{rest:0{digits}}" if digits else "")


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


def _word(code: str) -> str:
    return code.lower().replace("_", " ")


def _matched(told: PaymentMatched) -> str:
    still = money(told.open_minor, told.currency)
    how = f" by {_word(told.by)}" if told.by is not None and told.by != "REFERENCE" else ""
    return f"payment of {money(told.amount_minor, told.currency)} matched{how}, {still} open"


def _accepted(told: OrderAccepted) -> str:
    by = {"RECEIPT": "accepted by the buyer", "PERIOD": "accepted: the period has passed"}
    return by.get(told.by, "accepted: the dispute was resolved")


def _linked(told: ShipmentLinked) -> str:
    carrier = f" with {told.carrier}" if told.carrier else ""
    split = f", split from {told.split_from}" if told.split_from else ""
    return f"shipment {told.shipment_id} booked by {told.mode}{carrier}: {_lines(len(told.lines))}{split}"


def _milestone(told: MilestoneRecorded) -> str:
    place = f" at {told.place}" if told.place else ""
    why = f" ({_word(told.cause)})" if told.cause else ""
    wrong = "no vessel gets there" if told.doubt == "PLACE" else "its time was still to come"
    doubt = f", questioned: {wrong}" if told.questioned else ""
    doubt += ", its sources contradict each other" if told.contradicted else ""
    return f"shipment {told.shipment_id}: {told.kind} {told.classifier}{place}{why}{doubt}"


def _shipment_delivered(told: ShipmentDelivered) -> str:
    late = sum(line.late for line in told.lines)
    return f"shipment {told.shipment_id} delivered: {_lines(len(told.lines))}, {late} late"


def _delayed(told: ShipmentDelayed) -> str:
    days = max(line.days for line in told.lines)
    vessel = f" on {' '.join(filter(None, (told.vessel, told.voyage)))}" if told.vessel else ""
    why = f" ({_word(told.cause)})" if told.cause else ""
    late = _lines(len(told.lines))
    return f"shipment {told.shipment_id}{vessel} expected up to {days} days late: {late}{why}"


def _granted(told: HoldGranted) -> str:
    granted, asked = (money(m, told.currency) for m in (told.granted_minor, told.requested_minor))
    return f"cover of {granted} held" + ("" if told.full else f", of {asked} requested")


def _promise(told: PromiseAtRisk | PromiseBroken | PromiseKept) -> str:
    what = {PromiseAtRisk: "at risk", PromiseBroken: "broken", PromiseKept: "kept"}[type(told)]
    return f"shipment {told.shipment_id}: promise {told.promise} {what}, due {told.due_at:%Y-%m-%d %H:%M %z}"


def _delivered(told: OrderDelivered) -> str:
    return f"logistics: {told.state}" + (f", {_lines(told.lines_late)} late" if told.lines_late else "")


_WHY_BACK: Final = {
    "PAID_TWICE": ", which got it twice",
    "PAID_AGAIN": ": the buyer has paid again",
}

_SENTENCES: Final[dict[type, Callable[[Any], str]]] = {
    # order
    OrderRecorded: lambda t: (
        f"drafted: {_lines(len(t.lines))}, {money(t.total_minor, t.currency)}, {t.buyer_id} buys from {t.supplier_id}"
    ),
    OrderPlaced: lambda t: f"placed over {money(t.total_minor, t.currency)}",
    AmendmentRefused: lambda t: f"amendment {t.amendment_id} refused: {t.text}",
    CancellationRefused: lambda t: f"cancellation {t.cancellation_id} refused: {t.text}",
    OrderReinstated: lambda t: f"reinstated: shipment {t.shipment_id} had left before the cancellation",
    PaymentMatched: _matched,
    PaymentReversed: lambda t: (
        f"payment of {money(t.amount_minor, t.currency)} taken back by its bank: {t.reason},"
        f" {money(t.open_minor, t.currency)} open"
    ),
    OrderFunded: lambda _: "funded in full",
    RefundDue: lambda t: f"refund of {money(t.amount_minor, t.currency)} due: {_word(t.reason)}",
    RefundWithdrawn: lambda t: f"refund of {money(t.amount_minor, t.currency)} withdrawn: {_word(t.reason)}",
    OrderRefunded: lambda t: (
        f"{money(t.amount_minor, t.currency)} refunded, {money(t.refund_due_minor, t.currency)} still due"
    ),
    HoldRequested: lambda t: f"cover of {money(t.amount_minor, t.currency)} requested",
    InspectionBooked: lambda t: f"inspection {t.inspection_id} booked, to be passed {_word(t.gate)}",
    InspectionRecorded: lambda t: f"inspection {'passed' if t.passed else 'failed'}, by {t.by}",
    OrderShipped: lambda t: f"logistics: {t.state}" + (", without its inspection" if t.uninspected else ""),
    OrderDelivered: _delivered,
    OrderUndelivered: lambda t: f"logistics: {t.state}, the delivery of {t.shipment_id} was taken back",
    DisputeOpened: lambda t: f"dispute {t.dispute_id} opened by the {_word(t.party)}: {_word(t.kind)}",
    OrderAccepted: _accepted,
    AcceptanceReversed: lambda _: "acceptance reversed: an objection was known in time",
    OrderCompleted: lambda t: f"completed: {_lines(t.lines)}, {t.lines_late} late",
    PayoutDue: lambda t: f"payout of {money(t.amount_minor, t.currency)} to {t.supplier_id} due",
    PayoutWithdrawn: lambda t: f"payout of {money(t.amount_minor, t.currency)} withdrawn",
    PayoutReleased: lambda t: (
        f"payout of {money(t.amount_minor, t.currency)} released by {t.countersigned_by}"
    ),
    PayoutMade: lambda t: f"{money(t.amount_minor, t.currency)} paid out to {t.supplier_id}",
    OrderSettled: lambda _: "settled with the supplier",
    # logistics
    BookingRequested: lambda t: f"{t.carrier} asked to carry it by {t.mode}, departing {t.departs_on}",
    BookingDeclined: lambda t: f"{t.carrier} declined the booking: {_word(t.reason)}",
    BookingChanged: lambda t: f"booking moved to the departure of {t.departs_at:%Y-%m-%d}: {_word(t.reason)}",
    BookingCancellationRequested: lambda t: f"{t.carrier} asked to cancel the booking",
    QuoteRefused: lambda t: f"quote {t.quote_id} cannot be booked: {_word(t.reason)}",
    ShipmentLinked: _linked,
    ShipmentDispatched: lambda t: f"shipment {t.shipment_id} left: {_lines(len(t.lines))}",
    DispatchRetracted: lambda t: f"shipment {t.shipment_id} had not left after all: {t.reason}",
    MilestoneRecorded: _milestone,
    MilestoneWithdrawn: lambda t: f"shipment {t.shipment_id}: {t.kind} {t.classifier} withdrawn: {t.reason}",
    ShipmentDelivered: _shipment_delivered,
    DeliveryRetracted: lambda t: f"shipment {t.shipment_id} was not delivered after all: {t.reason}",
    EtaChanged: lambda t: f"shipment {t.shipment_id} expected on {t.eta:%Y-%m-%d}, by {t.source}",
    ShipmentDelayed: _delayed,
    ShipmentRecovered: lambda t: f"shipment {t.shipment_id} expected in time again",
    ShipmentSilent: lambda t: f"nothing heard of shipment {t.shipment_id} since {t.since:%Y-%m-%d %H:%M %z}",
    ShipmentHeard: lambda t: f"shipment {t.shipment_id} heard of again",
    CustomsCleared: lambda t: f"shipment {t.shipment_id} cleared by customs after {t.minutes} minutes",
    PromiseAtRisk: _promise,
    PromiseBroken: _promise,
    PromiseKept: _promise,
    # credit
    HoldGranted: _granted,
    HoldRefused: lambda t: f"cover of {money(t.requested_minor, t.currency)} refused: {t.reason}",
    HoldReleased: lambda t: f"cover of {money(t.released_minor, t.currency)} released",
    HoldPosted: lambda t: f"cover used: {money(t.paid_minor, t.currency)} paid for claim {t.claim_id}",
    HoldVoided: lambda t: f"cover of {money(t.voided_minor, t.currency)} void",
    HoldExpired: lambda t: f"cover of {money(t.expired_minor, t.currency)} expired",
    CoverAtRisk: lambda t: (
        f"cover ends on {t.expires_at:%Y-%m-%d}, the goods are expected on {t.eta:%Y-%m-%d}"
    ),
    CoverSafe: lambda _: "cover lasts until the goods arrive",
    ClaimOpened: lambda t: (
        f"claim {t.claim_id} opened by the {_word(t.by)}: {_word(t.kind)}, {money(t.amount_minor, t.currency)}"
    ),
    ClaimAgreed: lambda t: f"the supplier agreed to claim {t.claim_id}: {money(t.amount_minor, t.currency)}",
    ClaimContested: lambda t: f"the supplier contests claim {t.claim_id}",
    ClaimEscalated: lambda t: f"claim {t.claim_id} escalated" + (", by itself" if t.by == "SYSTEM" else ""),
    ClaimUpheld: lambda t: f"claim {t.claim_id} upheld: {money(t.amount_minor, t.currency)}",
    ClaimRefused: lambda t: f"claim {t.claim_id} refused: {t.text}",
    ClaimRejected: lambda t: f"claim {t.claim_id} rejected: {t.text}",
    ClaimWithdrawn: lambda t: f"claim {t.claim_id} withdrawn: {_word(t.reason)}",
    ClaimPaid: lambda t: f"{money(t.paid_minor, t.currency)} paid on claim {t.claim_id}",
    ClaimClosed: lambda t: f"claim {t.claim_id} closed",
    RecoveryDue: lambda t: (
        f"{money(t.amount_minor, t.currency)} of claim {t.claim_id} to come back from the {_word(t.due_from)}"
        + _WHY_BACK.get(t.reason or "", "")
    ),
    RecoveryRecorded: lambda t: (
        f"{money(t.amount_minor, t.currency)} of claim {t.claim_id} came back"
        + (f" from the {_word(t.received_from)}" if t.received_from else "")
        + f", {money(t.open_minor, t.currency)} still due"
    ),
}

_IN_ORDER_CURRENCY: Final[dict[type, Callable[[Any, str | None], str]]] = {
    OrderAmended: lambda t, currency: (
        f"amended: {_lines(len(t.lines))}, {money(t.total_minor, currency)}, {money(t.open_minor, currency)} open"
    ),
    OrderCancelled: lambda t, currency: (
        f"cancelled by {_word(t.by)}: {t.reason}, {money(t.refund_due_minor, currency)} to be refunded"
    ),
    DisputeClosed: lambda t, currency: (
        f"dispute {t.dispute_id} closed: {_word(t.outcome)}, {money(t.refund_minor, currency)} to the buyer"
    ),
}
