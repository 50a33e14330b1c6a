"""What the credit service answered about the order's hold."""

from msgspec.structs import replace

from silkway.contracts import HoldGranted
from silkway.order.domain.state import Decision, Order


def hold_granted(order: Order, granted: HoldGranted) -> Decision:
    """The platform stands behind the order with the granted amount, in full or in part."""
    state = "HELD" if granted.full else "PARTIAL"
    return replace(order, assurance=state, held_minor=granted.granted_minor), []


def hold_refused(order: Order) -> Decision:
    """Nothing was free: the order goes on without assurance."""
    return replace(order, assurance="REFUSED", held_minor=0), []


def hold_released(order: Order) -> Decision:
    """The claim window has ended: nothing is held any more."""
    return replace(order, assurance="RELEASED", held_minor=0), []
