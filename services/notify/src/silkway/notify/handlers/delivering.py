"""Where a notice that was decided leaves the rules."""

from silkway.messaging import Work
from silkway.notify.domain.notices import sent
from silkway.notify.domain.state import Notice, Step
from silkway.notify.handlers import channels
from silkway.notify.store import FEED, NOTICES, ORDER


def deliver(work: Work, notice: Notice, step: Step) -> None:
    """Keep a notice, tell of it on notify.events, and hand it to the channels: the live feed, at `step`."""
    work.append(NOTICES, notice)
    told = sent(notice)
    work.emit(ORDER, notice.order_id, told)
    channels.tell(work, told, notice.notice_id, notice.audience, None, notice.severity)
    work.append(FEED, step)
