"""Where a notice that was decided leaves the rules."""

from silkway.messaging import Work
from silkway.notify.domain.notices import sent
from silkway.notify.domain.state import Notice, Step
from silkway.notify.store import FEED, NOTICES, ORDER


def deliver(work: Work, notice: Notice, step: Step) -> None:
    """Keep a notice, tell of it on notify.events, and hand it to the channels: the live feed, at `step`."""
    work.append(NOTICES, notice)
    work.emit(ORDER, notice.order_id, sent(notice))
    work.append(FEED, step)
