"""What credit answered about the order's holds."""

from silkway.contracts import HoldExpired, HoldGranted, HoldPosted, HoldRefused, HoldReleased, HoldVoided
from silkway.messaging import Fact, Work
from silkway.order import domain
from silkway.order.domain.state import Assurance
from silkway.order.handlers.routing import home, order_of, router
from silkway.order.store import ORDER

_Ended = HoldRefused | HoldReleased | HoldPosted | HoldVoided | HoldExpired
_AS: dict[type[_Ended], Assurance] = {
    HoldRefused: "REFUSED",
    HoldReleased: "RELEASED",
    HoldPosted: "POSTED",
    HoldVoided: "VOIDED",
    HoldExpired: "EXPIRED",
}


@router.on(HoldGranted, names=home)
def hold_granted(work: Work, fact: Fact[HoldGranted]) -> None:
    order = order_of(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.hold_granted(order, fact.data))


def hold_ended(work: Work, fact: Fact[_Ended]) -> None:
    order = order_of(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.hold_ended(order, _AS[type(fact.data)]))


for _event in _AS:
    router.on(_event, names=home)(hold_ended)
