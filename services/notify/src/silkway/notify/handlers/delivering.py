"""Where a notice that was decided leaves the rules."""

from silkway.messaging import Work
from silkway.notify.domain.notices import Notice, sent
from silkway.notify.domain.state import Step
from silkway.notify.handlers import channels
from silkway.notify.store import FEED, INCIDENT, NOTICES, ORDER, SUPPLIER


def deliver(work: Work, notice: Notice) -> None:
    """Keep a notice, tell of it on notify.events, and hand it to the channels and the live feed."""
    work.append(NOTICES, notice)
    told = sent(notice)
    if notice.order_id is not None:
        work.emit(ORDER, notice.order_id, told)
    elif notice.supplier_id is not None:
        work.emit(SUPPLIER, notice.supplier_id, told)
    elif notice.incident_id is not None:
        work.emit(INCIDENT, notice.incident_id, told)
    channels.tell(work, told, notice.notice_id, notice.audience, notice.recipient, notice.severity)
    work.append(FEED, Step(notice.tenant, order_id=notice.order_id, notice_id=notice.notice_id))
