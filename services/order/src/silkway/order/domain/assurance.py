"""What the credit service answered about the order's hold."""

from msgspec.structs import replace

from silkway.contracts import HoldGranted
from silkway.order.domain.state import Assurance, Decision, Order


def hold_granted(order: Order, granted: HoldGranted) -> Decision:
    """The platform stands behind the order with the granted amount, in full or in part."""
    state: Assurance = "HELD" if granted.full else "PARTIAL"
    return replace(order, assurance=state, held_minor=granted.granted_minor), []


def hold_ended(order: Order, state: Assurance) -> Decision:
    """Nothing is held any more: it was refused, or a hold was posted, voided, has expired or was released."""
    return replace(order, assurance=state, held_minor=0), []
