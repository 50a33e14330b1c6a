"""How the view of an order changes with each event.

Each service's events come in their order; nothing orders the services among themselves. So every field follows
one service alone, or is computed of what several have told: the view is the same however they interleave.
"""

import datetime as dt

from msgspec.structs import replace

from silkway.notify.domain.state import OrderView
from silkway.notify.domain.told import Booking, Claim, Hold, Money, Told, Way
from silkway.notify.domain.view_cover import see_claim, see_hold
from silkway.notify.domain.view_life import see_life
from silkway.notify.domain.view_money import see_money
from silkway.notify.domain.view_way import see_booking, see_way


def see(view: OrderView, told: Told, known_at: dt.datetime) -> OrderView:
    """The view after one more event about its order."""
    known_at = max(known_at, view.known_at or known_at)
    if isinstance(told, Way):
        view = see_way(view, told)
        return replace(view, known_at=known_at, logistics_events=view.logistics_events + 1)
    if isinstance(told, Booking):
        view = see_booking(view, told)
        return replace(view, known_at=known_at, logistics_events=view.logistics_events + 1)
    if isinstance(told, Hold | Claim):
        view = see_hold(view, told) if isinstance(told, Hold) else see_claim(view, told)
        return replace(view, known_at=known_at, credit_events=view.credit_events + 1)
    view = see_money(view, told) if isinstance(told, Money) else see_life(view, told)
    return replace(view, known_at=known_at, order_events=view.order_events + 1)


def is_over(view: OrderView) -> bool:
    """Whether nothing is to be done about the order any more, but for what outlives it."""
    return view.life in ("CANCELLED", "SETTLED")
